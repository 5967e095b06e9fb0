import createError from '@fastify/error'
import type { FastifyErrorConstructor } from '@fastify/error'

type Coded<Code extends string, Status extends number, Args extends unknown[]> = FastifyErrorConstructor<{ code: Code, statusCode: Status }, Args>

/** Option's name, what was given, what would be right. */
export const InvalidOptionError: Coded<'PLM_LOAD_SHEDDER_INVALID_OPTION', 500, [name: string, given: string, right: string]> =
  createError('PLM_LOAD_SHEDDER_INVALID_OPTION', 'load-shedder option %s is %s; %s', 500)

export const RegisteredTwiceError: Coded<'PLM_LOAD_SHEDDER_REGISTERED_TWICE', 500, []> =
  createError('PLM_LOAD_SHEDDER_REGISTERED_TWICE', 'load-shedder is registered already: one gate serves the whole application, so register it once, on any instance', 500)

export const DecoratorTakenError: Coded<'PLM_LOAD_SHEDDER_DECORATOR_TAKEN', 500, [name: string]> =
  createError('PLM_LOAD_SHEDDER_DECORATOR_TAKEN', 'the decorator "%s" exists already (is @fastify/under-pressure registered as well?): remove the other one', 500)

export const InvalidControlError: Coded<'PLM_LOAD_SHEDDER_INVALID_CONTROL', 400, [control: string, given: string, right: string]> =
  createError('PLM_LOAD_SHEDDER_INVALID_CONTROL', 'load-shedder control %s was given %s; %s', 400)

/** What a threshold that was passed answers where `message` is set: the code of @fastify/under-pressure. */
export const UnderPressureError: Coded<'FST_UNDER_PRESSURE', 503, [message: string]> =
  createError('FST_UNDER_PRESSURE', '%s', 503)
