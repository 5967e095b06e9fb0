import t from 'tap'
import type { CallContext } from '../src/call.ts'
import { breakerOnFakeTime } from './breaker-on-fake-time.ts'

const hangs = (): Promise<string> => new Promise(() => {})
const failed = new Error('upstream failed')
const failing = async (): Promise<never> => { throw failed }

t.test('a timeout', async (t) => {
  t.test('rejects, counts as a failure, and drops what comes later', async (t) => {
    const { breaker, clock } = breakerOnFakeTime({ timeout: 500 })
    const late = Promise.withResolvers<string>()
    const call = breaker.execute(() => late.promise)
    clock.advance(499)
    t.equal(breaker.stats.timeouts, 0)
    clock.advance(1)
    await t.rejects(call, { code: 'PLM_CIRCUIT_BREAKER_TIMEOUT', statusCode: 504, circuit: 'upstream', name: 'CallTimeoutError' })
    late.resolve('too late')
    await late.promise
    t.match(breaker.stats, { failures: 1, timeouts: 1, successes: 0 })
    t.equal(breaker.inFlight, 0)
  })

  t.test('that comes after the end does nothing', async (t) => {
    const { breaker, clock } = breakerOnFakeTime({ timeout: 500 })
    t.equal(await breaker.execute(async () => 'in time'), 'in time')
    clock.advance(1000)
    t.match(breaker.stats, { failures: 0, timeouts: 0, successes: 1 })
    t.equal(clock.pending, 0)
  })

  t.test('may be given to one call, or taken from it', async (t) => {
    const { breaker, clock } = breakerOnFakeTime({ timeout: 500 })
    const short = breaker.execute(hangs, { timeout: 20 })
    const endless = breaker.execute(hangs, { timeout: 0 })
    let ended = false
    endless.finally(() => { ended = true }).catch(() => {})
    clock.advance(20)
    await t.rejects(short, { code: 'PLM_CIRCUIT_BREAKER_TIMEOUT', timeoutMs: 20 })
    clock.advance(10_000)
    t.notOk(ended)
  })

  t.test('that is none is refused', async (t) => {
    const { breaker } = breakerOnFakeTime()
    for (const timeout of [NaN, -1, Infinity]) await t.rejects(breaker.execute(hangs, { timeout }), { code: 'PLM_CIRCUIT_BREAKER_INVALID_OPTION', message: /timeout/ })
    t.equal(breaker.stats.fires, 0)
  })

  t.test('is the reason of the signal, even where that is first read afterwards', async (t) => {
    const { breaker, clock } = breakerOnFakeTime({ timeout: 500 })
    const contexts: CallContext[] = []
    const call = breaker.execute(context => {
      contexts.push(context)
      return hangs()
    })
    clock.advance(500)
    const error: unknown = await call.catch((error: unknown) => error)
    const { signal } = contexts[0]!
    t.ok(signal.aborted)
    t.equal(signal.reason, error)
    t.equal(contexts[0]!.signal, signal)
  })

  t.test('does not harm a function that throws or rejects', async (t) => {
    const { breaker } = breakerOnFakeTime({ timeout: 500 })
    await t.rejects(breaker.execute(() => { throw failed }), failed)
    await t.rejects(breaker.execute(failing), failed)
    t.equal(breaker.stats.failures, 2)
  })

  t.test('is not undone by a function that rejects because it was aborted', async (t) => {
    const { breaker, clock } = breakerOnFakeTime({ timeout: 500 })
    const call = breaker.execute(({ signal }) => new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { reject(new Error('aborted')) }) }))
    clock.advance(500)
    await t.rejects(call, { code: 'PLM_CIRCUIT_BREAKER_TIMEOUT' })
    t.equal(breaker.stats.failures, 1)
  })
})

t.test('the signal of the caller', async (t) => {
  t.test('ends the call, which decides nothing', async (t) => {
    const { breaker, clock, fail } = breakerOnFakeTime()
    fail(10)
    clock.advance(1000)
    const controller = new AbortController()
    const call = breaker.execute(hangs, { signal: controller.signal })
    t.equal(breaker.state, 'half-open')
    controller.abort(new Error('the client left'))
    await t.rejects(call, { message: 'the client left' })
    t.equal(breaker.state, 'half-open')
    t.match(breaker.stats, { ignored: 1, failures: 10 })
    t.ok(breaker.tryAcquire(), 'its place is free')
  })

  t.test('is what the function gets, where nothing else can abort it', async (t) => {
    const { breaker } = breakerOnFakeTime()
    const { signal } = new AbortController()
    t.equal(await breaker.execute(call => call.signal, { signal }), signal)
  })

  t.test('aborts a signal with a deadline as well', async (t) => {
    const { breaker, clock } = breakerOnFakeTime({ timeout: 500 })
    const controller = new AbortController()
    let own: AbortSignal | undefined
    const call = breaker.execute(context => {
      own = context.signal
      return hangs()
    }, { signal: controller.signal })
    controller.abort()
    await t.rejects(call, { name: 'AbortError' })
    t.ok(own?.aborted)
    clock.advance(1000)
    t.equal(breaker.stats.timeouts, 0)
  })

  t.test('that was aborted before keeps the function from being called', async (t) => {
    const { breaker } = breakerOnFakeTime()
    await t.rejects(breaker.execute(() => t.fail('called'), { signal: AbortSignal.abort() }), { name: 'AbortError' })
    t.equal(breaker.stats.fires, 0)
  })

  t.test('keeps no listener of a call that has ended', async (t) => {
    const { breaker } = breakerOnFakeTime({ timeout: 500 })
    const { signal } = new AbortController()
    let listening = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => { listening++; add(...args) }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => { listening--; remove(...args) }
    await breaker.execute(async () => 'answer', { signal })
    await breaker.execute(failing, { signal }).catch(() => {})
    t.equal(listening, 0)
  })
})

t.test('a call that nothing can abort has a signal of its own', async (t) => {
  const { breaker } = breakerOnFakeTime()
  const [first, second] = [await breaker.execute(call => call.signal), await breaker.execute(call => call.signal)]
  t.notOk(first.aborted)
  t.not(first, second)
  const { breaker: slow } = breakerOnFakeTime({ slowCallDurationThreshold: 100 })
  t.notOk(await slow.execute(call => call.signal.aborted))
  t.equal(await slow.execute(call => call.attempt), 0)
})

t.test('a fallback', async (t) => {
  t.test('answers for a failure and for a refusal, and gets the error', async (t) => {
    const { breaker } = breakerOnFakeTime()
    const errors: unknown[] = []
    const fallback = (error: unknown): string => {
      errors.push(error)
      return 'from the fallback'
    }
    t.equal(await breaker.execute(failing, { fallback }), 'from the fallback')
    breaker.trip()
    t.equal(await breaker.execute(failing, { fallback }), 'from the fallback')
    t.match(errors, [failed, { code: 'PLM_CIRCUIT_BREAKER_OPEN' }])
    t.match(breaker.stats, { fallbacks: 2, failures: 1, refused: 1 })
  })

  t.test('is not asked for a success, an error that the filter lets pass, or a caller who left', async (t) => {
    const { breaker } = breakerOnFakeTime({ errorFilter: error => error === failed })
    const fallback = (): string => {
      t.fail('asked')
      return ''
    }
    t.equal(await breaker.execute(() => 'answer', { fallback }), 'answer')
    await t.rejects(breaker.execute(failing, { fallback }), failed)
    const controller = new AbortController()
    const call = breaker.execute(hangs, { fallback, signal: controller.signal })
    controller.abort()
    await t.rejects(call, { name: 'AbortError' })
    t.equal(breaker.stats.fallbacks, 0)
  })

  t.test('that throws harms nobody: the caller gets the first error', async (t) => {
    const { breaker, faults } = breakerOnFakeTime()
    await t.rejects(breaker.execute(failing, { fallback: () => { throw new Error('of the fallback') } }), failed)
    t.match(faults, [{ what: 'fallback', error: { message: 'of the fallback' } }])
    t.match(breaker.stats, { failures: 1 })
  })
})

t.test('filters', async (t) => {
  t.test('of results make a failure of an answer, which the caller gets all the same', async (t) => {
    const { breaker } = breakerOnFakeTime({ resultFilter: result => result === 'bad' ? 'failure' : undefined })
    t.equal(await breaker.execute(() => 'good'), 'good')
    breaker.reset()
    for (let call = 0; call < 10; call++) t.equal(await breaker.execute(() => 'bad'), 'bad')
    t.equal(breaker.state, 'open')
  })

  t.test('of errors may say true, as in opossum, or a word', async (t) => {
    const answers = [true, false, undefined, 'ignore', 'success', 'failure'] as const
    let at = 0
    const { breaker } = breakerOnFakeTime({ errorFilter: () => answers[at++] })
    while (at < answers.length) await t.rejects(breaker.execute(failing), failed)
    t.match(breaker.stats, { successes: 2, failures: 3, ignored: 1 })
  })

  t.test('that throw have not answered', async (t) => {
    const filter = (): never => { throw new Error('of the filter') }
    const { breaker, faults } = breakerOnFakeTime({ errorFilter: filter, resultFilter: filter })
    await t.rejects(breaker.execute(failing), failed)
    t.equal(await breaker.execute(() => 'answer'), 'answer')
    t.match(breaker.stats, { failures: 1, successes: 1 })
    t.same(faults.map(({ what }) => what), ['errorFilter', 'resultFilter'])
  })

  t.test('are asked once by a permit that is settled twice', async (t) => {
    let asked = 0
    const { breaker, acquire } = breakerOnFakeTime({ errorFilter: () => { asked++; return 'failure' } })
    const permit = acquire()
    t.equal(breaker.fail(permit, failed), 'failure')
    t.equal(breaker.fail(permit, failed), 'ignore')
    t.equal(breaker.succeed(permit), 'ignore')
    t.equal(breaker.timedOut(permit), 'ignore')
    t.equal(breaker.ignore(permit), 'ignore')
    t.equal(asked, 1)
    t.match(breaker.stats, { failures: 1, successes: 0, ignored: 0, timeouts: 0, stale: 0 })
    t.equal(breaker.inFlight, 0)
  })
})

t.test('a bulkhead', async (t) => {
  t.test('refuses more calls than may be out, and counts none of them as failed', async (t) => {
    const { breaker } = breakerOnFakeTime({ maxConcurrentCalls: 2 })
    const out = Promise.withResolvers<string>()
    const calls = [breaker.execute(() => out.promise), breaker.execute(() => out.promise)]
    await t.rejects(breaker.execute(async () => 'third'), { code: 'PLM_CIRCUIT_BREAKER_BULKHEAD_FULL', statusCode: 503, maxConcurrentCalls: 2, name: 'BulkheadFullError' })
    t.match(breaker.stats, { bulkheadRefused: 1, refused: 0, failures: 0 })
    out.resolve('answer')
    await Promise.all(calls)
    t.equal(await breaker.execute(async () => 'third'), 'third')
  })

  t.test('says what stopped the call while the circuit is not closed', async (t) => {
    const { breaker, clock, acquire } = breakerOnFakeTime({ maxConcurrentCalls: 1 })
    acquire()
    breaker.trip()
    t.equal(breaker.tryAcquire(), undefined)
    t.equal(breaker.refusal().code, 'PLM_CIRCUIT_BREAKER_OPEN')
    clock.advance(1000)
    t.equal(breaker.tryAcquire(), undefined)
    t.equal(breaker.state, 'half-open')
    t.equal(breaker.refusal().code, 'PLM_CIRCUIT_BREAKER_BULKHEAD_FULL', 'the call from before still holds its place')
  })

  t.test('frees the place of a call that timed out', async (t) => {
    const { breaker, clock } = breakerOnFakeTime({ maxConcurrentCalls: 1, timeout: 100 })
    breaker.execute(hangs).catch(() => {})
    clock.advance(100)
    t.ok(breaker.tryAcquire())
  })
})

t.test('a foreign permit does nothing', async (t) => {
  const { breaker } = breakerOnFakeTime()
  const other = breakerOnFakeTime()
  breaker.fail(other.acquire())
  t.match(breaker.stats, { failures: 0, stale: 0 })
  t.equal(breaker.inFlight, 0)
  t.equal(other.breaker.inFlight, 1)
})

t.test('a thenable counts like a promise', async (t) => {
  const { breaker } = breakerOnFakeTime()
  const thenable: PromiseLike<string> = { then: (resolve, reject) => Promise.reject(failed).then(resolve, reject) }
  await t.rejects(breaker.execute(() => thenable), failed)
  t.equal(breaker.stats.failures, 1)
})
