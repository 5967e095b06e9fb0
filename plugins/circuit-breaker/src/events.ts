import type { CircuitBreaker } from './circuit-breaker.ts'
import type { BulkheadFullError, CircuitOpenError } from './errors.ts'
import type { Transition } from './transition.ts'

export interface CallEvent {
  readonly breaker: CircuitBreaker
}

export interface OutcomeEvent extends CallEvent {
  /** What the call failed with, where that is known. */
  readonly error?: unknown
  /** In ms; only where slow calls are watched, and of probes. */
  readonly durationMs?: number
}

export interface RefusedEvent extends CallEvent {
  readonly error: CircuitOpenError | BulkheadFullError
}

export interface RetryEvent extends CallEvent {
  readonly error: unknown
  /** Of the retry: 1 is the second call. */
  readonly attempt: number
  readonly waitMs: number
}

/** What can be listened to, by opossum's names where it has one. */
export interface BreakerEvents {
  /** A call is asked for, let through or not. */
  fire: CallEvent
  /** Refused by the circuit. */
  reject: RefusedEvent
  /** Refused because `maxConcurrentCalls` are out. */
  semaphoreLocked: RefusedEvent
  success: OutcomeEvent
  failure: OutcomeEvent
  /** Beside `failure`. */
  timeout: OutcomeEvent
  /** Given back without a decision: caller's abort, or the filter's word. */
  ignored: OutcomeEvent
  /** A result of an earlier generation, dropped. */
  stale: CallEvent
  retry: RetryEvent
  /** A fallback is asked instead of the call. */
  fallback: CallEvent & { readonly error: unknown }
  open: Transition
  halfOpen: Transition
  close: Transition
  /** Each of these three, and isolation, metrics-only and reset. */
  stateChange: Transition
}
