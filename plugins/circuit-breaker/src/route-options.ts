import { accepted, optionSpec, text } from '@plimsoll/core'
import type { OptionSpec } from '@plimsoll/core'
import type { FastifyRequest } from 'fastify'
import { InvalidOptionError } from './errors.ts'
import { circuitBreakerOptions, MAX_NAME_LENGTH } from './options.ts'
import type { CircuitBreakerOptions, CircuitBreakerSettings } from './options.ts'
import { RouteOptionsError } from './plugin-errors.ts'

/** `config: { circuitBreaker: … }` of a route. What stays out is as the plugin's options have it. */
export interface RouteCircuitBreakerOptions extends Omit<CircuitBreakerOptions, 'retry'> {
  /** Circuit of the route; routes and calls of the same name share it. @default method and path, such as `GET /items/:id` */
  readonly name?: string
  /** A circuit for each key instead, such as a tenant: `<name>/<key>`. One that throws or gives no text takes the circuit without a key. @default none */
  readonly key?: (request: FastifyRequest) => string
  /**
   * An answer that is not handed over whole so many ms after its handler was called is a failure, and if it has not begun,
   * 504 is answered; 0 is off. @default the plugin's `timeout`
   */
  readonly timeout?: number
}

/** Where the circuit of a route's requests is. */
export interface RouteCircuit {
  readonly name: string
  readonly key: ((request: FastifyRequest) => unknown) | undefined
  /** `undefined`: what another route of this name says, or else what all circuits have. */
  settings: CircuitBreakerSettings | undefined
}

interface OwnOptions { readonly name?: string, readonly key?: (request: FastifyRequest) => unknown }
interface OwnSettings { readonly name: string | undefined, readonly key: ((request: FastifyRequest) => unknown) | undefined }

const ownOptions: OptionSpec<OwnOptions, OwnSettings> = optionSpec<OwnOptions, OwnSettings>(InvalidOptionError, {
  name: text({ maxLength: MAX_NAME_LENGTH }),
  key: accepted((given): given is (request: FastifyRequest) => unknown => typeof given === 'function', 'give a function (request) => key')
})

/**
 * @param label name of the route's circuit unless it has one of its own
 * @param common what the plugin was given for all circuits
 * @returns `undefined` for a route that is not guarded
 * @throws PLM_CIRCUIT_BREAKER_ROUTE_OPTIONS
 */
export function routeCircuit (given: unknown, label: string, common: CircuitBreakerOptions): RouteCircuit | undefined {
  if (given === undefined || given === false) return undefined
  if (given === true) return { name: label, key: undefined, settings: undefined }
  if (!isRecord(given)) throw new RouteOptionsError(label, 'give true, false or an object of options')
  const { name, key, ...rest } = given
  if ('retry' in rest) throw new RouteOptionsError(label, 'a route is not called again; give retry to the upstream that its handler calls')
  try {
    const own = ownOptions.resolve({ ...(name !== undefined && { name }), ...(key !== undefined && { key }) } as OwnOptions).values
    const settings = Object.keys(rest).length === 0 ? undefined : circuitBreakerOptions.resolve({ ...common, ...rest }).values
    return { name: own.name ?? label, key: own.key, settings }
  } catch (cause) {
    throw new RouteOptionsError(label, String(cause))
  }
}

function isRecord (value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
