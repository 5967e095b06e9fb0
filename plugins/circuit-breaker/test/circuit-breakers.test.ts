import t from 'tap'
import { fakeClock } from '@plimsoll/core/testing'
import type { CircuitBreaker } from '../src/circuit-breaker.ts'
import { CircuitBreakers, OVERFLOW } from '../src/circuit-breakers.ts'
import type { CircuitBreakersOptions } from '../src/options.ts'

function breakersOnFakeTime (options: CircuitBreakersOptions = {}): { readonly breakers: CircuitBreakers, readonly clock: ReturnType<typeof fakeClock>, readonly faults: unknown[] } {
  const clock = fakeClock()
  const faults: unknown[] = []
  return { breakers: new CircuitBreakers({ randomizedWaitFactor: 0, successThreshold: 1, ...options }, { clock, onFault: fault => { faults.push(fault) } }), clock, faults }
}

const names = (breakers: Iterable<CircuitBreaker>): string[] => [...breakers].map(({ name }) => name)

t.test('a key has a circuit of its own, made at the first use', async (t) => {
  const { breakers } = breakersOnFakeTime({ minimumNumberOfCalls: 1 })
  const payment = breakers.get('payment')
  t.equal(breakers.get('payment'), payment)
  payment.trip()
  t.equal(breakers.get('stock').state, 'closed')
  t.equal(breakers.peek('search'), undefined)
  t.equal(breakers.peek('stock')?.settings.minimumNumberOfCalls, 1)
  t.equal(breakers.get('own', breakers.overflow.settings).settings, breakers.overflow.settings)
  t.equal(breakers.size, 3)
  t.same(breakers.stats, { created: 3, evicted: 0, overflowed: 0 })
})

t.test('when it is full, the closed circuit that was not used for longest goes', async (t) => {
  const { breakers } = breakersOnFakeTime({ maxCircuits: 3 })
  for (const key of ['a', 'b', 'c']) breakers.get(key)
  breakers.get('a')
  breakers.get('c')
  breakers.get('c')
  breakers.peek('b')
  breakers.get('d')
  t.same(names(breakers.values()), ['a', 'c', 'd'])
  breakers.get('e')
  t.same(names(breakers.values()), ['c', 'd', 'e'])
  t.equal(breakers.stats.evicted, 2)
})

t.test('100,000 keys never push out one that is open, half-open or isolated', async (t) => {
  const { breakers, clock } = breakersOnFakeTime({ maxCircuits: 100 })
  const open = breakers.get('open')
  const halfOpen = breakers.get('half-open')
  const isolated = breakers.get('isolated')
  halfOpen.trip()
  clock.advance(5000)
  halfOpen.tryAcquire()
  open.trip()
  const hold = isolated.isolate()
  for (let key = 0; key < 100_000; key++) breakers.get(`tenant ${key}`)
  t.equal(breakers.size, 100)
  t.equal(breakers.peek('open'), open)
  t.equal(breakers.peek('half-open'), halfOpen)
  t.equal(breakers.peek('isolated'), isolated)
  t.same(new Set(names(breakers.notClosed())), new Set(['open', 'half-open', 'isolated']))
  hold.release()
  for (let key = 0; key < 98; key++) breakers.get(`other ${key}`)
  t.equal(breakers.peek('isolated'), undefined, 'closed again it may go')
})

t.test('full of open circuits, new keys share one that is counted', async (t) => {
  const { breakers } = breakersOnFakeTime({ maxCircuits: 2 })
  for (const key of ['a', 'b']) breakers.get(key).trip()
  const shared = breakers.get('c')
  t.equal(shared, breakers.get('d'))
  t.equal(shared, breakers.overflow)
  t.equal(shared.name, OVERFLOW)
  t.match(breakers.stats, { created: 2, overflowed: 2 })
  t.same(names(breakers.values()), ['a', 'b', OVERFLOW])
  t.same(breakers.snapshots().map(({ name }) => name), ['a', 'b', OVERFLOW])
  shared.trip()
  t.same(names(breakers.notClosed()), ['a', 'b', OVERFLOW])
  t.same(breakers.snapshots().map(({ name }) => name), ['a', 'b', OVERFLOW], 'once')
  shared.reset()
  breakers.peek('a')?.reset()
  t.not(breakers.get('c'), shared, 'as soon as there is room it has its own')
})

t.test('keys that no circuit may have share it as well, whatever they are', async (t) => {
  const { breakers } = breakersOnFakeTime()
  t.equal(breakers.get(''), breakers.overflow)
  t.equal(breakers.get('x'.repeat(257)), breakers.overflow)
  for (const key of ['__proto__', 'constructor', 'x'.repeat(256)]) t.equal(breakers.get(key).name, key)
})

t.test('circuits with options of their own are there from the start, and stay', async (t) => {
  const { breakers } = breakersOnFakeTime({ maxCircuits: 2, timeout: 100, circuits: { payment: { timeout: 900 } } })
  t.equal(breakers.peek('payment')?.settings.timeout, 900)
  for (const key of ['a', 'b', 'c']) breakers.get(key)
  t.same(names(breakers.values()), ['payment', 'c'])
  t.equal(breakers.get('c').settings.timeout, 100)
  const payment = breakers.get('payment')
  payment.trip()
  payment.reset()
  t.same(breakers.snapshots().map(({ name }) => name), ['payment', 'c'])
  t.equal(breakers.get('d').name, 'd')
  t.equal(breakers.peek('payment'), payment)
})

t.test('bad options are refused', async (t) => {
  for (const [options, message] of [
    [{ maxCircuits: 0 }, /maxCircuits/],
    [{ timeout: -1 }, /timeout/],
    [{ circuits: { payment: { timeout: -1 } } }, /circuits\.payment\.timeout is -1/],
    [{ circuits: { '': {} } }, /circuits is ""; give names of 1 to 256/],
    [{ circuits: JSON.parse('[1]') }, /circuits is an array of 1; give an object/],
    [{ maxCircuits: 1, circuits: { a: {}, b: {} } }, /circuits.*at most maxCircuits, which is 1/],
    [{ slidingWindowSize: 10 }, /slidingWindowSize/]
  ] as const) t.throws(() => new CircuitBreakers(options), { code: 'PLM_CIRCUIT_BREAKER_INVALID_OPTION', message })
  t.equal(new CircuitBreakers().maxCircuits, 10_000)
})

t.test('one that was deleted ends its calls, and is no longer seen', async (t) => {
  const { breakers } = breakersOnFakeTime({ minimumNumberOfCalls: 1 })
  const before = breakers.get('a')
  const permit = before.tryAcquire()
  t.ok(breakers.delete('a'))
  t.notOk(breakers.delete('a'))
  const after = breakers.get('a')
  if (permit !== undefined) before.fail(permit)
  t.equal(before.state, 'open')
  t.same(names(breakers.notClosed()), [])
  t.equal(after.state, 'closed')
  after.trip()
  t.ok(breakers.delete('a'))
  t.same(names(breakers.notClosed()), [])
})

t.test('a change of options reaches all, and those to come; one that is refused reaches none', async (t) => {
  const { breakers } = breakersOnFakeTime({ circuits: { payment: { timeout: 900 } } })
  const before = breakers.get('before')
  breakers.configure({ failureRateThreshold: 0.9 })
  for (const breaker of [before, breakers.get('after'), breakers.overflow]) t.match(breaker.settings, { failureRateThreshold: 0.9, timeout: 0 })
  t.match(breakers.get('payment').settings, { failureRateThreshold: 0.9, timeout: 900 })
  t.equal(before.settings, breakers.get('after').settings, 'one for all that had one')
  t.throws(() => { breakers.configure({ failureRateThreshold: 9 }) })
  t.throws(() => { breakers.configure({ waitDurationInOpenState: -1 }) })
  t.equal(before.settings.failureRateThreshold, 0.9)
})

t.test('listeners hear of all circuits, after those of the circuit', async (t) => {
  const { breakers, faults } = breakersOnFakeTime({ minimumNumberOfCalls: 1 })
  const heard: string[] = []
  const leave = breakers.on('open', ({ breaker }) => { heard.push(`all: ${breaker.name}`) })
  breakers.get('a').on('open', () => { heard.push('own: a') })
  breakers.get('a').trip()
  breakers.get('b').trip()
  breakers.overflow.trip()
  t.same(heard, ['own: a', 'all: a', 'all: b', `all: ${OVERFLOW}`])
  breakers.get('a').reset()
  breakers.on('success', () => { throw new Error('of the listener') })
  t.equal(await breakers.get('c').execute(() => 1), 1)
  t.equal(await breakers.get('a').execute(() => 1), 1)
  t.match(faults, [{ what: 'listener', error: { message: 'of the listener' } }, { what: 'listener' }])
  leave()
  breakers.get('c').trip()
  t.equal(heard.length, 4)
})

t.test('figures are bounded: not closed first, then the last used', async (t) => {
  const { breakers } = breakersOnFakeTime()
  for (let key = 0; key < 200; key++) breakers.get(`key ${key}`)
  breakers.get('key 7').trip()
  breakers.get('key 5')
  const snapshots = breakers.snapshots()
  t.equal(snapshots.length, 100)
  t.match(snapshots.slice(0, 3), [{ name: 'key 7', state: 'open', openForMs: 5000, retryAfterMs: 5000 }, { name: 'key 5', state: 'closed' }, { name: 'key 199' }])
  t.equal(breakers.snapshots(2).length, 2)
})

t.test('of where the calls of a circuit go, five origins are kept, and none that is longer than 256 characters', async (t) => {
  const { breakers } = breakersOnFakeTime()
  const bank = breakers.get('bank')
  breakers.origins.note(bank, { origin: `http://${'x'.repeat(256)}` })
  breakers.origins.note(bank, {})
  t.notOk('origins' in breakers.snapshots()[0]!)
  breakers.origins.note(bank, { origin: new URL('http://bank:80/accounts') })
  for (let i = 0; i < 9; i++) breakers.origins.note(bank, { origin: `http://bank-${i}` })
  breakers.origins.note(bank, { origin: 'http://bank' })
  t.strictSame(breakers.snapshots()[0]?.origins, ['http://bank', 'http://bank-0', 'http://bank-1', 'http://bank-2', 'http://bank-3'])
})
