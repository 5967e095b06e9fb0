import type { FastifyRequest } from 'fastify'
import { InvalidOptionError } from '../errors.ts'
import { accepted, flag, integer, text } from '../option-checks.ts'
import type { OptionSpec } from '../option-spec.ts'
import { optionSpec } from '../option-spec.ts'

/** A `viewer` may look; an `operator` may also run controls and move tunables. */
export type AdminRole = 'viewer' | 'operator'

export interface AdminUser {
  /** Goes to the journal; at most 100 characters are kept. */
  readonly user: string
  readonly role: AdminRole
}

/**
 * Says who is asking, `undefined` for a stranger. Throwing, rejecting, and not answering within 5 s also mean a
 * stranger.
 */
export type AdminAuth = (request: FastifyRequest) => AdminUser | undefined | Promise<AdminUser | undefined>

/** Where the operator's endpoints are: as a guest of the application under `prefix`, or on a listener of their own. */
export interface AdminOptions {
  /** Path in the application, such as `/ops`. @default '/plimsoll' unless `port` is given */
  readonly prefix?: string
  /** Port of a listener of its own; 0 takes a free one. */
  readonly port?: number
  /** Address of that listener. @default '127.0.0.1' */
  readonly host?: string
  /** Required unless NODE_ENV is `development` or `test`. See `bearerAuth`. */
  readonly auth?: AdminAuth
  /** `/healthz` and `/readyz` answer without auth; they tell nothing but yes or no. @default true */
  readonly publicHealth?: boolean
}

export interface AdminSettings {
  readonly prefix: string | undefined
  readonly port: number | undefined
  readonly host: string
  readonly auth: AdminAuth | undefined
  readonly publicHealth: boolean
}

export const DEFAULT_PREFIX = '/plimsoll'

const PREFIX = /^(?:\/[A-Za-z0-9_-]+)+$/

function isPrefix (given: unknown): given is string {
  return typeof given === 'string' && given.length <= 200 && PREFIX.test(given)
}

function isAuth (given: unknown): given is AdminAuth { return typeof given === 'function' }

/** Errors are PLM_CORE_INVALID_OPTION. */
export const adminSpec: OptionSpec<AdminOptions, AdminSettings> = optionSpec<AdminOptions, AdminSettings>(InvalidOptionError, {
  prefix: accepted(isPrefix, 'give a path such as /ops: it begins with / and does not end with one; letters, digits, _ and -'),
  port: integer({ min: 0, max: 65_535 }),
  host: text({ default: '127.0.0.1', maxLength: 255 }),
  auth: accepted(isAuth, 'give a function (request) => { user, role } | undefined, such as bearerAuth({ tokens })'),
  publicHealth: flag({ default: true })
}, ({ prefix, port }) => prefix !== undefined && port !== undefined
  ? { option: 'prefix', right: 'give either prefix or port: the endpoints are in one place' }
  : undefined)
