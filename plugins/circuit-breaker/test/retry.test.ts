import t from 'tap'
import { fakeClock } from '@plimsoll/core/testing'
import { RetryBudget } from '../src/retry-budget.ts'
import { breakerOnFakeTime } from './breaker-on-fake-time.ts'
import type { Setup } from './breaker-on-fake-time.ts'

const failed = new Error('upstream failed')
const turn = (): Promise<void> => new Promise(resolve => { setImmediate(resolve) })

/** Lets time pass until the call ends. */
async function endOf<T> (call: Promise<T>, clock: Setup['clock']): Promise<PromiseSettledResult<T>> {
  const state = { ended: false }
  const end = (): void => { state.ended = true }
  call.then(end, end)
  for (let ms = 0; ms < 10_000 && !state.ended; ms += 10) {
    await turn()
    clock.advance(10)
  }
  return (await Promise.allSettled([call]))[0]
}

/** Fails so many times, then answers. */
function failingTimes (times: number): { readonly attempts: number[], readonly fn: (call: { readonly attempt: number }) => Promise<string> } {
  const attempts: number[] = []
  return {
    attempts,
    async fn ({ attempt }) {
      attempts.push(attempt)
      if (attempts.length <= times) throw failed
      return 'answer'
    }
  }
}

t.test('a call that fails is made again, up to maxAttempts times', async (t) => {
  const { breaker, clock } = breakerOnFakeTime({ retry: {}, minimumNumberOfCalls: 100 })
  const twice = failingTimes(2)
  t.match(await endOf(breaker.execute(twice.fn), clock), { status: 'fulfilled', value: 'answer' })
  t.same(twice.attempts, [0, 1, 2])
  t.match(breaker.stats, { retries: 2, failures: 2, successes: 1, fires: 3 })
  const always = failingTimes(10)
  t.match(await endOf(breaker.execute(always.fn), clock), { status: 'rejected', reason: failed })
  t.equal(always.attempts.length, 3)
  clock.advance(1000)
  t.equal(clock.pending, 0)
})

t.test('waits grow up to maxWaitDuration, and are drawn', async (t) => {
  const { breaker, clock } = breakerOnFakeTime({ retry: { maxAttempts: 8, waitDuration: 100, maxWaitDuration: 400 }, minimumNumberOfCalls: 100 })
  const waits: number[] = []
  breaker.on('retry', ({ attempt, waitMs, error }) => {
    t.equal(error, failed)
    t.ok(waitMs >= 0 && waitMs <= Math.min(400, 100 * 2 ** (attempt - 1)), `${waitMs} before attempt ${attempt}`)
    waits.push(waitMs)
  })
  await endOf(breaker.execute(failingTimes(10).fn), clock)
  t.equal(waits.length, 7)
  t.equal(new Set(waits).size, 7)
})

t.test('no retry is made while the circuit is open or finds out', async (t) => {
  const { breaker, clock, fail } = breakerOnFakeTime({ retry: {}, minimumNumberOfCalls: 1 })
  const always = failingTimes(10)
  t.match(await endOf(breaker.execute(always.fn), clock), { status: 'rejected', reason: failed })
  t.equal(always.attempts.length, 1, 'the first failure opened it')
  clock.advance(1000)
  t.match(await endOf(breaker.execute(always.fn), clock), { status: 'rejected', reason: failed })
  t.equal(always.attempts.length, 2, 'a probe that fails is not repeated')
  t.equal(breaker.stats.retries, 0)
  t.throws(() => { fail() }, /refused/)
})

t.test('a retry that waits while the circuit opens is not made', async (t) => {
  const { breaker, clock } = breakerOnFakeTime({ retry: { waitDuration: 500 } })
  const always = failingTimes(10)
  const call = breaker.execute(always.fn)
  await turn()
  breaker.trip()
  t.match(await endOf(call, clock), { status: 'rejected', reason: failed })
  t.equal(always.attempts.length, 1)
})

t.test('a circuit that only counts is tried again as a closed one is', async (t) => {
  const { breaker, clock } = breakerOnFakeTime({ retry: {}, metricsOnly: true })
  const once = failingTimes(1)
  t.match(await endOf(breaker.execute(once.fn), clock), { value: 'answer' })
  breaker.on('retry', () => t.fail('of another call'))
})

t.test('errors that are no failures are not retried', async (t) => {
  const { breaker, clock } = breakerOnFakeTime({ retry: {}, errorFilter: () => 'ignore' })
  const always = failingTimes(10)
  t.match(await endOf(breaker.execute(always.fn), clock), { reason: failed })
  t.equal(always.attempts.length, 1)
})

t.test('the caller may leave while a retry waits', async (t) => {
  const { breaker, clock } = breakerOnFakeTime({ retry: { waitDuration: 500 } })
  const controller = new AbortController()
  const always = failingTimes(10)
  const call = breaker.execute(always.fn, { signal: controller.signal, fallback: () => String(t.fail('asked')) })
  await turn()
  t.equal(clock.pending > 0, true)
  controller.abort()
  await t.rejects(call, { name: 'AbortError' })
  t.equal(always.attempts.length, 1)
})

t.test('each attempt has the timeout for itself, and a fallback answers in the end', async (t) => {
  const { breaker, clock } = breakerOnFakeTime({ retry: { maxAttempts: 2 }, timeout: 100 })
  t.match(await endOf(breaker.execute(() => new Promise<string>(() => {}), { fallback: () => 'from the fallback' }), clock), { value: 'from the fallback' })
  t.match(breaker.stats, { timeouts: 2, retries: 1, fallbacks: 1 })
})

t.test('when the bulkhead is full by then, the caller gets the error of the call', async (t) => {
  const { breaker, clock, acquire } = breakerOnFakeTime({ retry: {}, maxConcurrentCalls: 1 })
  const call = breaker.execute(failingTimes(10).fn)
  await turn()
  acquire()
  t.match(await endOf(call, clock), { reason: failed })
  t.equal(breaker.stats.bulkheadRefused, 1)
})

t.test('while everything fails, retries add no more than the budget', async (t) => {
  const { breaker, clock } = breakerOnFakeTime({ retry: { maxAttempts: 5, waitDuration: 1, budgetRatio: 0.2, budgetMinPerSecond: 0 }, metricsOnly: true })
  let calls = 0
  for (let time = 0; time < 500; time++) {
    await endOf(breaker.execute(async () => {
      calls++
      throw failed
    }), clock)
  }
  t.ok(calls <= 500 + 10 + 0.2 * 500, `${calls} calls for 500`)
  t.ok(calls >= 500 + 0.2 * 500 - 1, `${calls} calls for 500`)
  t.equal(breaker.stats.retries, calls - 500)
  t.ok(breaker.stats.retriesDenied > 0)
})

t.test('a budget allows a few retries a second whatever the calls, and saves no more than it may', async (t) => {
  const clock = fakeClock()
  const budget = new RetryBudget({ ratio: 0, minPerSecond: 2 }, clock)
  const spend = (): number => {
    let spent = 0
    while (budget.withdraw()) spent++
    return spent
  }
  t.equal(spend(), 12)
  clock.advance(1000)
  t.equal(spend(), 2)
  clock.advance(3_600_000)
  t.equal(spend(), 12)
})
