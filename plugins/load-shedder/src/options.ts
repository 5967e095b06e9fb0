import { accepted, flag, integer, number, optionSpec, stringMap, text } from '@plimsoll/core'
import type { OptionCheck, OptionSpec, RawRequest, ResolvedOptions } from '@plimsoll/core'
import type { FastifyInstance } from 'fastify'
import type { ClientKey } from './client-cohorts.ts'
import { InvalidOptionError } from './errors.ts'
import { MAX_RETRY_AFTER_S } from './return-book.ts'
import type { Strategy, StrategyName, StrategyPorts } from './strategy.ts'
import type { PressureHandler } from './under-pressure.ts'

/** Makes a strategy of your own; see the exported `Strategy`. */
export type StrategyFactory = (ports: StrategyPorts) => Strategy

/** A path, or the whole of @fastify/under-pressure's description of its status route. */
export interface StatusRoute {
  /** @default '/status' */
  readonly url?: string
  /** Other options of the route, such as `logLevel` or `config`. @default {} */
  readonly routeOpts?: Readonly<Record<string, unknown>>
  /** The route's schema, such as `hide` or `tags`. @default {} */
  readonly routeSchemaOpts?: Readonly<Record<string, unknown>>
  /** Properties of the 200 response beside `status`, such as what `healthCheck` returns. @default {} */
  readonly routeResponseSchemaOpts?: Readonly<Record<string, unknown>>
}

/** What a health check found: `false` is unhealthy; an object is healthy and shown by the status route. */
export type HealthCheck = (fastify: FastifyInstance) => boolean | Readonly<Record<string, unknown>> | Promise<boolean | Readonly<Record<string, unknown>>>

/** Ingredients of the gate that the overload benchmark takes out, to print what each is worth. */
export type Ablation = 'defer' | 'bounded' | 'drain' | 'lifo' | 'adaptive'

/** Options of the plugin. All may stay out: without any it protects the service. */
export interface LoadShedderOptions {
  /** `false`, or `load-shedder` in the environment's `PLIMSOLL_DISABLE`, lets everything pass until switched on by control. @default true */
  readonly enabled?: boolean
  /** Decide and count, but refuse nothing. @default false */
  readonly dryRun?: boolean
  /** Who is admitted. `priority`, `random` and `oldest` need a `limit` that fits the service; `adaptive` learns its own. @default 'adaptive' */
  readonly strategy?: StrategyName | StrategyFactory
  /** Requests in flight at a time, for the strategies with a fixed limit. @default 100 */
  readonly limit?: number
  /** Requests that wait to be started at a time. @default 1000 */
  readonly maxQueue?: number
  /** Open streams (server-sent events, `config: { stream: true }`) and upgraded connections that hold no permit. @default 10000 */
  readonly maxStreams?: number
  /** Gives a request its class, ahead of rules and route config; the same as core's option. @default none */
  readonly priority?: (req: RawRequest) => 'system' | 'critical' | 'high' | 'normal' | 'low' | 'batch' | undefined
  /** Tells clients apart, for fairness inside a class. Behind a proxy, give the account or key. @default the remote address */
  readonly client?: ClientKey
  /** Headers of every refusal, such as `access-control-allow-origin`: refusals skip Fastify's hooks; core's `refusalHeaders`. @default {} */
  readonly headers?: Readonly<Record<string, string>>
  /** A constant `Retry-After` in seconds; brings refused clients back together. @default spread by expected load */
  readonly retryAfter?: number
  /** Shortest `Retry-After`, in seconds. @default 1 */
  readonly retryAfterMin?: number
  /** Longest `Retry-After`, in seconds. @default 30 */
  readonly retryAfterMax?: number
  /** Answers with the state of the gate; `true` is `/status`. @default false */
  readonly statusRoute?: boolean | string | StatusRoute
  /** The same by its name in @fastify/under-pressure, answering `{ status: 'ok' }` alone. @default false */
  readonly exposeStatusRoute?: boolean | string | StatusRoute
  /** Refuse everything while event-loop delay (mean of a second) is above so many milliseconds; 0 is off. @default 0 */
  readonly maxEventLoopDelay?: number
  /** Refuse everything while event-loop utilisation (of a second) is above this, 0 to 1; 0 is off. @default 0 */
  readonly maxEventLoopUtilization?: number
  /** Refuse everything while the heap used is above so many bytes; 0 is off. @default 0 */
  readonly maxHeapUsedBytes?: number
  /** Refuse everything while resident memory is above so many bytes; 0 is off. @default 0 */
  readonly maxRssBytes?: number
  /** Milliseconds between two looks at these four; they are measured each second, so less than 1000 is 1000. @default 1000 */
  readonly sampleInterval?: number
  /** Accepted for compatibility and always `interval`: a utilisation since the start of the process never trips. @default 'interval' */
  readonly eventLoopUtilizationMode?: 'cumulative' | 'interval'
  /** Refuse everything while this says no. @default none */
  readonly healthCheck?: HealthCheck
  /** Milliseconds between two health checks; 0 checks at start and by the status route only. @default 0 */
  readonly healthCheckInterval?: number
  /** Answers while one of the thresholds is passed, instead of a refusal. @default none */
  readonly pressureHandler?: PressureHandler
  /** Message of the error answered while one of the thresholds is passed. @default none: a refusal without an error */
  readonly message?: string
  /** Class of the error thrown while one of the thresholds is passed; slower than a refusal. @default none */
  readonly customError?: new () => Error
  /** For the project's own benchmark. @internal */
  readonly ablate?: readonly Ablation[]
}

/** Options that can be changed while the service runs. */
export type LiveOptions = Pick<LoadShedderOptions, 'dryRun' | 'maxQueue' | 'maxStreams' | 'limit'>

type MayStayOut = 'strategy' | 'priority' | 'client' | 'retryAfter' | 'statusRoute' | 'exposeStatusRoute' | 'healthCheck' | 'pressureHandler' | 'message' | 'customError'

export type LoadShedderSettings =
  { readonly [K in Exclude<keyof LoadShedderOptions, MayStayOut>]-?: Exclude<LoadShedderOptions[K], undefined> } &
  { readonly [K in Exclude<MayStayOut, 'strategy' | 'statusRoute' | 'exposeStatusRoute'>]-?: LoadShedderOptions[K] | undefined } &
  { readonly strategy: StrategyName | StrategyFactory, readonly statusRoute: StatusRoute | undefined, readonly exposeStatusRoute: StatusRoute | undefined }

export type ResolvedLoadShedderOptions = ResolvedOptions<LoadShedderSettings>

const STRATEGIES: readonly StrategyName[] = ['adaptive', 'priority', 'random', 'oldest']
const ABLATIONS: readonly Ablation[] = ['defer', 'bounded', 'drain', 'lifo', 'adaptive']
const MAX_BYTES = Number.MAX_SAFE_INTEGER
const DAY_MS = 86_400_000

/** The most that `maxQueue` and `maxStreams` may be. */
export const MAX_REQUESTS = 1_000_000

const live = {
  dryRun: flag({ default: false }),
  maxQueue: integer({ min: 1, max: MAX_REQUESTS, default: 1000 }),
  maxStreams: integer({ min: 0, max: MAX_REQUESTS, default: 10_000 }),
  limit: integer({ min: 1, max: MAX_REQUESTS, default: 100 })
}

/** {@link LiveOptions}, checked as at register. */
export const liveOptions: OptionSpec<LiveOptions, Required<LiveOptions>> = optionSpec<LiveOptions, Required<LiveOptions>>(InvalidOptionError, live)

export const loadShedderOptions: OptionSpec<LoadShedderOptions, LoadShedderSettings> = optionSpec<LoadShedderOptions, LoadShedderSettings>(InvalidOptionError, {
  enabled: flag({ default: true }),
  ...live,
  strategy: accepted(isStrategy, `give one of ${STRATEGIES.join(', ')}, or a function that makes a strategy`, { default: 'adaptive' }),
  priority: functionOption('give a function (req) => priority'),
  client: functionOption('give a function (req) => key'),
  headers: stringMap(),
  retryAfter: integer({ min: 1, max: MAX_RETRY_AFTER_S }),
  retryAfterMin: integer({ min: 1, max: MAX_RETRY_AFTER_S, default: 1 }),
  retryAfterMax: integer({ min: 1, max: MAX_RETRY_AFTER_S, default: 30 }),
  statusRoute: statusRoute(),
  exposeStatusRoute: statusRoute(),
  maxEventLoopDelay: number({ min: 0, default: 0 }),
  maxEventLoopUtilization: number({ min: 0, max: 1, default: 0 }),
  maxHeapUsedBytes: number({ min: 0, max: MAX_BYTES, default: 0 }),
  maxRssBytes: number({ min: 0, max: MAX_BYTES, default: 0 }),
  sampleInterval: number({ min: 1, max: DAY_MS, default: 1000 }),
  eventLoopUtilizationMode: accepted(isUtilizationMode, 'give interval or cumulative', { default: 'interval' }),
  healthCheck: functionOption('give a function that returns whether the service is healthy'),
  healthCheckInterval: number({ min: 0, max: DAY_MS, default: 0 }),
  pressureHandler: functionOption('give a function (request, reply, type, value)'),
  message: text(),
  customError: accepted(isErrorClass, 'give the class of an error'),
  ablate: accepted(isAblations, `give a list of ${ABLATIONS.join(', ')}`, { default: [] })
}, values => {
  if (values.retryAfterMin > values.retryAfterMax) return { option: 'retryAfterMin', right: `give at most retryAfterMax, which is ${values.retryAfterMax}` }
  if (values.statusRoute !== undefined && values.exposeStatusRoute !== undefined) return { option: 'exposeStatusRoute', right: 'leave it out: statusRoute is given as well' }
  if (values.healthCheck === undefined && values.healthCheckInterval > 0) return { option: 'healthCheckInterval', right: 'leave it out, or give a healthCheck' }
  if (values.healthCheck !== undefined && values.healthCheckInterval === 0 && values.exposeStatusRoute === undefined && values.statusRoute === undefined) {
    return { option: 'healthCheckInterval', right: 'give an interval in milliseconds, or a statusRoute: the healthCheck is not run otherwise' }
  }
  return undefined
})

function isStrategy (given: unknown): given is StrategyName | StrategyFactory {
  return typeof given === 'function' || STRATEGIES.some(name => name === given)
}

function isUtilizationMode (given: unknown): given is 'cumulative' | 'interval' { return given === 'interval' || given === 'cumulative' }

function isAblations (given: unknown): given is readonly Ablation[] {
  return Array.isArray(given) && given.every(one => ABLATIONS.some(name => name === one))
}

function functionOption<T extends (...args: never[]) => unknown> (right: string): OptionCheck<T | undefined> {
  return accepted((given): given is T => typeof given === 'function', right)
}

function isErrorClass (given: unknown): given is new () => Error { return typeof given === 'function' }

function statusRoute (): OptionCheck<StatusRoute | undefined> {
  const spec = optionSpec<StatusRoute>(InvalidOptionError, {
    url: accepted((given): given is string => typeof given === 'string' && given.startsWith('/'), 'give a path that begins with /', { default: '/status' }),
    routeOpts: accepted(isRecord, 'give an object', { default: {} }),
    routeSchemaOpts: accepted(isRecord, 'give an object', { default: {} }),
    routeResponseSchemaOpts: accepted(isRecord, 'give an object', { default: {} })
  }).nested()
  return {
    read (given, path, refuse) {
      if (given === undefined || given === false) return undefined
      if (given === true) return { url: '/status' }
      if (typeof given === 'string' && given.startsWith('/')) return { url: given }
      return isRecord(given) ? spec.read(given, path, refuse) : refuse(path, given, 'give true, a path that begins with /, or an object')
    }
  }
}

function isRecord (value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
