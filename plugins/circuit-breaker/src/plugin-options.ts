import { flag, oneOf, optionSpec } from '@plimsoll/core'
import type { ConfigurationValue, Json, OptionSpec, ResolvedOptions } from '@plimsoll/core'
import type { ClusterPolicy } from './cluster-policy.ts'
import { CLUSTER_POLICIES } from './cluster-policy.ts'
import { InvalidOptionError } from './errors.ts'
import { circuitBreakersOptions } from './options.ts'
import type { CircuitBreakerOptions, CircuitBreakersOptions, CircuitBreakersSettings } from './options.ts'

/** Options of the plugin: those of all circuits that have none of their own, and these. All may stay out. */
export interface CircuitBreakerPluginOptions extends CircuitBreakersOptions {
  /** Circuits that are made at once and never given up, by name; what stays out of their options is as for all. @default {} */
  readonly circuits?: Readonly<Record<string, CircuitBreakerOptions>>
  /** `false`, or `circuit-breaker` in the environment's `PLIMSOLL_DISABLE`: nothing is refused until switched on by control. @default true */
  readonly enabled?: boolean
  /**
   * What the circuits of the other instances mean to those of this one: `off`, nothing is told; `observe`, it is shown;
   * `quorum`, a circuit that is open on most instances opens here; `any`, one instance is enough, unless this one's own
   * calls say otherwise.
   *
   * @default 'observe'
   */
  readonly cluster?: ClusterPolicy
}

interface OwnOptions { readonly enabled?: boolean, readonly cluster?: ClusterPolicy }

type OwnSettings = { readonly enabled: boolean, readonly cluster: ClusterPolicy }

const ownOptions: OptionSpec<OwnOptions, OwnSettings> = optionSpec<OwnOptions, OwnSettings>(InvalidOptionError, {
  enabled: flag({ default: true }),
  cluster: oneOf(CLUSTER_POLICIES, { default: 'observe' })
})

/** What was given, checked and split by whom it concerns. */
export interface PluginSettings {
  readonly own: OwnSettings
  readonly circuits: CircuitBreakersSettings
  /** What was given, for `new CircuitBreakers()`. */
  readonly registry: CircuitBreakersOptions
  /** What was given for all circuits, defaults left out: a route's own options are laid over it. */
  readonly common: CircuitBreakerOptions
  /** @param now values that a control or a tunable has set since */
  configuration (now: { readonly [name: string]: Json }): Record<string, ConfigurationValue>
}

/** @throws PLM_CIRCUIT_BREAKER_INVALID_OPTION */
export function pluginSettings (given: CircuitBreakerPluginOptions): PluginSettings {
  const { enabled, cluster, ...rest } = given
  const own: ResolvedOptions<OwnSettings> = ownOptions.resolve({ ...(enabled !== undefined && { enabled }), ...(cluster !== undefined && { cluster }) })
  const { maxCircuits, circuits: named, ...others } = rest
  const common = withoutFastify(others)
  const registry = { ...withoutFastify(rest), ...(isRecord(named) && { circuits: overlaid(named, common) }) }
  const circuits = circuitBreakersOptions.resolve(registry)
  return {
    own: own.values,
    circuits: circuits.values,
    registry,
    common,
    configuration: now => ({ ...ownOptions.configuration(own, now), ...circuitBreakersOptions.configuration(circuits, now) })
  }
}

/** As with a route: what stays out of a circuit's own options is as for all. */
function overlaid (named: Readonly<Record<string, unknown>>, common: CircuitBreakerOptions): Record<string, CircuitBreakerOptions> {
  return Object.fromEntries(Object.entries(named).map(([name, own]) => [name, isRecord(own) ? { ...common, ...own } : own])) as Record<string, CircuitBreakerOptions>
}

function isRecord (value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What Fastify adds to the options of a plugin is none of a circuit. */
function withoutFastify<O extends object> (options: O): Partial<O> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !FASTIFY_OPTIONS.has(name))) as Partial<O>
}

const FASTIFY_OPTIONS: ReadonlySet<string> = new Set(['prefix', 'logLevel', 'logSerializers'])
