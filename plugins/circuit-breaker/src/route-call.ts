import type { RequestScope, ScopeListener, SettleReason } from '@plimsoll/core'
import type { FastifyReply } from 'fastify'
import type { CircuitBreaker } from './circuit-breaker.ts'
import { Deadline } from './deadlines.ts'
import type { Deadlines } from './deadlines.ts'
import { CallTimeoutError } from './errors.ts'
import { AnswerCutOffError } from './failed-answer.ts'
import { judgeStatus } from './judge-status.ts'
import type { Permit } from './permit.ts'

interface Parts {
  readonly breaker: CircuitBreaker
  readonly permit: Permit
  readonly reply: FastifyReply
  readonly deadlines: Deadlines
  readonly scope: RequestScope
}

/** A request on a guarded route, from its permit to its end. */
export class RouteCall extends Deadline {
  readonly scope: RequestScope
  readonly #parts: Parts
  #reachedHandler = false

  constructor (parts: Parts) {
    super()
    this.scope = parts.scope
    this.#parts = parts
  }

  /** All hooks and the validation have let it pass, its body is here: from now on its time runs. */
  reachHandler (): void {
    this.#reachedHandler = true
    const { breaker, deadlines } = this.#parts
    const { timeout } = breaker.settings
    if (timeout > 0 && this.scope.settled === undefined) deadlines.add(this, timeout)
  }

  expire (): void {
    const { breaker, permit, reply } = this.#parts
    const error = new CallTimeoutError(breaker.name, breaker.settings.timeout)
    breaker.timedOut(permit, error)
    // Hijacked, or on its way: it is not ours to end.
    if (reply.sent) return
    // The handler works on behind this answer.
    this.scope.outliveAnswer()
    reply.send(error)
  }

  settled (reason: SettleReason): void {
    const { breaker, permit, deadlines } = this.#parts
    deadlines.remove(this)
    switch (reason) {
      case 'completed':
      case 'stream':
      case 'upgraded':
        this.#judge(this.scope.res.statusCode)
        break
      case 'reset':
      case 'timeout':
        // Ahead of the handler, it was the client that took too long to send its request.
        if (this.#reachedHandler) breaker.fail(permit, new AnswerCutOffError(reason))
        else breaker.ignore(permit)
        break
      case 'client-abort':
        // It says nothing; but the handler may still be at work, and that has a place in the bulkhead.
        if (breaker.settings.maxConcurrentCalls === 0) breaker.ignore(permit)
        break
      case 'refused': breaker.ignore(permit)
    }
  }

  workDone (): void { this.#parts.breaker.ignore(this.#parts.permit) }

  /** A 401 of a hook, or a 400 of the validation, says nothing of the handler: no circuit may close on it. */
  #judge (statusCode: number): void {
    const { breaker, permit } = this.#parts
    if (this.#reachedHandler || statusCode >= 500) judgeStatus(breaker, permit, statusCode)
    else breaker.ignore(permit)
  }
}

/** One for all requests. */
export const routeCallListener: ScopeListener<RouteCall> = {
  settled: (_scope, reason, call) => { call.settled(reason) },
  workDone: (_scope, call) => { call.workDone() }
}
