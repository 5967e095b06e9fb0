import fc from 'fast-check'
import t from 'tap'
import { decodeJson, encodeJson } from '../../src/coordinator/codec.ts'
import { DueQueue } from '../../src/coordinator/due-queue.ts'
import { asCoordinatorError, isAmbiguous, isCoordinatorError, reasonOf, Unavailable } from '../../src/coordinator/errors.ts'
import { fairShare } from '../../src/coordinator/fair-share.ts'
import { OperationMemory } from '../../src/coordinator/operation-memory.ts'
import { SortedKeys } from '../../src/coordinator/sorted-keys.ts'

t.test('sorted keys agree with a sorted array, over many chunks', async (t) => {
  const keys = new SortedKeys()
  const model = new Set<string>()
  for (let i = 0; i < 3_000; i++) {
    const key = `k${(i * 7_919) % 2_003}`
    if (i % 5 === 4) {
      keys.delete(key)
      model.delete(key)
    } else {
      keys.add(key)
      model.add(key)
    }
  }
  keys.delete('never there')
  keys.delete('')
  t.same([...keys.startingWith('k1')], [...model].filter((key) => key.startsWith('k1')).sort())
  t.same([...keys.startingWith('k', 'k5')], [...model].filter((key) => key > 'k5').sort())
  for (const key of model) keys.delete(key)
  t.same([...keys.startingWith('')], [])
})

t.test('a due queue gives things out in the order of their time', async () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 50 })), (times) => {
    const queue = new DueQueue<number>()
    for (const at of times) queue.add(at, at)
    const out: number[] = []
    while (queue.next <= 40) out.push(queue.take(40) ?? NaN)
    return JSON.stringify(out) === JSON.stringify(times.filter((at) => at <= 40).sort((a, b) => a - b)) && queue.take(40) === undefined
  }))
})

t.test('operation memory is bounded by age and by number', async (t) => {
  const memory = new OperationMemory({ keptMs: 100, limit: 3 })
  for (let i = 0; i < 5; i++) memory.remember(`op${i}`, { ok: true, revision: BigInt(i) }, i)
  t.equal(memory.size, 3)
  t.equal(memory.recall('op1'), undefined)
  memory.remember('late', { ok: true, revision: 9n }, 200)
  t.equal(memory.size, 1)
})

t.test('what others wrote is untrusted: no prototype keys, and no JSON is nothing', async (t) => {
  const decode = (text: string): unknown => decodeJson(new TextEncoder().encode(text))
  const decoded = decode('{"a":1,"__proto__":{"polluted":true},"\\u005f_proto__":{"polluted":true}}')
  t.same(Object.keys(Object(decoded)), ['a'])
  t.equal(decode('{"a":'), undefined)
  t.throws(() => encodeJson('k', undefined, 100), { code: 'PLM_COORDINATOR_INVALID_VALUE', message: /undefined is not JSON/ })
  t.throws(() => encodeJson('k', 'x'.repeat(100), 100), { message: /102 bytes are more than the 100/ })
})

t.test('what a driver rejects with becomes Unavailable, ambiguous where it was a mutation', async (t) => {
  t.match(asCoordinatorError(new Error('ECONNRESET'), true), { code: 'PLM_COORDINATOR_UNAVAILABLE', ambiguous: true, message: /ECONNRESET/ })
  t.match(asCoordinatorError('odd', false), { ambiguous: false, message: /odd/ })
  const known = new Unavailable('x', { ambiguous: false })
  t.equal(asCoordinatorError(known, true), known)
  t.equal(known.message, 'The coordinator is unavailable: x. Nothing was applied.')
  t.equal(reasonOf(new Unavailable('the line is cut.', { ambiguous: true })), 'the line is cut')
  t.equal(reasonOf('odd'), 'odd')
  t.equal(isAmbiguous('odd'), true)
  t.equal(isCoordinatorError(null, 'CONFLICT'), false)
  t.equal(isCoordinatorError({ code: 7 }, 'CONFLICT'), false)
})

t.test('fair shares: the worked example of Doorman, floors, and the remainder', async (t) => {
  const share = (total: number, ...demands: readonly (readonly [wants: number, floor?: number])[]): number[] => {
    return [...fairShare(total, demands.map(([wants, floor = 0], i) => ({ key: `k${i}`, wants, floor }))).values()]
  }
  t.same(share(120, [1_000], [50], [10]), [60, 50, 10])
  t.same(share(120, [1_000], [500], [10]), [55, 55, 10])
  t.same(share(10, [0, 2], [100]), [2, 8])
  t.same(share(3, [9, 2], [9, 2]), [2, 1])
  t.same(share(100, [100], [100], [100]), [34, 33, 33])
  t.same(share(10, [1], [2]), [1, 2])
})

t.test('fair shares are max-min fair: nobody could have one more but from somebody with no more', async () => {
  const demand = fc.record({ wants: fc.nat(60), floor: fc.nat(5) })
  fc.assert(fc.property(fc.nat(200), fc.array(demand, { minLength: 1, maxLength: 8 }), (total, demands) => {
    const keyed = demands.map((one, i) => ({ key: `k${i}`, ...one }))
    const shares = fairShare(total, keyed)
    const of = (key: string): number => shares.get(key) ?? 0
    const given = keyed.reduce((sum, { key }) => sum + of(key), 0)
    const hungry = keyed.filter(({ key, wants }) => of(key) < wants)
    if (given > total || (hungry.length > 0 && given < total)) return false
    return hungry.every((poor) => keyed.every((rich) => of(rich.key) <= Math.max(of(poor.key) + 1, rich.floor)))
  }))
})
