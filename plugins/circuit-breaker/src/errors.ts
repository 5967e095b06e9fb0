import createError from '@fastify/error'
import type { FastifyErrorConstructor } from '@fastify/error'
import type { CircuitState } from './transition.ts'

type Coded<Code extends string, Status extends number, Args extends unknown[]> = FastifyErrorConstructor<{ code: Code, statusCode: Status }, Args>

/** Option's name, what was given, what would be right. */
export const InvalidOptionError: Coded<'PLM_CIRCUIT_BREAKER_INVALID_OPTION', 500, [name: string, given: string, right: string]> =
  createError('PLM_CIRCUIT_BREAKER_INVALID_OPTION', 'circuit-breaker option %s is %s; %s', 500)

export const InvalidStateError: Coded<'PLM_CIRCUIT_BREAKER_INVALID_STATE', 500, [circuit: string, what: string]> =
  createError('PLM_CIRCUIT_BREAKER_INVALID_STATE', 'the state given to circuit %s can not be taken: %s', 500)

/** Capturing the stack would be most of the price of failing fast, and would name the caller and nothing else. */
export class StacklessError extends Error {
  constructor (message: string) {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    super(message)
    Error.stackTraceLimit = limit
  }
}

/** The circuit lets no call through; nothing was called. */
export class CircuitOpenError extends StacklessError {
  readonly code: 'PLM_CIRCUIT_BREAKER_OPEN' = 'PLM_CIRCUIT_BREAKER_OPEN'
  readonly statusCode: 503 = 503
  readonly circuit: string
  /** `open`, `isolated`, or `half-open` with all probes out. */
  readonly state: CircuitState
  /** In ms: when the next call may be let through, at the earliest. */
  readonly retryAfterMs: number

  constructor (circuit: string, state: CircuitState, retryAfterMs: number) {
    super(`circuit ${circuit} is ${state}: the call was not made`)
    this.circuit = circuit
    this.state = state
    this.retryAfterMs = retryAfterMs
  }
}

/** `maxConcurrentCalls` are out; nothing was called. */
export class BulkheadFullError extends StacklessError {
  readonly code: 'PLM_CIRCUIT_BREAKER_BULKHEAD_FULL' = 'PLM_CIRCUIT_BREAKER_BULKHEAD_FULL'
  readonly statusCode: 503 = 503
  readonly circuit: string
  readonly maxConcurrentCalls: number

  constructor (circuit: string, maxConcurrentCalls: number) {
    super(`circuit ${circuit} has ${maxConcurrentCalls} calls out, which is all it may: the call was not made`)
    this.circuit = circuit
    this.maxConcurrentCalls = maxConcurrentCalls
  }
}

/** The call took longer than its `timeout`. What it does meanwhile is told to stop by its signal, and counts no more. */
export class CallTimeoutError extends StacklessError {
  readonly code: 'PLM_CIRCUIT_BREAKER_TIMEOUT' = 'PLM_CIRCUIT_BREAKER_TIMEOUT'
  readonly statusCode: 504 = 504
  readonly circuit: string
  readonly timeoutMs: number

  constructor (circuit: string, timeoutMs: number) {
    super(`the call of circuit ${circuit} took longer than its timeout of ${timeoutMs} ms`)
    this.circuit = circuit
    this.timeoutMs = timeoutMs
  }
}

for (const kind of [CircuitOpenError, BulkheadFullError, CallTimeoutError]) {
  // Once for all: an own property would cost each refusal.
  Object.defineProperty(kind.prototype, 'name', { value: kind.name, writable: true, configurable: true })
}
