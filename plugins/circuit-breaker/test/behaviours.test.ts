import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { fakeClock } from '@plimsoll/core/testing'
import { CircuitBreaker } from '../src/circuit-breaker.ts'
import { CircuitOpenError } from '../src/errors.ts'
import { breakerOnFakeTime } from './breaker-on-fake-time.ts'

// The behaviours that breakers of other projects have been found to lack, by the numbers of the project's reference.
// Those of Fastify routes (F1 to F6) are in the tests of the plugin.

const failing = async (): Promise<never> => { throw new Error('upstream failed') }
const answering = async (): Promise<string> => 'answer'
const source = fileURLToPath(new URL('../src/circuit-breaker.ts', import.meta.url))

/** Lets promises that are settled be heard of. */
const turn = (): Promise<void> => new Promise(resolve => { setImmediate(resolve) })

t.test('01 it opens at the threshold, and the function is not called', async (t) => {
  const { breaker, succeed } = breakerOnFakeTime()
  succeed(5)
  for (let call = 0; call < 4; call++) await t.rejects(breaker.execute(failing), { message: 'upstream failed' })
  t.equal(breaker.state, 'closed', 'at 4 failures of 9')
  await t.rejects(breaker.execute(failing))
  t.equal(breaker.state, 'open', 'at 5 of 10')
  let called = false
  await t.rejects(breaker.execute(() => { called = true }), { code: 'PLM_CIRCUIT_BREAKER_OPEN' })
  t.notOk(called)
})

t.test('02 it recovers', async (t) => {
  const { breaker, clock, fail } = breakerOnFakeTime()
  fail(10)
  clock.advance(1000)
  t.equal(await breaker.execute(answering), 'answer')
  t.equal(breaker.state, 'closed')
  t.equal(await breaker.execute(answering), 'answer')
})

t.test('03 a probe that fails opens it for the full wait again', async (t) => {
  const { breaker, clock, fail } = breakerOnFakeTime({ exponentialBackoffMultiplier: 1 })
  fail(10)
  clock.advance(1000)
  await t.rejects(breaker.execute(failing), { message: 'upstream failed' })
  clock.advance(999)
  await t.rejects(breaker.execute(answering), { code: 'PLM_CIRCUIT_BREAKER_OPEN' })
  clock.advance(1)
  t.equal(await breaker.execute(answering), 'answer')
})

t.test('04 one of 20 callers is the probe', async (t) => {
  const { breaker, clock, fail } = breakerOnFakeTime()
  fail(10)
  clock.advance(1000)
  let called = 0
  const ends = await Promise.allSettled(Array.from({ length: 20 }, () => breaker.execute(async () => { called++ })))
  t.equal(called, 1)
  t.equal(ends.filter(({ status }) => status === 'rejected').length, 19)
})

t.test('05 callers beyond the probes fail at once', async (t) => {
  const { breaker, clock, fail } = breakerOnFakeTime()
  fail(10)
  clock.advance(1000)
  const probe = breaker.execute(() => new Promise<string>(() => {}))
  await t.rejects(breaker.execute(answering), { code: 'PLM_CIRCUIT_BREAKER_OPEN', state: 'half-open' }, 'while the probe is still out')
  probe.catch(() => {})
})

t.test('06 a probe that hangs does not keep it from finding out', async (t) => {
  const { breaker, clock, fail } = breakerOnFakeTime({ probeLease: 300 })
  fail(10)
  clock.advance(1000)
  breaker.execute(() => new Promise<string>(() => {})).catch(() => {})
  clock.advance(299)
  await t.rejects(breaker.execute(answering), { code: 'PLM_CIRCUIT_BREAKER_OPEN' })
  clock.advance(1)
  t.equal(await breaker.execute(answering), 'answer')
  t.equal(breaker.state, 'closed')
})

t.test('07 a stale success does not close it while open', async (t) => {
  const { breaker, acquire, fail } = breakerOnFakeTime()
  const early = acquire()
  fail(10)
  breaker.succeed(early)
  t.equal(breaker.state, 'open')
  t.equal(breaker.stats.stale, 1)
})

t.test('08 a stale success does not close it while half-open', async (t) => {
  const { breaker, clock, acquire, fail } = breakerOnFakeTime()
  const early = acquire()
  fail(10)
  clock.advance(1000)
  acquire()
  breaker.succeed(early)
  t.equal(breaker.state, 'half-open')
})

t.test('09 a stale failure does not reopen it while half-open', async (t) => {
  const { breaker, clock, acquire, fail } = breakerOnFakeTime()
  const early = acquire()
  fail(10)
  clock.advance(1000)
  const probe = acquire()
  breaker.fail(early)
  t.equal(breaker.state, 'half-open')
  breaker.succeed(probe)
  t.equal(breaker.state, 'closed')
})

t.test('10 stale failures do not open a circuit that has recovered', async (t) => {
  const { breaker, clock, acquire, fail, succeed } = breakerOnFakeTime()
  const early = Array.from({ length: 30 }, acquire)
  fail(10)
  clock.advance(1000)
  succeed()
  for (const permit of early) breaker.fail(permit)
  t.equal(breaker.state, 'closed')
  t.equal(breaker.snapshot().calls, 0)
})

t.test('10 nor do those of execute()', async (t) => {
  const { breaker, clock, fail, succeed } = breakerOnFakeTime()
  const late = Promise.withResolvers<string>()
  const early = Array.from({ length: 30 }, () => breaker.execute(() => late.promise))
  fail(10)
  clock.advance(1000)
  succeed()
  late.reject(new Error('late'))
  await Promise.allSettled(early)
  t.equal(breaker.state, 'closed')
  t.equal(breaker.stats.stale, 30)
})

t.test('11 stale failures do not lengthen the wait', async (t) => {
  const { breaker, clock, acquire, fail } = breakerOnFakeTime()
  const early = Array.from({ length: 30 }, acquire)
  fail(10)
  clock.advance(900)
  for (const permit of early) breaker.fail(permit)
  t.equal(breaker.retryAfterMs(), 100)
})

t.test('12 a few calls do not open it, however many of them fail', async (t) => {
  const { breaker, fail } = breakerOnFakeTime()
  fail(9)
  t.equal(breaker.state, 'closed')
  fail()
  t.equal(breaker.state, 'open')
})

t.test('13 old failures have expired after an idle time', async (t) => {
  const { breaker, clock, fail } = breakerOnFakeTime({ slidingWindowSize: 10_000 })
  fail(9)
  clock.advance(60_000)
  fail()
  t.equal(breaker.state, 'closed')
  t.match(breaker.snapshot(), { calls: 1, failureRate: 1 })
})

t.test('14 calls that are out do not thin the rate', async (t) => {
  const { breaker, acquire, fail } = breakerOnFakeTime()
  for (let call = 0; call < 1000; call++) acquire()
  fail(10)
  t.equal(breaker.state, 'open')
})

t.test('15 sustained failures of 60 % open it', async (t) => {
  const { breaker, clock, fail, succeed } = breakerOnFakeTime()
  for (let round = 0; round < 10 && breaker.state === 'closed'; round++) {
    succeed(2)
    fail(3)
    clock.advance(100)
  }
  t.equal(breaker.state, 'open')
})

t.test('16 ignored errors never open it', async (t) => {
  const { breaker } = breakerOnFakeTime({ errorFilter: () => 'ignore' })
  for (let call = 0; call < 100; call++) await t.rejects(breaker.execute(failing), { message: 'upstream failed' })
  t.equal(breaker.state, 'closed')
  t.match(breaker.snapshot(), { calls: 0, inFlight: 0 })
  t.equal(breaker.stats.ignored, 100)
})

t.test('17 an ignored error of a probe gives its place back and decides nothing', async (t) => {
  const { breaker, clock, acquire, fail } = breakerOnFakeTime()
  fail(10)
  clock.advance(1000)
  breaker.ignore(acquire())
  t.equal(breaker.state, 'half-open')
  breaker.succeed(acquire())
  t.equal(breaker.state, 'closed')
})

for (const [id, hours] of [['18', -1], ['19', 1]] as const) {
  t.test(`${id} the wall clock jumps by ${hours} h while it is open: it waits for as long as it would have`, async (t) => {
    const { breaker, clock, fail, acquire } = breakerOnFakeTime()
    fail(10)
    const { now } = Date
    t.teardown(() => { Date.now = now })
    Date.now = () => now() + hours * 3_600_000
    clock.advance(999)
    t.equal(breaker.tryAcquire(), undefined)
    clock.advance(1)
    t.ok(acquire())
  })
}

t.test('20 the wall clock jumps by -1 h: the window still rolls', async (t) => {
  const { breaker, clock, fail } = breakerOnFakeTime()
  fail(9)
  const { now } = Date
  t.teardown(() => { Date.now = now })
  Date.now = () => now() - 3_600_000
  clock.advance(11_000)
  fail()
  t.equal(breaker.state, 'closed')
})

t.test('21 slow calls open it, by their share', async (t) => {
  const { breaker, clock } = breakerOnFakeTime({ slowCallDurationThreshold: 200, slowCallRateThreshold: 0.5 })
  const takes = (ms: number): Promise<void> => breaker.execute(async () => { clock.advance(ms) })
  for (let call = 0; call < 5; call++) await takes(199)
  for (let call = 0; call < 4; call++) await takes(200)
  t.equal(breaker.state, 'closed')
  await takes(200)
  t.equal(breaker.state, 'open')
  t.equal(breaker.stats.slow, 5)
  t.equal(breaker.stats.failures, 0)
})

t.test('22 a function that hangs times out', async (t) => {
  const { breaker, clock } = breakerOnFakeTime({ timeout: 500 })
  const hung = breaker.execute(() => new Promise<string>(() => {}))
  clock.advance(500)
  await t.rejects(hung, { code: 'PLM_CIRCUIT_BREAKER_TIMEOUT', timeoutMs: 500 })
  t.match(breaker.stats, { failures: 1, timeouts: 1 })
})

t.test('23 a timeout aborts the signal of that call only', async (t) => {
  const { breaker, clock } = breakerOnFakeTime({ timeout: 500 })
  const signals: AbortSignal[] = []
  const hangs = ({ signal }: { readonly signal: AbortSignal }): Promise<string> => {
    signals.push(signal)
    return new Promise(() => {})
  }
  const first = breaker.execute(hangs)
  clock.advance(300)
  breaker.execute(hangs).catch(() => {})
  clock.advance(200)
  await t.rejects(first)
  t.same(signals.map(({ aborted }) => aborted), [true, false])
})

t.test('24 a synchronous throw counts, and an undefined result is a success', async (t) => {
  const { breaker } = breakerOnFakeTime()
  await t.rejects(breaker.execute(() => { throw new Error('at once') }), { message: 'at once' })
  t.equal(await breaker.execute(() => undefined), undefined)
  t.match(breaker.stats, { failures: 1, successes: 1 })
  t.equal(breaker.inFlight, 0)
})

t.test('25 three probes must succeed where three are asked for', async (t) => {
  const { breaker, clock, fail, succeed } = breakerOnFakeTime({ successThreshold: 3, permittedNumberOfCallsInHalfOpenState: 3 })
  fail(10)
  clock.advance(1000)
  succeed(2)
  t.equal(breaker.state, 'half-open')
  succeed()
  t.equal(breaker.state, 'closed')
})

t.test('26 the first of three probes that fails opens it, whatever becomes of the others', async (t) => {
  const { breaker, clock, acquire, fail } = breakerOnFakeTime({ successThreshold: 3, permittedNumberOfCallsInHalfOpenState: 3 })
  fail(10)
  clock.advance(1000)
  const [first, second, third] = [acquire(), acquire(), acquire()]
  breaker.fail(first)
  t.equal(breaker.state, 'open')
  breaker.succeed(second)
  breaker.succeed(third)
  t.equal(breaker.state, 'open')
})

t.test('27 events come in order, once each, in a burst', async (t) => {
  const { breaker, clock } = breakerOnFakeTime()
  const events: string[] = []
  for (const event of ['open', 'halfOpen', 'close'] as const) breaker.on(event, () => { events.push(event) })
  await Promise.allSettled(Array.from({ length: 50 }, () => breaker.execute(failing)))
  clock.advance(1000)
  await Promise.allSettled(Array.from({ length: 50 }, () => breaker.execute(answering)))
  t.same(events, ['open', 'halfOpen', 'close'])
})

t.test('28 a listener that throws does not change the result', async (t) => {
  const { breaker, faults } = breakerOnFakeTime()
  breaker.on('success', () => { throw new Error('of the listener') })
  const heard: unknown[] = []
  breaker.on('success', event => { heard.push(event.breaker) })
  t.equal(await breaker.execute(answering), 'answer')
  t.equal(breaker.stats.successes, 1)
  t.equal(breaker.stats.failures, 0)
  t.same(heard, [breaker], 'and not what others hear')
  t.match(faults, [{ breaker: 'upstream', what: 'listener', error: { message: 'of the listener' } }])
})

t.test('29 a refusal says how long there is to wait', async (t) => {
  const { breaker, clock, fail } = breakerOnFakeTime()
  fail(10)
  clock.advance(250)
  const error: unknown = await breaker.execute(answering).catch((error: unknown) => error)
  t.ok(error instanceof CircuitOpenError && error instanceof Error)
  t.match(error, { code: 'PLM_CIRCUIT_BREAKER_OPEN', statusCode: 503, circuit: 'upstream', state: 'open', retryAfterMs: 750 })
})

t.test('30 after the recovery all of 50 callers are served', async (t) => {
  const { breaker, clock, fail, succeed } = breakerOnFakeTime()
  fail(10)
  clock.advance(1000)
  succeed()
  t.same(await Promise.all(Array.from({ length: 50 }, () => breaker.execute(answering))), Array(50).fill('answer'))
})

t.test('31 neither an open circuit nor a call that hangs holds the process', async (t) => {
  const program = `
    import { CircuitBreaker } from ${JSON.stringify(source)}
    const breaker = new CircuitBreaker('upstream', { minimumNumberOfCalls: 1, timeout: 60_000, retry: {} })
    breaker.trip()
    new CircuitBreaker('another', { timeout: 60_000 }).execute(() => new Promise(() => {}))
    console.log(breaker.state)`
  const ended = promisify(execFile)(process.execPath, ['--conditions=plimsoll:source', '--input-type=module', '--eval', program], { timeout: 20_000 })
  t.match(await ended, { stdout: 'open\n' })
})

t.test('32 the window is empty after it has closed', async (t) => {
  const { breaker, clock, fail, succeed } = breakerOnFakeTime()
  fail(10)
  clock.advance(1000)
  succeed()
  fail(9)
  t.equal(breaker.state, 'closed', 'the failures before the opening do not count')
  t.match(breaker.snapshot(), { calls: 9 })
})

t.test('33 a late result while half-open does not keep it from closing', async (t) => {
  const { breaker, clock, acquire, fail } = breakerOnFakeTime({ successThreshold: 2, permittedNumberOfCallsInHalfOpenState: 2 })
  const early = [acquire(), acquire()]
  fail(10)
  clock.advance(1000)
  const probes = [acquire(), acquire()]
  for (const permit of early) breaker.succeed(permit)
  for (const permit of probes) breaker.succeed(permit)
  t.equal(breaker.state, 'closed')
})

t.test('33 nor does that of a probe whose lease has ended', async (t) => {
  const { breaker, clock, acquire, fail } = breakerOnFakeTime({ successThreshold: 2, probeLease: 300 })
  fail(10)
  clock.advance(1000)
  const slow = acquire()
  clock.advance(300)
  const second = acquire()
  breaker.succeed(slow)
  t.equal(breaker.state, 'half-open', 'it is a success of this half-open time, and frees no place twice')
  t.equal(breaker.tryAcquire(), undefined)
  breaker.succeed(second)
  t.equal(breaker.state, 'closed')
})

t.test('34 an exported open circuit keeps its remaining wait', async (t) => {
  const { breaker, clock, fail } = breakerOnFakeTime()
  fail(10)
  clock.advance(400)
  const state: unknown = JSON.parse(JSON.stringify(breaker.exportState()))
  t.same(state, { state: 'open', remainingMs: 600, level: 1 })

  const later = fakeClock({ now: 5_000_000 })
  const next = new CircuitBreaker('upstream', { successThreshold: 1 }, { clock: later })
  next.importState(breaker.exportState())
  t.equal(next.state, 'open')
  later.advance(599)
  t.equal(next.tryAcquire(), undefined)
  later.advance(1)
  t.ok(next.tryAcquire())
})

t.test('calls that never let the event loop turn still leave the open state', async (t) => {
  const breaker = new CircuitBreaker('upstream', { waitDurationInOpenState: 20, successThreshold: 1 })
  breaker.trip()
  const begun = performance.now()
  let answered = false
  // Nothing but microtasks: no timer can run meanwhile.
  while (!answered && performance.now() - begun < 30_000) answered = await breaker.execute(answering).then(() => true, () => false)
  t.ok(answered)
  t.equal(breaker.state, 'closed')
})

t.test('a loop that was blocked for 500 ms opens nothing, and answers that came meanwhile are in time', async (t) => {
  const breaker = new CircuitBreaker('upstream', { minimumNumberOfCalls: 1, failureRateThreshold: 0.01, slowCallDurationThreshold: 300, slowCallRateThreshold: 0.01, timeout: 400 })
  const calls = Array.from({ length: 20 }, () => breaker.execute(() => new Promise(resolve => { setTimeout(resolve, 20) })))
  await turn()
  const begun = performance.now()
  while (performance.now() - begun < 500);
  await Promise.all(calls)
  t.equal(breaker.state, 'closed')
  t.match(breaker.stats, { successes: 20, failures: 0, slow: 0 })
})
