import createError from '@fastify/error'
import type { FastifyErrorConstructor } from '@fastify/error'

type Coded<Code extends string, Status extends number, Args extends unknown[]> = FastifyErrorConstructor<{ code: Code, statusCode: Status }, Args>

/** Option's name, what was given, what would be right. */
export const InvalidOptionError: Coded<'PLM_MONITOR_INVALID_OPTION', 500, [name: string, given: string, right: string]> =
  createError('PLM_MONITOR_INVALID_OPTION', 'monitor option %s is %s; %s', 500)

export const RegisteredTwiceError: Coded<'PLM_MONITOR_REGISTERED_TWICE', 500, []> =
  createError('PLM_MONITOR_REGISTERED_TWICE', 'monitor is registered already: it sees all routes of the application, so register it once, on any instance', 500)

export const InvalidFigureError: Coded<'PLM_MONITOR_INVALID_FIGURE', 500, [figure: string, fault: string]> =
  createError('PLM_MONITOR_INVALID_FIGURE', 'figure %s %s', 500)

export const OpenTelemetryMissingError: Coded<'PLM_MONITOR_OPENTELEMETRY_MISSING', 500, [reason: { readonly cause: unknown }]> =
  createError('PLM_MONITOR_OPENTELEMETRY_MISSING', 'the option openTelemetry needs the package @opentelemetry/api, which could not be loaded: npm i @opentelemetry/api', 500)

export const NoHistoryError: Coded<'PLM_MONITOR_NO_HISTORY', 409, []> =
  createError('PLM_MONITOR_NO_HISTORY', 'nobody keeps a history in this process: give monitor the option history: true', 409)

export const InvalidRangeError: Coded<'PLM_MONITOR_INVALID_RANGE', 400, [name: string, given: string]> =
  createError('PLM_MONITOR_INVALID_RANGE', '%s is %s; give milliseconds since 1970 or an ISO date, from before to', 400)
