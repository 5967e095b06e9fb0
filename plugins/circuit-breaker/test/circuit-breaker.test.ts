import t from 'tap'
import { fakeClock } from '@plimsoll/core/testing'
import { CircuitBreaker } from '../src/circuit-breaker.ts'
import { circuitBreakersOptions } from '../src/options.ts'
import type { CircuitBreakerOptions } from '../src/options.ts'
import type { Transition } from '../src/transition.ts'
import { breakerOnFakeTime } from './breaker-on-fake-time.ts'

const refuses = { code: 'PLM_CIRCUIT_BREAKER_INVALID_OPTION' }

t.test('a bad option is refused by name, with what was given and what would be right', async (t) => {
  const bad: ReadonlyArray<readonly [CircuitBreakerOptions, RegExp]> = [
    [{ failureRateThreshold: NaN }, /failureRateThreshold is NaN; give a number/],
    [{ failureRateThreshold: 50 }, /failureRateThreshold is 50; give a number from 0.0001 to 1/],
    [{ slowCallRateThreshold: 0 }, /slowCallRateThreshold/],
    [{ slowCallDurationThreshold: -1 }, /slowCallDurationThreshold/],
    [{ slidingWindowSize: 60 }, /slidingWindowSize is 60; give milliseconds, 1000 at least/],
    [{ slidingWindowType: 'count', slidingWindowSize: 2_000_000 }, /slidingWindowSize.*at most 1000000 calls/],
    [{ slidingWindowType: 'count', slidingWindowSize: 10 }, /minimumNumberOfCalls is 20; give at most slidingWindowSize, which is 10/],
    [{ slidingWindowType: 'count', minimumNumberOfCalls: 101 }, /minimumNumberOfCalls.*100/],
    [{ minimumNumberOfCalls: 1.5 }, /minimumNumberOfCalls/],
    [{ waitDurationInOpenState: 0 }, /waitDurationInOpenState/],
    [{ exponentialMaxWaitDurationInOpenState: 10 }, /exponentialMaxWaitDurationInOpenState is 10; give at least waitDurationInOpenState, which is 5000/],
    [{ exponentialBackoffMultiplier: 0.5 }, /exponentialBackoffMultiplier/],
    [{ randomizedWaitFactor: 1 }, /randomizedWaitFactor/],
    [{ permittedNumberOfCallsInHalfOpenState: 0 }, /permittedNumberOfCallsInHalfOpenState/],
    [{ timeout: Infinity }, /timeout/],
    [{ retry: { waitDuration: 5000 } }, /retry.waitDuration is 5000; give at most maxWaitDuration, which is 2000/],
    [{ retry: { maxAttempts: 1 } }, /retry.maxAttempts/],
    [{ errorFilter: JSON.parse('"no"') }, /errorFilter is "no"; give a function/],
    [JSON.parse('{ "failureRateTreshold": 0.5 }'), /failureRateTreshold.*did you mean failureRateThreshold/]
  ]
  for (const [options, message] of bad) t.throws(() => new CircuitBreaker('x', options), { ...refuses, message })
  for (const name of ['', 'x'.repeat(257), JSON.parse('7')]) t.throws(() => new CircuitBreaker(name), { ...refuses, message: /name/ })
})

t.test('options are not changed, and those that are frozen are resolved once', async (t) => {
  const options = Object.freeze({ timeout: 100 })
  const [first, second] = [new CircuitBreaker('a', options), new CircuitBreaker('b', options)]
  t.equal(first.settings, second.settings)
  t.equal(new CircuitBreaker('c', first.settings).settings, first.settings)
  t.same(options, { timeout: 100 })
  t.equal(first.settings.failureRateThreshold, 0.5)
})

t.test('options that may change', async (t) => {
  const { breaker, fail } = breakerOnFakeTime()
  breaker.configure({ minimumNumberOfCalls: 2 })
  t.equal(breaker.settings.waitDurationInOpenState, 1000, 'the others stay')
  fail(2)
  t.equal(breaker.state, 'open')
  t.throws(() => { breaker.configure(JSON.parse('{ "slidingWindowSize": 5000 }')) }, { ...refuses, message: /slidingWindowSize.*no such option/ })
  t.throws(() => { breaker.configure({ waitDurationInOpenState: 86_400_000, failureRateThreshold: 7 }) }, refuses)
  t.equal(breaker.settings.waitDurationInOpenState, 1000, 'nothing of a change that is refused')
})

t.test('consecutive failures open it without a minimum of calls', async (t) => {
  const { breaker, fail, succeed } = breakerOnFakeTime({ consecutiveFailures: 3 })
  fail(2)
  succeed()
  fail(2)
  t.equal(breaker.state, 'closed')
  fail()
  t.equal(breaker.state, 'open')
})

t.test('the wait grows with each opening that follows, up to its bound, and comes back while it stays closed', async (t) => {
  const { breaker, clock, fail, succeed } = breakerOnFakeTime({ exponentialMaxWaitDurationInOpenState: 5000, backoffDecay: 10_000 })
  const waits: number[] = []
  const opened = (): void => { waits.push(breaker.snapshot().openForMs) }
  fail(10)
  opened()
  for (let probe = 0; probe < 4; probe++) {
    clock.advance(breaker.retryAfterMs())
    fail()
    opened()
  }
  t.same(waits, [1000, 2000, 4000, 5000, 5000])
  clock.advance(5000)
  succeed()
  clock.advance(20_000)
  fail(10)
  opened()
  t.equal(waits.at(-1), 2000, 'two of three lengthenings were taken back')
  breaker.reset()
  fail(10)
  opened()
  t.equal(waits.at(-1), 1000, 'a reset takes back all')
})

t.test('a wait is shortened at random, so that instances do not probe together', async (t) => {
  const clock = fakeClock()
  const waits = Array.from({ length: 100 }, () => {
    const breaker = new CircuitBreaker('x', { waitDurationInOpenState: 1000, randomizedWaitFactor: 0.2 }, { clock })
    breaker.trip()
    return breaker.snapshot().openForMs
  })
  t.ok(waits.every(wait => wait > 800 && wait <= 1000))
  t.ok(new Set(waits).size > 90)
  const long = new CircuitBreaker('x', { waitDurationInOpenState: 90_000, randomizedWaitFactor: 0 }, { clock })
  long.trip()
  t.equal(long.snapshot().openForMs, 90_000, 'a first wait above the usual longest is what was asked for')
})

t.test('an isolation is counted, and each hold is released once', async (t) => {
  const { breaker, acquire } = breakerOnFakeTime()
  const [first, second] = [breaker.isolate(), breaker.isolate()]
  await t.rejects(breaker.execute(() => 1), { code: 'PLM_CIRCUIT_BREAKER_OPEN', state: 'isolated', retryAfterMs: 1000 })
  first.release()
  first.release()
  t.equal(breaker.state, 'isolated')
  breaker.trip()
  breaker.reset()
  breaker.setMetricsOnly(true)
  t.equal(breaker.state, 'isolated', 'nothing else ends it')
  second[Symbol.dispose]()
  t.equal(breaker.state, 'metrics-only')
  t.ok(acquire())
})

t.test('counting only, everything passes, and it is counted how often it would have opened', async (t) => {
  const { breaker, fail, succeed, clock } = breakerOnFakeTime({ metricsOnly: true })
  fail(30)
  t.equal(breaker.state, 'metrics-only')
  t.match(breaker.stats, { spared: 1, opened: 0, refused: 0, failures: 30 })
  succeed(50)
  fail(30)
  t.equal(breaker.stats.spared, 2, 'again after it had become better')
  breaker.trip()
  breaker.importState({ state: 'open', remainingMs: 500, level: 2 })
  t.equal(breaker.state, 'metrics-only')
  breaker.setMetricsOnly(false)
  t.equal(breaker.state, 'closed')
  t.equal(breaker.snapshot().calls, 0)
  fail(10)
  t.equal(breaker.snapshot().openForMs, 4000, 'the level was imported all the same')
  clock.advance(0)
})

t.test('a state from outside', async (t) => {
  const { breaker, fail } = breakerOnFakeTime()
  const bad: unknown[] = [null, 'open', {}, { state: 'half-open', remainingMs: 0, level: 0 }, { state: 'open', remainingMs: -1, level: 0 }, { state: 'open', remainingMs: '5', level: 0 },
    { state: 'open', remainingMs: NaN, level: 0 }, { state: 'open', remainingMs: 1e12, level: 0 }, { state: 'open', remainingMs: 5, level: 0.5 }, { state: 'open', remainingMs: 5, level: -1 }, { state: 'open', remainingMs: 5, level: 1e9 }, { state: 'open', remainingMs: 5 }]
  for (const state of bad) t.throws(() => { breaker.importState(JSON.parse(JSON.stringify(state))) }, { code: 'PLM_CIRCUIT_BREAKER_INVALID_STATE', message: /circuit upstream/ })
  t.equal(breaker.state, 'closed')
  fail(10)
  breaker.importState({ state: 'closed', remainingMs: 0, level: 0 })
  t.equal(breaker.state, 'closed')
  breaker.importState({ state: 'closed', remainingMs: 0, level: 0 })
  t.same(breaker.exportState(), { state: 'closed', remainingMs: 0, level: 0 })
})

t.test('transitions are told with their reason and figures', async (t) => {
  const { breaker, clock, fail, succeed } = breakerOnFakeTime()
  const transitions: Transition[] = []
  const leave = breaker.on('stateChange', transition => { transitions.push(transition) })
  succeed(5)
  fail(5)
  clock.advance(1000)
  succeed()
  breaker.isolate().release()
  leave()
  leave()
  breaker.reset()
  t.match(transitions, [
    { breaker, from: 'closed', to: 'open', reason: 'failure-rate', openForMs: 1000, calls: 10, failureRate: 0.5, slowRate: 0 },
    { from: 'open', to: 'half-open', reason: 'wait-over', openForMs: 0 },
    { from: 'half-open', to: 'closed', reason: 'probes-succeeded' },
    { from: 'closed', to: 'isolated', reason: 'isolated' },
    { from: 'isolated', to: 'closed', reason: 'released' }
  ])
  t.equal(transitions.length, 5)
  t.same(transitions.map(({ generation }) => generation), [...transitions.map(({ generation }) => generation)].sort((a, b) => a - b))
})

t.test('every call is told of by those who listen to calls', async (t) => {
  const ignored = new Error('ignored')
  const { breaker, clock } = breakerOnFakeTime({ timeout: 100, maxConcurrentCalls: 1, errorFilter: error => error === ignored ? 'ignore' : undefined })
  const heard: string[] = []
  for (const event of ['fire', 'success', 'failure', 'timeout', 'ignored', 'stale', 'reject', 'semaphoreLocked', 'fallback', 'open'] as const) {
    breaker.on(event, value => {
      t.equal(value.breaker, breaker)
      heard.push(event)
    })
  }
  const hangs = (): Promise<string> => new Promise(() => {})
  await breaker.execute(() => 'answer')
  await breaker.execute(() => Promise.reject(new Error('failed')), { fallback: () => {} })
  await breaker.execute(() => Promise.reject(ignored)).catch(() => {})
  const late = breaker.execute(hangs)
  await breaker.execute(hangs).catch(() => {})
  clock.advance(100)
  await late.catch(() => {})
  const permit = breaker.tryAcquire()
  breaker.trip()
  if (permit !== undefined) breaker.succeed(permit)
  await breaker.execute(hangs).catch(() => {})
  t.same(heard, ['fire', 'success', 'fire', 'failure', 'fallback', 'fire', 'ignored', 'fire', 'fire', 'semaphoreLocked', 'timeout', 'failure', 'fire', 'open', 'stale', 'fire', 'reject'])
})

t.test('what is told of a call has its error and, where that is measured, its duration', async (t) => {
  const { breaker, clock } = breakerOnFakeTime({ slowCallDurationThreshold: 50 })
  const outcomes: unknown[] = []
  breaker.on('success', ({ durationMs }) => { outcomes.push(durationMs) })
  breaker.on('failure', ({ error, durationMs }) => { outcomes.push(error, durationMs) })
  await breaker.execute(() => { clock.advance(70) })
  const error = new Error('failed')
  await breaker.execute(() => { throw error }).catch(() => {})
  t.same(outcomes, [70, error, 0])
})

t.test('a listener that changes the circuit', async (t) => {
  t.test('while it opens: all are told in order', async (t) => {
    const { breaker, fail } = breakerOnFakeTime()
    const heard: string[] = []
    breaker.on('open', () => { breaker.reset() })
    breaker.on('stateChange', ({ from, to }) => { heard.push(`${from} ${to}`) })
    fail(10)
    t.same(heard, ['closed open', 'open closed'])
    t.equal(breaker.state, 'closed')
  })

  t.test('while a failure is told: the failure counts for nothing that came after', async (t) => {
    const { breaker, fail } = breakerOnFakeTime()
    breaker.on('failure', () => { breaker.reset() })
    fail(30)
    t.equal(breaker.snapshot().calls, 0)
    t.equal(breaker.state, 'closed')
  })

  t.test('as soon as it is half-open: the call is refused, or is a call of a closed circuit', async (t) => {
    const { breaker, clock, fail } = breakerOnFakeTime()
    fail(10)
    const leave = breaker.on('halfOpen', () => { breaker.isolate() })
    clock.advance(1000)
    t.equal(breaker.tryAcquire(), undefined)
    t.equal(breaker.state, 'isolated')
    leave()
    const other = breakerOnFakeTime()
    other.fail(10)
    other.breaker.on('halfOpen', () => { other.breaker.reset() })
    other.clock.advance(1000)
    t.ok(other.breaker.tryAcquire())
    t.equal(other.breaker.state, 'closed')
  })

  t.test('without end is stopped', async (t) => {
    const { breaker, faults } = breakerOnFakeTime()
    breaker.on('stateChange', () => { breaker.reset() })
    breaker.trip()
    t.match(faults, [{ what: 'listener', error: { message: /set each other off without end/ } }])
    t.equal(breaker.state, 'closed')
  })
})

t.test('listeners are bounded, and may be the same function twice', async (t) => {
  const { breaker } = breakerOnFakeTime()
  let heard = 0
  const listener = (): void => { heard++ }
  const leave = breaker.on('close', listener)
  breaker.on('close', listener)
  for (let listeners = 2; listeners < 100; listeners++) breaker.on('open', listener)
  t.throws(() => { breaker.on('open', listener) }, /at most 100 listeners/)
  leave()
  breaker.on('open', listener)
  breaker.trip()
  breaker.reset()
  t.equal(heard, 100)
})

t.test('who gives no port is warned once by the process', async (t) => {
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => { warnings.push(warning) }
  process.on('warning', onWarning)
  t.teardown(() => { process.off('warning', onWarning) })
  const breaker = new CircuitBreaker('warned', { errorFilter: () => { throw new Error('of the filter') } })
  breaker.on('success', () => { throw Object.create(null) })
  for (let call = 0; call < 3; call++) await breaker.execute(() => { throw new Error('failed') }).catch(() => {})
  await breaker.execute(() => 1)
  const careless = new CircuitBreaker('careless', { resultFilter: () => { throw new Error('of the filter') } }, { onFault: () => { throw new Error('of the port') } })
  t.equal(await careless.execute(() => 1), 1)
  await new Promise(resolve => { setImmediate(resolve) })
  t.match(warnings.map(({ message }) => message), [/errorFilter of circuit warned threw of the filter/, /listener of circuit warned threw object/, /resultFilter of circuit careless/])
})

t.test('its errors are errors to whom handles them, and have no stack', async (t) => {
  const { breaker, acquire } = breakerOnFakeTime({ maxConcurrentCalls: 1 })
  acquire()
  const full = breaker.refusal()
  t.equal(full.message, 'circuit upstream has 1 calls out, which is all it may: the call was not made')
  t.equal(full.stack, `BulkheadFullError: ${full.message}`)
  breaker.trip()
  const open = breaker.refusal()
  t.equal(String(open), 'CircuitOpenError: circuit upstream is open: the call was not made')
  t.same(Object.keys(open), ['circuit', 'state', 'retryAfterMs'])
  open.message = `while paying: ${open.message}`
  t.equal(open.message, 'while paying: circuit upstream is open: the call was not made')
  t.equal(breaker.refusal().message, 'circuit upstream is open: the call was not made')
})

t.test('the lease of a probe is twice the timeout, where there is one', async (t) => {
  const { breaker, clock, acquire, fail } = breakerOnFakeTime({ timeout: 300 })
  const before = breaker.generation
  fail(10)
  t.ok(breaker.generation > before)
  clock.advance(1000)
  acquire()
  t.equal(breaker.retryAfterMs(), 600)
  clock.advance(600)
  t.equal(breaker.retryAfterMs(), 0)
})

t.test('effective options are shown as they were given', async (t) => {
  const resolved = circuitBreakersOptions.resolve({ circuits: { payment: { timeout: 900, errorFilter: () => true } } })
  t.match(circuitBreakersOptions.configuration(resolved), { circuits: { source: 'option', value: { payment: { timeout: 900, errorFilter: 'a function' } } }, timeout: { source: 'default', value: 0 } })
})
