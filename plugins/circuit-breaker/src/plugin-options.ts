import { flag, oneOf, optionSpec } from '@plimsoll/core'
import type { ConfigurationValue, Json, OptionSpec, ResolvedOptions } from '@plimsoll/core'
import type { ClusterPolicy } from './cluster-policy.ts'
import { CLUSTER_POLICIES } from './cluster-policy.ts'
import { InvalidOptionError } from './errors.ts'
import { circuitBreakersOptions } from './options.ts'
import type { CircuitBreakerOptions, CircuitBreakersOptions, CircuitBreakersSettings } from './options.ts'

/** Options of the plugin: those of all circuits that have none of their own, and these. All may stay out. */
export interface CircuitBreakerPluginOptions extends CircuitBreakersOptions {
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
  const circuits = circuitBreakersOptions.resolve(rest)
  const { maxCircuits, circuits: named, ...common } = rest
  return {
    own: own.values,
    circuits: circuits.values,
    registry: withoutFastify(rest),
    common: withoutFastify(common),
    configuration: now => ({ ...ownOptions.configuration(own, now), ...circuitBreakersOptions.configuration(circuits, now) })
  }
}

/** What Fastify adds to the options of a plugin is none of a circuit. */
function withoutFastify<O extends object> (options: O): Partial<O> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !FASTIFY_OPTIONS.has(name))) as Partial<O>
}

const FASTIFY_OPTIONS: ReadonlySet<string> = new Set(['prefix', 'logLevel', 'logSerializers'])
