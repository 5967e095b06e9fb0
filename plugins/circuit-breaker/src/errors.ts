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
  constructor (message?: string) {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    super(message)
    Error.stackTraceLimit = limit
  }
}

/**
 * An error to everybody who handles it (`instanceof Error`, name, message, stack, code), made without V8's own: of a refusal that
 * would be three quarters of the cost. What it says is made up when it is read.
 */
abstract class Refusal implements Error {
  declare readonly name: string

  get message (): string { return this.describe() }

  // As that of any error, it may be changed by who handles it.
  set message (value: string) { share(this, { message: value }) }

  get stack (): string { return `${this.name}: ${this.message}` }

  /** @internal */
  abstract describe (): string
}
Object.setPrototypeOf(Refusal.prototype, Error.prototype)

/** The circuit lets no call through; nothing was called. */
export class CircuitOpenError extends Refusal {
  declare readonly code: 'PLM_CIRCUIT_BREAKER_OPEN'
  declare readonly statusCode: 503
  readonly circuit: string
  /** `open`, `isolated`, or `half-open` with all probes out. */
  readonly state: CircuitState
  /** In ms: when the next call may be let through, at the earliest. */
  readonly retryAfterMs: number

  constructor (circuit: string, state: CircuitState, retryAfterMs: number) {
    super()
    this.circuit = circuit
    this.state = state
    this.retryAfterMs = retryAfterMs
  }

  /** Of Fastify's answer, where a handler lets the error through: 503, and when to come back. */
  get headers (): { readonly 'retry-after': string } { return { 'retry-after': String(Math.max(1, Math.ceil(this.retryAfterMs / 1000))) } }

  describe (): string { return `circuit ${this.circuit} is ${this.state}: the call was not made` }
}

/** `maxConcurrentCalls` are out; nothing was called. */
export class BulkheadFullError extends Refusal {
  declare readonly code: 'PLM_CIRCUIT_BREAKER_BULKHEAD_FULL'
  declare readonly statusCode: 503
  readonly circuit: string
  readonly maxConcurrentCalls: number

  constructor (circuit: string, maxConcurrentCalls: number) {
    super()
    this.circuit = circuit
    this.maxConcurrentCalls = maxConcurrentCalls
  }

  describe (): string { return `circuit ${this.circuit} has ${this.maxConcurrentCalls} calls out, which is all it may: the call was not made` }
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

// Once for all of a kind: own properties would cost each refusal.
share(CircuitOpenError.prototype, { name: 'CircuitOpenError', code: 'PLM_CIRCUIT_BREAKER_OPEN', statusCode: 503 })
share(BulkheadFullError.prototype, { name: 'BulkheadFullError', code: 'PLM_CIRCUIT_BREAKER_BULKHEAD_FULL', statusCode: 503 })
share(CallTimeoutError.prototype, { name: 'CallTimeoutError' })

function share (target: object, values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) Object.defineProperty(target, name, { value, writable: true, configurable: true })
}
