import createError from '@fastify/error'
import type { FastifyErrorConstructor } from '@fastify/error'

type Coded<Code extends string, Status extends number, Args extends unknown[]> = FastifyErrorConstructor<{ code: Code, statusCode: Status }, Args>

/** Option's name, what was given, what would be right. */
export const InvalidOptionError: Coded<'PLM_DASHBOARD_INVALID_OPTION', 500, [name: string, given: string, right: string]> =
  createError('PLM_DASHBOARD_INVALID_OPTION', 'dashboard option %s is %s; %s', 500)

export const RegisteredTwiceError: Coded<'PLM_DASHBOARD_REGISTERED_TWICE', 500, []> =
  createError('PLM_DASHBOARD_REGISTERED_TWICE', 'dashboard is registered already: one page shows the whole process, so register it once, on any instance', 500)

export const NoSurfaceError: Coded<'PLM_DASHBOARD_NO_SURFACE', 500, []> =
  createError('PLM_DASHBOARD_NO_SURFACE', 'the dashboard has nowhere to be: open the admin surface, such as app.register(plimsoll, { admin: { port: 9090, auth: bearerAuth({ tokens }) } }) with plimsoll and bearerAuth from @plimsoll/core', 500)

export const DisabledError: Coded<'PLM_DASHBOARD_DISABLED', 503, []> =
  createError('PLM_DASHBOARD_DISABLED', 'the dashboard is switched off, by its option enabled, PLIMSOLL_DISABLE or its control', 503)

export const TooManyViewersError: Coded<'PLM_DASHBOARD_TOO_MANY_VIEWERS', 503, [most: number]> =
  createError('PLM_DASHBOARD_TOO_MANY_VIEWERS', '%d viewers look already', 503)

export const TooManySelectionsError: Coded<'PLM_DASHBOARD_TOO_MANY_SELECTIONS', 503, [most: number]> =
  createError('PLM_DASHBOARD_TOO_MANY_SELECTIONS', '%d different instances are looked at already: look at all, or at one of those', 503)

export const NoFrameError: Coded<'PLM_DASHBOARD_NO_FRAME', 503, [seconds: number]> =
  createError('PLM_DASHBOARD_NO_FRAME', 'there are no figures yet, after %d s: the process is starting, stands still or is closing', 503)

export const ArgumentError: Coded<'PLM_DASHBOARD_ARGUMENT', 400, [name: string, right: string]> =
  createError('PLM_DASHBOARD_ARGUMENT', 'the query parameter %s is wrong: give %s', 400)

export const AssetsMissingError: Coded<'PLM_DASHBOARD_ASSETS_MISSING', 503, []> =
  createError('PLM_DASHBOARD_ASSETS_MISSING', 'the files of the page are not there: the package was not built; the API works without them', 503)

export const UnknownAssetError: Coded<'PLM_DASHBOARD_UNKNOWN_ASSET', 404, []> =
  createError('PLM_DASHBOARD_UNKNOWN_ASSET', 'there is no such file: the page is of another version, reload it', 404)
