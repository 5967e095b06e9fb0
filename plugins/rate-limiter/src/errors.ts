import createError from '@fastify/error'
import type { FastifyErrorConstructor } from '@fastify/error'

type Coded<Code extends string, Status extends number, Args extends unknown[]> = FastifyErrorConstructor<{ code: Code, statusCode: Status }, Args>

/** Option's name, what was given, what would be right. */
export const InvalidOptionError: Coded<'PLM_RATE_LIMITER_INVALID_OPTION', 500, [name: string, given: string, right: string]> =
  createError('PLM_RATE_LIMITER_INVALID_OPTION', 'rate-limiter option %s is %s; %s', 500)

export const InvalidRouteError: Coded<'PLM_RATE_LIMITER_INVALID_ROUTE', 500, [methods: string, url: string, fault: string, reason: { readonly cause: unknown }]> =
  createError('PLM_RATE_LIMITER_INVALID_ROUTE', 'config.rateLimit of route %s %s: %s', 500)

export const NameTakenError: Coded<'PLM_RATE_LIMITER_NAME_TAKEN', 500, [name: string, right: string]> =
  createError('PLM_RATE_LIMITER_NAME_TAKEN', 'two rate limits are named %s and differ: %s', 500)

export const RegisteredTwiceError: Coded<'PLM_RATE_LIMITER_REGISTERED_TWICE', 500, []> =
  createError('PLM_RATE_LIMITER_REGISTERED_TWICE', 'rate-limiter is registered already: one serves the whole application, so register it once, with `limits` for more than one limit', 500)

export const UnknownLimitError: Coded<'PLM_RATE_LIMITER_UNKNOWN_LIMIT', 500, [name: string, known: string]> =
  createError('PLM_RATE_LIMITER_UNKNOWN_LIMIT', 'there is no rate limit %s; there are %s', 500)

export const InvalidPointsError: Coded<'PLM_RATE_LIMITER_INVALID_POINTS', 500, [given: string, right: string]> =
  createError('PLM_RATE_LIMITER_INVALID_POINTS', 'rate-limiter was given %s; %s', 500)
