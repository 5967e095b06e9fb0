import { availableParallelism, totalmem } from 'node:os'
import t from 'tap'
import { fakeClock } from '../../src/testing/index.ts'
import { Vitals, VITALS_INTERVAL_MS } from '../../src/vitals/vitals.ts'
import type { VitalSigns } from '../../src/vitals/vital-signs.ts'
import { cgroupFixture } from './cgroup-fixture.ts'

function setup (fixture = 'none'): { clock: ReturnType<typeof fakeClock>, vitals: Vitals, errors: unknown[] } {
  const clock = fakeClock()
  const errors: unknown[] = []
  return { clock, errors, vitals: new Vitals({ clock, read: cgroupFixture(fixture).read, listenerFailed: (error) => errors.push(error) }) }
}

t.test('nothing runs while nobody subscribes, one sampler runs for all, and nothing is left behind', async (t) => {
  const { clock, vitals } = setup()
  t.equal(clock.pending, 0)
  const leaves = Array.from({ length: 50 }, () => vitals.subscribe())
  t.equal(clock.pending, 2, 'the interval, and the watch on the first 50 ms')
  t.equal(vitals.latest, undefined, 'no window is over yet')
  clock.advance(VITALS_INTERVAL_MS)
  t.equal(vitals.latest?.window, VITALS_INTERVAL_MS)
  for (const leave of leaves.slice(1)) leave()
  t.equal(clock.pending, 2)
  leaves[0]?.()
  leaves[0]?.()
  t.equal(clock.pending, 0)
  t.equal(vitals.latest, undefined, 'a stale sign is worse than none')
})

t.test('every subscriber hears every window, also past one that throws', async (t) => {
  const { clock, vitals, errors } = setup()
  const heard: VitalSigns[] = []
  vitals.subscribe(() => { throw new Error('bad') })
  vitals.subscribe((signs) => { heard.push(signs) })
  clock.advance(3 * VITALS_INTERVAL_MS)
  t.equal(heard.length, 3)
  t.equal(heard[2], vitals.latest)
  t.equal(errors.length, 3)
  vitals.close()
  t.equal(clock.pending, 0)
  vitals.subscribe()()
  vitals.subscribe()
  t.equal(clock.pending, 0, 'nothing starts after the end')
})

t.test('a listener that leaves while being told stops the sampler', async (t) => {
  const { clock, vitals } = setup()
  const leave = vitals.subscribe(() => leave())
  clock.advance(VITALS_INTERVAL_MS)
  t.equal(clock.pending, 0)
  t.equal(vitals.latest, undefined)
})

t.test('every sign is a number in its range, never NaN', async (t) => {
  const { clock, vitals } = setup()
  vitals.subscribe()
  t.teardown(() => vitals.close())
  clock.advance(VITALS_INTERVAL_MS)
  const numbers: number[] = []
  JSON.stringify(vitals.latest, (_key, value) => {
    if (typeof value === 'number') numbers.push(value)
    return value
  })
  t.ok(numbers.length > 15)
  t.ok(numbers.every((value) => Number.isFinite(value) && value >= 0))
  t.match(vitals.latest, { at: VITALS_INTERVAL_MS, cpu: { available: availableParallelism() }, memory: { limit: totalmem(), limitedBy: 'machine' } })
  t.ok((vitals.latest?.memory.heapUsed ?? 0) < (vitals.latest?.memory.heapLimit ?? 0))
  t.ok((vitals.latest?.memory.utilization ?? 2) < 1)
})

t.test('the heap is measured against the true limit: the cgroup\'s, where V8 believes it has more', async (t) => {
  const { clock, vitals } = setup('v1-container')
  vitals.subscribe()
  t.teardown(() => vitals.close())
  clock.advance(VITALS_INTERVAL_MS)
  const memory = vitals.latest?.memory
  t.equal(memory?.heapLimit, 268435456)
  t.match(memory, { limit: 268435456, limitedBy: 'cgroup', cgroup: { usage: 140000000, limit: 268435456 } })
  t.ok((memory?.utilization ?? 0) >= 140000000 / 268435456)
})

t.test('the number of subscribers is bounded', async (t) => {
  const { vitals } = setup()
  t.teardown(() => vitals.close())
  for (let i = 0; i < 200; i++) vitals.subscribe()
  t.throws(() => vitals.subscribe(), RangeError)
})
