import type { CircuitState } from './transition.ts'

/** A circuit's figures of this moment. */
export interface BreakerSnapshot {
  readonly name: string
  readonly state: CircuitState
  /** Of the calls in the window, 0 to 1. */
  readonly failureRate: number
  readonly slowRate: number
  readonly calls: number
  /** Calls refused since it was made. */
  readonly refused: number
  /** The wait that was drawn when it opened, in ms; 0 unless it is open. */
  readonly openForMs: number
  readonly retryAfterMs: number
  readonly inFlight: number
  /** Where its calls went, at most five; only of guarded calls whose circuit is not named by the origin. */
  readonly origins?: readonly string[]
}
