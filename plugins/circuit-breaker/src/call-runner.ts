import type { Clock } from '@plimsoll/core'
import { Call } from './call.ts'
import type { CallContext } from './call.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'
import { InvalidOptionError } from './errors.ts'
import type { EventHub } from './event-hub.ts'
import { MAX_TIMEOUT_MS } from './options.ts'
import type { CircuitBreakerSettings } from './options.ts'
import type { Permit } from './permit.ts'
import { RetryBudget } from './retry-budget.ts'
import type { Surroundings } from './surroundings.ts'

/** What belongs to one call of `execute()`. */
export interface ExecuteOptions<T> {
  /** Of the caller: aborting it ends the call, which then counts neither as a success nor as a failure. */
  readonly signal?: AbortSignal | undefined
  /** Instead of the circuit's `timeout`, in ms; 0 is none. With retries, of each call. */
  readonly timeout?: number | undefined
  /** Answers for a call that failed, timed out or was refused. Where it throws, the caller gets the first error. */
  readonly fallback?: ((error: unknown) => T | PromiseLike<T>) | undefined
}

export const NO_OPTIONS: ExecuteOptions<never> = Object.freeze({})

type Run<T> = (call: CallContext) => T | PromiseLike<T>

/** Whether calls need nothing of all this: how they end is counted, and that is all. */
export function isCountedOnly ({ timeout, retry, slowCallDurationThreshold }: CircuitBreakerSettings): boolean {
  return timeout === 0 && retry === undefined && slowCallDurationThreshold === 0
}

/** Whether a success has nothing about it to measure, to bound or to ask a filter. */
export function isUnwatched ({ maxConcurrentCalls, slowCallDurationThreshold, resultFilter }: CircuitBreakerSettings): boolean {
  return maxConcurrentCalls === 0 && slowCallDurationThreshold === 0 && resultFilter === undefined
}

/** Makes the calls of one breaker that need more than counting: deadline, signal, retries, fallback. */
export class CallRunner {
  readonly #breaker: CircuitBreaker
  readonly #surroundings: Surroundings
  readonly #hub: () => EventHub | undefined
  readonly #budget: RetryBudget | undefined

  /** @param hub whom to tell of retries and fallbacks, if anybody */
  constructor (breaker: CircuitBreaker, surroundings: Surroundings, hub: () => EventHub | undefined) {
    this.#breaker = breaker
    this.#surroundings = surroundings
    this.#hub = hub
    const { retry } = breaker.settings
    if (retry !== undefined) this.#budget = new RetryBudget({ ratio: retry.budgetRatio, minPerSecond: retry.budgetMinPerSecond }, surroundings.clock)
  }

  run<T> (fn: Run<T>, options: ExecuteOptions<T>): Promise<Awaited<T>> {
    const { signal, timeout, fallback } = options
    if (signal?.aborted === true) return Promise.reject(signal.reason)
    if (!isTimeout(timeout)) return Promise.reject(new InvalidOptionError('timeout', String(timeout), `give a number from 0 to ${MAX_TIMEOUT_MS}`))
    const permit = this.#breaker.tryAcquire()
    if (permit === undefined) {
      const refusal = this.#breaker.refusal()
      return fallback === undefined ? Promise.reject(refusal) : this.#fallBack(fallback, refusal)
    }
    return fallback === undefined && this.#budget === undefined
      ? this.#call(permit, options, 0).run(fn)
      : this.#persist(fn, options, permit)
  }

  /** A call with a permit that was given already, and nothing else. */
  runOnce<T> (fn: Run<T>, permit: Permit): Promise<Awaited<T>> {
    return this.#call<T>(permit, NO_OPTIONS, 0).run(fn)
  }

  async #persist<T> (fn: Run<T>, options: ExecuteOptions<T>, first: Permit): Promise<Awaited<T>> {
    const { signal, fallback } = options
    this.#budget?.deposit()
    let failure: unknown
    for (let attempt = 0, permit: Permit | undefined = first; permit !== undefined; attempt++) {
      const call = this.#call<T>(permit, options, attempt)
      try {
        return await call.run(fn)
      } catch (error) {
        // An error that the filter lets pass is an answer, and a caller who has left needs none.
        if (call.outcome !== 'failure' || signal?.aborted === true) throw error
        failure = error
        permit = await this.#permitToRetry(error, attempt + 1, signal)
        signal?.throwIfAborted()
      }
    }
    if (fallback === undefined) throw failure
    return await this.#fallBack(fallback, failure)
  }

  #call<T> (permit: Permit, { signal, timeout }: ExecuteOptions<T>, attempt: number): Call<T> {
    return new Call<T>(this.#breaker, permit, { signal, timeout: timeout ?? this.#breaker.settings.timeout }, this.#surroundings, attempt)
  }

  /** Waits, unless the retry is not to be made. */
  async #permitToRetry (error: unknown, attempt: number, signal: AbortSignal | undefined): Promise<Permit | undefined> {
    const { stats, settings: { retry } } = this.#breaker
    // A circuit that is open, or finds out whether it may close, is left alone.
    if (retry === undefined || attempt >= retry.maxAttempts || !this.#isClosed()) return undefined
    if (this.#budget?.withdraw() !== true) {
      stats.retriesDenied++
      return undefined
    }
    const waitMs = waitBefore(attempt, retry, this.#surroundings.clock)
    const hub = this.#hub()
    if (hub?.hears('retry') === true) hub.tell('retry', { breaker: this.#breaker, error, attempt, waitMs })
    await pause(this.#surroundings.clock, waitMs, signal)
    if (!this.#isClosed() || signal?.aborted === true) return undefined
    stats.retries++
    return this.#breaker.tryAcquire()
  }

  #isClosed (): boolean { return this.#breaker.state === 'closed' || this.#breaker.state === 'metrics-only' }

  async #fallBack<T> (fallback: (error: unknown) => T | PromiseLike<T>, error: unknown): Promise<Awaited<T>> {
    this.#breaker.stats.fallbacks++
    const hub = this.#hub()
    if (hub?.hears('fallback') === true) hub.tell('fallback', { breaker: this.#breaker, error })
    try {
      return await fallback(error)
    } catch (thrown) {
      this.#surroundings.tellFault({ breaker: this.#breaker.name, what: 'fallback', error: thrown })
      throw error
    }
  }
}

function isTimeout (timeout: number | undefined): boolean { return timeout === undefined || (timeout >= 0 && timeout <= MAX_TIMEOUT_MS) }

/** "Full jitter" (Brooker, Exponential Backoff And Jitter, 2015): callers that failed together don't come back together. */
function waitBefore (attempt: number, { waitDuration, maxWaitDuration }: NonNullable<CircuitBreakerSettings['retry']>, clock: Clock): number {
  return clock.random() * Math.min(maxWaitDuration, waitDuration * 2 ** (attempt - 1))
}

/** Ends at the abort as well. */
function pause (clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = clock.after(ms, resolve)
  signal?.addEventListener('abort', stop, { once: true })
  return promise.finally(stop)

  function stop (): void {
    timer.cancel()
    signal?.removeEventListener('abort', stop)
    resolve()
  }
}
