import { accepted, addressRange, flag, integer, listOf, number, optional, optionSpec, required, text } from '@plimsoll/core'
import type { OptionCheck, OptionFault, OptionSpec, RawRequest, ResolvedOptions } from '@plimsoll/core'
import { hasBurst } from './algorithms/index.ts'
import type { AlgorithmName } from './algorithms/index.ts'
import type { BanRule } from './bans.ts'
import type { KeySource } from './client-keys.ts'
import type { ClientTest } from './client-list.ts'
import { InvalidOptionError } from './errors.ts'
import type { LimitListener, ResponseBuilder } from './limited-request.ts'

/** Units that a request costs, asked before routing; synchronous. 0 is free; one that throws, or returns no whole number from 0, costs 1. */
export type CostFunction = (req: RawRequest) => number

/** Too many refusals lead to a ban: everything of this client is refused, with 403, whatever its limits. */
export interface BanOptions {
  /** The refusal that brings it, counted in one window of the limit. */
  readonly after: number
  /** How long it lasts, in milliseconds. */
  readonly forMs: number
}

/** One limit. */
export interface LimitOptions {
  /** In headers, metrics and on the page: printable ASCII. Routes that give the same name and options share one limit. @default 'default', of a route its methods and path */
  readonly name?: string
  /** Requests (units of cost) in a window. @default 1000, in a list or a route required */
  readonly limit?: number
  /** Milliseconds. @default 60000 */
  readonly windowMs?: number
  /** How requests are counted; the README has a table of what each promises. @default 'gcra' */
  readonly algorithm?: AlgorithmName
  /** Requests that may come at once after a rest; not for the window algorithms. @default limit; 1 for leaky-bucket */
  readonly burst?: number
  /** What tells clients apart. @default 'address' */
  readonly key?: KeySource
  /** Units that a request costs; more than can ever be there at once counts as that. @default 1 */
  readonly cost?: number | CostFunction
  /** Clients whose state is kept at a time; the memory for them is reserved at once. @default 100000 */
  readonly maxKeys?: number
  /** One limit for all instances together, where a coordinator is registered; not for the window algorithms. @default true where the algorithm can */
  readonly cluster?: boolean
  /** Bans clients that go on. @default none */
  readonly ban?: BanOptions
}

/** A limit of one route (`config: { rateLimit }`). What it doesn't say of key, algorithm and cluster is as in the plugin's options. */
export interface RouteLimitOptions extends LimitOptions {
  readonly limit: number
  /** `false` leaves the limits of the whole application out for this route. @default true: both hold */
  readonly global?: boolean
}

/** `RateLimit` and `RateLimit-Policy` of the IETF draft, `X-RateLimit-*`, both or none. */
export type HeaderStyle = 'draft' | 'classic' | 'both' | 'none'

/** Options of the plugin. Without any, each address may send 1,000 requests a minute. */
export interface RateLimiterOptions extends LimitOptions {
  /** `false`, or `rate-limiter` in the environment's `PLIMSOLL_DISABLE`, lets everything pass until switched on by control. @default true */
  readonly enabled?: boolean
  /** Decide and count, but refuse nobody and send no headers. @default false */
  readonly dryRun?: boolean
  /** `false`: only the limits of `limits` and of routes hold, not the one given here. @default true */
  readonly global?: boolean
  /** More limits for the whole application; all of them hold. Each with a `name` and a `limit`. @default [] */
  readonly limits?: ReadonlyArray<LimitOptions & { readonly name: string, readonly limit: number }>
  /** Clients that are not limited: addresses and ranges, or a synchronous function. @default [] */
  readonly allow?: readonly string[] | ClientTest
  /** Clients that are refused with 403; before `allow`. @default [] */
  readonly deny?: readonly string[] | ClientTest
  /** @default 'draft' */
  readonly headers?: HeaderStyle
  /** Bits of an IPv6 address that make the client. @default 64 */
  readonly ipv6Prefix?: number
  /** Makes the body of a refusal; must be synchronous. @default JSON with statusCode, code, error and message */
  readonly response?: ResponseBuilder
  /** Told of each request that was let through within its limits. @default none */
  readonly onAllowed?: LimitListener
  /** Told of each refusal. @default none */
  readonly onRefused?: LimitListener
  /** Told of each request that brought a ban. @default none */
  readonly onBanned?: LimitListener
}

type MayStayOut = 'name' | 'limit' | 'algorithm' | 'burst' | 'key' | 'cluster' | 'ban'

/** A limit as it was given, checked; what may stay out is filled in where it is known whose it is. */
export type LimitSettings = { readonly [K in Exclude<keyof LimitOptions, MayStayOut>]-?: Exclude<LimitOptions[K], undefined> } &
  { readonly [K in Exclude<MayStayOut, 'ban'>]-?: LimitOptions[K] | undefined } &
  { readonly ban: BanRule | undefined }

type Listeners = 'response' | 'onAllowed' | 'onRefused' | 'onBanned'

export type RateLimiterSettings = LimitSettings &
  { readonly [K in Exclude<keyof RateLimiterOptions, keyof LimitOptions | Listeners | 'limits'>]-?: Exclude<RateLimiterOptions[K], undefined> } &
  { readonly [K in Listeners]-?: RateLimiterOptions[K] | undefined } &
  { readonly limits: readonly LimitSettings[] }

export type RouteLimitSettings = LimitSettings & { readonly global: boolean }

export type ResolvedRateLimiterOptions = ResolvedOptions<RateLimiterSettings>

/** The most that `limit`, `burst` and `cost` may be. */
export const MAX_UNITS = 1_000_000_000
const MAX_KEYS = 5_000_000
const MAX_LIMITS = 20
const MAX_ROUTE_LIMITS = 10
const MIN_WINDOW_MS = 100
const MAX_WINDOW_MS = 31 * 86_400_000
const NAMES: readonly AlgorithmName[] = ['gcra', 'sliding-window', 'fixed-window', 'token-bucket', 'leaky-bucket']
const STYLES: readonly HeaderStyle[] = ['draft', 'classic', 'both', 'none']

const limit = {
  name: accepted(isName, 'give a name of 1 to 100 printable ASCII characters'),
  limit: integer({ min: 1, max: MAX_UNITS }),
  windowMs: number({ min: MIN_WINDOW_MS, max: MAX_WINDOW_MS, default: 60_000 }),
  algorithm: accepted(isAlgorithm, `give one of ${NAMES.join(', ')}`),
  burst: integer({ min: 1, max: MAX_UNITS }),
  key: keySource(),
  cost: accepted(isCost, `give a whole number from 0 to ${MAX_UNITS}, or a function (req) => units`, { default: 1 }),
  maxKeys: integer({ min: 1, max: MAX_KEYS, default: 100_000 }),
  cluster: accepted((given): given is boolean => typeof given === 'boolean', 'give true or false'),
  ban: optional(optionSpec<BanOptions, BanRule>(InvalidOptionError, {
    after: required(integer({ min: 1, max: MAX_UNITS })),
    forMs: required(number({ min: 1, max: MAX_WINDOW_MS }))
  }))
}

const listedLimit: OptionSpec<LimitOptions, LimitSettings> = optionSpec<LimitOptions, LimitSettings>(InvalidOptionError, {
  ...limit, name: required(limit.name), limit: required(limit.limit)
}, limitFault)

const routeLimit: OptionCheck<RouteLimitSettings> = optionSpec<RouteLimitOptions, RouteLimitSettings>(InvalidOptionError, {
  ...limit, limit: required(limit.limit), global: flag({ default: true })
}, limitFault).nested()

/** What a route says in its `config`: no limit at all, those of the whole application, or its own as well. */
export type RouteConfig = boolean | readonly RouteLimitSettings[]

/** Of `config: { rateLimit }`. */
export const routeConfig: OptionSpec<{ readonly rateLimit?: unknown }, { readonly rateLimit: RouteConfig }> = optionSpec<{ readonly rateLimit?: unknown }, { readonly rateLimit: RouteConfig }>(InvalidOptionError, {
  rateLimit: {
    read (given, path, refuse) {
      if (given === undefined) return true
      if (typeof given === 'boolean') return given
      return Array.isArray(given) ? listOf(routeLimit, { maxLength: MAX_ROUTE_LIMITS }).read(given, path, refuse) : [routeLimit.read(given, path, refuse)]
    }
  }
})

export const rateLimiterOptions: OptionSpec<RateLimiterOptions, RateLimiterSettings> = optionSpec<RateLimiterOptions, RateLimiterSettings>(InvalidOptionError, {
  ...limit,
  enabled: flag({ default: true }),
  dryRun: flag({ default: false }),
  global: flag({ default: true }),
  limits: listOf(listedLimit.nested(), { maxLength: MAX_LIMITS }),
  allow: clientTest(),
  deny: clientTest(),
  headers: accepted(isHeaderStyle, `give one of ${STYLES.join(', ')}`, { default: 'draft' }),
  ipv6Prefix: integer({ min: 1, max: 128, default: 64 }),
  response: functionOption('give a function (refused) => body'),
  onAllowed: functionOption('give a function (request)'),
  onRefused: functionOption('give a function (request)'),
  onBanned: functionOption('give a function (request)')
}, pluginFault)

function pluginFault (settings: RateLimiterSettings): OptionFault | undefined {
  if (!settings.global && settings.limit !== undefined) return { option: 'limit', right: 'leave it out, or leave global out: with global: false there is no such limit' }
  return limitFault(settings)
}

/** What is wrong across the options of a limit. */
export function limitFault ({ algorithm = 'gcra', limit, burst, cost, cluster }: Pick<LimitSettings, 'algorithm' | 'limit' | 'burst' | 'cost' | 'cluster'>): OptionFault | undefined {
  if (burst !== undefined && !hasBurst(algorithm)) return { option: 'burst', right: `leave it out: ${algorithm} lets its limit through at once` }
  if (cluster === true && !hasBurst(algorithm)) return { option: 'cluster', right: `leave it out, or take gcra, token-bucket or leaky-bucket: ${algorithm} counts in each instance by itself` }
  const most = burst ?? (algorithm === 'leaky-bucket' ? 1 : limit)
  return typeof cost === 'number' && most !== undefined && cost > most ? { option: 'cost', right: `give at most ${most}, which is all that can be there at once` } : undefined
}

function isName (given: unknown): given is string { return typeof given === 'string' && /^[\x20-\x7e]{1,100}$/.test(given) }

function isAlgorithm (given: unknown): given is AlgorithmName { return NAMES.some(name => name === given) }

function isHeaderStyle (given: unknown): given is HeaderStyle { return STYLES.some(style => style === given) }

function isCost (given: unknown): given is number | CostFunction {
  return typeof given === 'function' || (Number.isSafeInteger(given) && Number(given) >= 0 && Number(given) <= MAX_UNITS)
}

function functionOption<T extends (...args: never[]) => unknown> (right: string): OptionCheck<T | undefined> {
  return accepted((given): given is T => typeof given === 'function', right)
}

function keySource (): OptionCheck<KeySource | undefined> {
  const header = optionSpec<{ readonly header?: string }, { readonly header: string }>(InvalidOptionError, { header: required(text({ maxLength: 100 })) }).nested()
  return {
    read (given, path, refuse) {
      if (given === undefined || given === 'address') return given
      if (isKeyFunction(given)) return given
      if (typeof given !== 'object' || given === null) return refuse(path, given, "give 'address', { header: name }, or a function (req) => key")
      // Node has the names of headers in lower case.
      return { header: header.read(given, path, refuse).header.toLowerCase() }
    }
  }
}

function isKeyFunction (given: unknown): given is (req: RawRequest) => string | undefined { return typeof given === 'function' }

function clientTest (): OptionCheck<readonly string[] | ClientTest> {
  const addresses = listOf(addressRange, { maxLength: 1_000 })
  return {
    read: (given, path, refuse) => isClientTest(given) ? given : addresses.read(given, path, refuse)
  }
}

function isClientTest (given: unknown): given is ClientTest { return typeof given === 'function' }
