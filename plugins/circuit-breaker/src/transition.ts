import type { CircuitBreaker } from './circuit-breaker.ts'

/**
 * `closed`: calls pass and are counted. `open`: refused until the wait is over. `half-open`: a few probes decide.
 * `isolated`: held open by hand. `metrics-only`: calls pass, are counted, and decide nothing.
 */
export type CircuitState = 'closed' | 'open' | 'half-open' | 'isolated' | 'metrics-only'

/** What is told when a circuit comes to a state. */
export const EVENT_OF: Readonly<Record<CircuitState, 'open' | 'halfOpen' | 'close' | undefined>> =
  { open: 'open', 'half-open': 'halfOpen', closed: 'close', isolated: undefined, 'metrics-only': undefined }

/** Why a circuit changed its state. */
export type TransitionReason =
  'failure-rate' | 'slow-call-rate' | 'consecutive-failures' | 'probe-failed' | 'tripped' | 'cluster' |
  'wait-over' | 'probes-succeeded' | 'isolated' | 'released' | 'reset' | 'restored' | 'metrics-only'

export interface Transition {
  readonly breaker: CircuitBreaker
  readonly from: CircuitState
  readonly to: CircuitState
  readonly reason: TransitionReason
  /** The generation that begins. */
  readonly generation: number
  /** The wait that was drawn, in ms; 0 unless `to` is `open`. */
  readonly openForMs: number
  /** Figures of the window at that moment; rates 0 to 1. */
  readonly calls: number
  readonly failureRate: number
  readonly slowRate: number
}
