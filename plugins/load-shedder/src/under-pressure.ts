import type { RequestScope } from '@plimsoll/core'
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import { UnderPressureError } from './errors.ts'
import type { Pressure, PressureType } from './pressure-signals.ts'

/**
 * Answers in place of the route while a threshold is passed, as in @fastify/under-pressure: what it returns is sent;
 * `undefined` lets the request pass; a promise that is fulfilled does, too.
 */
export type PressureHandler = (request: FastifyRequest, reply: FastifyReply, type: PressureType, value: number | undefined) => unknown

export interface PressureAnswers {
  readonly pressureHandler: PressureHandler | undefined
  readonly message: string | undefined
  readonly customError: (new () => Error) | undefined
}

/** Whether such a request needs Fastify's request and reply for its answer; a plain refusal does not. */
export function needsFastify (scope: RequestScope, { pressureHandler, message, customError }: PressureAnswers): boolean {
  return pressureHandler !== undefined || message !== undefined || customError !== undefined || scope.route?.config['pressureHandler'] !== undefined
}

interface Ports {
  readonly answers: PressureAnswers
  /** The threshold for which the gate has passed this request on, if it has. */
  pressureOf (request: FastifyRequest): Pressure | undefined
  /** Seconds for `Retry-After`. */
  retryAfter (): number
}

/** The onRequest hook that answers what the gate has passed on. */
export function pressureHook ({ answers, pressureOf, retryAfter }: Ports): onRequestHookHandler {
  const { message, customError: CustomError } = answers
  return function plimsollPressure (request, reply, done) {
    const pressure = pressureOf(request)
    if (pressure === undefined) return done()
    const handler = request.routeOptions.config.pressureHandler ?? answers.pressureHandler
    if (handler !== undefined) return handle(handler, pressure, request, reply, done)
    reply.code(503).header('retry-after', String(retryAfter()))
    done(CustomError === undefined ? new UnderPressureError(message ?? 'Service Unavailable') : new CustomError())
  }
}

function handle (handler: PressureHandler, { type, value }: Pressure, request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
  const result = handler(request, reply, type, value)
  if (result instanceof Promise) result.then(() => done(), done)
  else if (result === undefined || result === null) done()
  else reply.send(result)
}
