import createError from '@fastify/error'
import type { FastifyErrorConstructor } from '@fastify/error'

type Coded<Code extends string, Status extends number, Args extends unknown[]> = FastifyErrorConstructor<{ code: Code, statusCode: Status }, Args>

export const RegisteredTwiceError: Coded<'PLM_CIRCUIT_BREAKER_REGISTERED_TWICE', 500, []> =
  createError('PLM_CIRCUIT_BREAKER_REGISTERED_TWICE', 'circuit-breaker is registered already: one set of circuits serves the whole application, so register it once, on any instance', 500)

export const RouteOptionsError: Coded<'PLM_CIRCUIT_BREAKER_ROUTE_OPTIONS', 500, [route: string, what: string]> =
  createError('PLM_CIRCUIT_BREAKER_ROUTE_OPTIONS', 'config.circuitBreaker of route %s: %s', 500)
