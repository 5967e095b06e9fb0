import createError from '@fastify/error'
import type { FastifyErrorConstructor } from '@fastify/error'

type Coded<Code extends string, Status extends number, Args extends unknown[]> = FastifyErrorConstructor<{ code: Code, statusCode: Status }, Args>

/** Option's name, what was given, what would be right. */
export const InvalidOptionError: Coded<'PLM_ALERTS_INVALID_OPTION', 500, [name: string, given: string, right: string]> =
  createError('PLM_ALERTS_INVALID_OPTION', 'alerts option %s is %s; %s', 500)

export const RegisteredTwiceError: Coded<'PLM_ALERTS_REGISTERED_TWICE', 500, []> =
  createError('PLM_ALERTS_REGISTERED_TWICE', 'alerts is registered already: one set of rules watches the whole process, so register it once, on any instance', 500)

export const UnknownSilenceError: Coded<'PLM_ALERTS_UNKNOWN_SILENCE', 404, [id: string]> =
  createError('PLM_ALERTS_UNKNOWN_SILENCE', 'there is no silence %s: the snapshot of the component alerts lists them', 404)

export const SilenceRefusedError: Coded<'PLM_ALERTS_SILENCE_REFUSED', 400, [why: string]> =
  createError('PLM_ALERTS_SILENCE_REFUSED', 'the silence was refused: %s', 400)
