import type { CircuitBreaker } from './circuit-breaker.ts'
import { Deadline } from './deadlines.ts'
import type { Deadlines } from './deadlines.ts'
import { CallTimeoutError } from './errors.ts'
import { judgeStatus } from './judge-status.ts'
import type { Permit } from './permit.ts'

/** Who can end a call at its deadline. */
interface Canceller { cancel (error: CallTimeoutError): void }

/** A call through undici, from its permit to the end of the answer's body. */
export class UpstreamCall extends Deadline {
  readonly #breaker: CircuitBreaker
  readonly #permit: Permit
  readonly #deadlines: Deadlines
  #status = 0
  #timedOut: CallTimeoutError | undefined
  #canceller: Canceller | undefined

  constructor (breaker: CircuitBreaker, permit: Permit, deadlines: Deadlines) {
    super()
    this.#breaker = breaker
    this.#permit = permit
    this.#deadlines = deadlines
  }

  /** Begins the time that the whole call may take. */
  limit (canceller: Canceller): void {
    const { timeout } = this.#breaker.settings
    if (timeout === 0) return
    this.#canceller = canceller
    this.#deadlines.add(this, timeout)
  }

  /** Set once its deadline has passed. */
  get timedOut (): CallTimeoutError | undefined { return this.#timedOut }

  expire (): void {
    this.#timedOut = new CallTimeoutError(this.#breaker.name, this.#breaker.settings.timeout)
    this.#breaker.timedOut(this.#permit, this.#timedOut)
    this.#canceller?.cancel(this.#timedOut)
  }

  /** The head of an answer; one that is only interim says nothing. */
  responded (status: number): void {
    if (status >= 200) this.#status = status
  }

  /** The body has come to its end. */
  ended (): void {
    this.#deadlines.remove(this)
    judgeStatus(this.#breaker, this.#permit, this.#status)
  }

  upgraded (): void {
    this.#deadlines.remove(this)
    this.#breaker.succeed(this.#permit)
  }

  /**
   * The call or its body ended in an error.
   *
   * @param byCaller whoever made the call has given it up, or could not take the answer
   */
  failed (error: unknown, byCaller: boolean): void {
    this.#deadlines.remove(this)
    const status = this.#status === 0 ? statusIn(error) : this.#status
    // A body that breaks off is a failure whatever its head said.
    if (status >= 500 || (this.#status === 0 && status >= 300)) judgeStatus(this.#breaker, this.#permit, status)
    else if (byCaller ? !isTimeout(error) : isOwnFault(error)) this.#breaker.ignore(this.#permit)
    else if (byCaller) this.#breaker.timedOut(this.#permit, error)
    else this.#breaker.fail(this.#permit, error)
  }
}

/** A retry or response-error interceptor has made an error of an answer: the upstream was there, and its answer counts. */
function statusIn (error: unknown): number {
  if (typeof error !== 'object' || error === null || !('statusCode' in error) || typeof error.statusCode !== 'number') return 0
  return error.statusCode
}

/** `AbortSignal.timeout()` of the caller: that the upstream took too long is the upstream's fault. */
function isTimeout (error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError'
}

/** undici refused the call, or was closed meanwhile. */
const OWN_FAULTS: ReadonlySet<unknown> = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_CLOSED', 'UND_ERR_DESTROYED', 'UND_ERR_ABORTED'])

function isOwnFault (error: unknown): boolean {
  return error instanceof Error && 'code' in error && OWN_FAULTS.has(error.code)
}
