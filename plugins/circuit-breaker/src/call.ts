import { Deadline } from './deadlines.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'
import { CallTimeoutError } from './errors.ts'
import type { Outcome } from './options.ts'
import type { Permit } from './permit.ts'
import type { Surroundings } from './surroundings.ts'

/** What a function that is executed is told. */
export interface CallContext {
  /** Aborted at the timeout of this call and by the caller's signal, never by another call. Made when it is first read. */
  readonly signal: AbortSignal
  /** 0, and 1 for the first retry. */
  readonly attempt: number
}

/** Of a call that nothing can abort: a signal of its own each time, since listeners would gather on a shared one. */
export const NO_CALL: CallContext = Object.freeze({
  get signal (): AbortSignal { return new AbortController().signal },
  attempt: 0
})

/** What counts how the calls of a generation end, and passes it on. */
export interface Handlers {
  readonly succeeded: <T>(value: T) => T
  readonly failed: (error: unknown) => never
}

/** Limits of one call. */
export interface CallLimits {
  /** Of the caller. */
  readonly signal: AbortSignal | undefined
  /** In ms; 0 is none. */
  readonly timeout: number
}

/** One call with a permit: ends when its function does, at its deadline, or when its caller leaves; whatever comes first counts. */
export class Call<T> extends Deadline implements CallContext {
  readonly attempt: number
  /** How it counts, once it has ended. */
  outcome: Outcome | undefined
  readonly #breaker: CircuitBreaker
  readonly #permit: Permit
  readonly #limits: CallLimits
  readonly #surroundings: Surroundings
  #controller: AbortController | undefined
  #resolve!: (value: Awaited<T>) => void
  #reject!: (error: unknown) => void

  constructor (breaker: CircuitBreaker, permit: Permit, limits: CallLimits, surroundings: Surroundings, attempt: number) {
    super()
    this.#breaker = breaker
    this.#permit = permit
    this.#limits = limits
    this.#surroundings = surroundings
    this.attempt = attempt
  }

  get signal (): AbortSignal {
    const { signal, timeout } = this.#limits
    if (timeout === 0 && signal !== undefined) return signal
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#cutShortBy !== undefined) this.#controller.abort(this.#cutShortBy)
    }
    return this.#controller.signal
  }

  // Why it ended before its function did.
  #cutShortBy: unknown

  run (fn: (call: CallContext) => T | PromiseLike<T>): Promise<Awaited<T>> {
    const { signal, timeout } = this.#limits
    if (signal === undefined && timeout === 0) return this.#runUnlimited(fn)
    return new Promise<Awaited<T>>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      signal?.addEventListener('abort', this, { once: true })
      if (timeout > 0) this.#surroundings.deadlines.add(this, timeout)
      this.#start(fn)
    })
  }

  /** At the deadline. */
  expire (): void {
    const error = new CallTimeoutError(this.#breaker.name, this.#limits.timeout)
    this.outcome = this.#breaker.timedOut(this.#permit, error)
    this.#cutShort(error)
  }

  /** When the caller's signal is aborted. */
  handleEvent (): void {
    this.outcome = this.#breaker.ignore(this.#permit)
    this.#cutShort(this.#limits.signal?.reason)
  }

  async #runUnlimited (fn: (call: CallContext) => T | PromiseLike<T>): Promise<Awaited<T>> {
    let value: Awaited<T>
    try {
      value = await fn(this)
    } catch (error) {
      this.outcome = this.#breaker.fail(this.#permit, error)
      throw error
    }
    this.outcome = this.#breaker.succeed(this.#permit, value)
    return value
  }

  #start (fn: (call: CallContext) => T | PromiseLike<T>): void {
    let result: T | PromiseLike<T>
    try {
      result = fn(this)
    } catch (error) {
      return this.#failed(error)
    }
    Promise.resolve(result).then(value => { this.#succeeded(value) }, (error: unknown) => { this.#failed(error) })
  }

  #succeeded (value: Awaited<T>): void {
    if (this.outcome !== undefined) return
    this.outcome = this.#breaker.succeed(this.#permit, value)
    this.#leave()
    this.#resolve(value)
  }

  #failed (error: unknown): void {
    if (this.outcome !== undefined) return
    this.outcome = this.#breaker.fail(this.#permit, error)
    this.#leave()
    this.#reject(error)
  }

  #cutShort (reason: unknown): void {
    this.#leave()
    this.#cutShortBy = reason
    this.#controller?.abort(reason)
    this.#reject(reason)
  }

  #leave (): void {
    this.#surroundings.deadlines.remove(this)
    this.#limits.signal?.removeEventListener('abort', this)
  }
}
