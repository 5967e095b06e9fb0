import { ControlArgumentError, enabledControl } from '@plimsoll/core'
import type { Component, Control, Json, Tunable } from '@plimsoll/core'
import type { CircuitBreaker } from './circuit-breaker.ts'
import type { CircuitBreakers } from './circuit-breakers.ts'
import type { ClusterView } from './cluster-view.ts'
import type { EnabledSwitch } from './enabled-switch.ts'
import type { Isolation } from './isolation.ts'
import type { LiveOptions } from './options.ts'
import type { PluginSettings } from './plugin-options.ts'

/** Circuits in a snapshot and in a reason. */
const MAX_SHOWN = 100
const MAX_NAMED = 5

interface Ports {
  readonly breakers: CircuitBreakers
  readonly enabled: EnabledSwitch
  readonly settings: PluginSettings
  /** From onReady on. */
  readonly cluster: () => ClusterView | undefined
}

/** What dashboard, alerts and console see of all circuits. */
export function circuitBreakerComponent ({ breakers, enabled, settings, cluster }: Ports): Component {
  const tuned: Partial<Record<TunedOption, number>> = {}
  return {
    kind: 'circuit-breaker',
    name: 'circuit-breakers',
    snapshot: () => ({
      enabled: enabled.enabled,
      circuits: breakers.size,
      notClosed: [...breakers.notClosed()].length,
      maxCircuits: breakers.maxCircuits,
      evicted: breakers.stats.evicted,
      overflowed: breakers.stats.overflowed,
      breakers: breakers.snapshots(MAX_SHOWN).map(snapshot => ({ ...snapshot })),
      cluster: clusterOf(cluster())
    }),
    health () {
      const names = [...breakers.notClosed()].map(({ name, state }) => `${name} (${state})`)
      if (names.length === 0) return { status: 'ok' }
      const rest = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : ''
      return { status: 'degraded', reason: `not closed: ${names.slice(0, MAX_NAMED).join(', ')}${rest}` }
    },
    controls: { enabled: enabledControl({ get: () => enabled.enabled, set: on => { enabled.set(on) } }), ...circuitControls(breakers) },
    tunables: Object.fromEntries(TUNED.map(({ name, ...rest }): [string, Tunable] => [name, {
      ...rest,
      get: () => tuned[name] ?? settings.circuits[name],
      set (value) {
        const whole = rest.unit === 'calls' ? Math.round(value) : value
        breakers.configure({ [name]: whole })
        tuned[name] = whole
      }
    }])),
    configuration: () => settings.configuration({ ...tuned, ...(enabled.enabled !== settings.own.enabled && { enabled: enabled.enabled }) })
  }
}

type TunedOption = keyof Pick<LiveOptions, 'failureRateThreshold' | 'slowCallRateThreshold' | 'slowCallDurationThreshold' | 'minimumNumberOfCalls' | 'waitDurationInOpenState' | 'permittedNumberOfCallsInHalfOpenState' | 'successThreshold' | 'timeout'>

/** Setting one sets it for every circuit. */
const TUNED: ReadonlyArray<{ readonly name: TunedOption } & Pick<Tunable, 'description' | 'unit' | 'min' | 'max'>> = [
  { name: 'failureRateThreshold', description: 'Share of failed calls at which every circuit opens', unit: 'ratio', min: 0.01, max: 1 },
  { name: 'slowCallRateThreshold', description: 'Share of slow calls at which every circuit opens', unit: 'ratio', min: 0.01, max: 1 },
  { name: 'slowCallDurationThreshold', description: 'A call that takes so long is slow; 0: none is', unit: 'ms', min: 0, max: 600_000 },
  { name: 'minimumNumberOfCalls', description: 'With fewer calls in the window no rate opens a circuit', unit: 'calls', min: 1, max: 100_000 },
  { name: 'waitDurationInOpenState', description: 'The first wait before probes are let through', unit: 'ms', min: 1, max: 60_000 },
  { name: 'permittedNumberOfCallsInHalfOpenState', description: 'Probes that are out at a time', unit: 'calls', min: 1, max: 1000 },
  { name: 'successThreshold', description: 'Probes that must succeed', unit: 'calls', min: 1, max: 1000 },
  { name: 'timeout', description: 'A call that takes longer has failed; 0 is off', unit: 'ms', min: 0, max: 600_000 }
]

function circuitControls (breakers: CircuitBreakers): Record<string, Control> {
  // Of operators; those of the application are its own to release.
  const holds = new Map<CircuitBreaker, Isolation>()
  const release = (breaker: CircuitBreaker): void => {
    holds.get(breaker)?.release()
    holds.delete(breaker)
  }
  const control = (description: string, act: (breaker: CircuitBreaker) => void): Control => ({
    description: `${description}; takes the name of a circuit`,
    run (argument) {
      const breaker = circuitNamed(breakers, argument)
      act(breaker)
      return breaker.state
    }
  })
  return {
    open: control('Opens a circuit now, for as long as it would have opened by itself', breaker => { breaker.trip() }),
    close: control('Closes a circuit and forgets its window; an operator\'s isolation ends', breaker => {
      release(breaker)
      breaker.reset()
    }),
    isolate: control('Holds a circuit open until it is released', breaker => { if (!holds.has(breaker)) holds.set(breaker, breaker.isolate()) }),
    release: control('Ends an operator\'s isolation of a circuit', release),
    metricsOnly: control('Lets everything through a circuit, and counts only', breaker => { breaker.setMetricsOnly(true) }),
    protect: control('Lets a circuit open again that counted only', breaker => { breaker.setMetricsOnly(false) }),
    reset: {
      description: 'Closes every circuit and forgets the windows; isolations stay',
      get: () => [...breakers.notClosed()].length,
      run: () => { for (const breaker of breakers.values()) breaker.reset() }
    }
  }
}

function circuitNamed (breakers: CircuitBreakers, name: Json | undefined): CircuitBreaker {
  if (typeof name !== 'string') throw new ControlArgumentError('give the name of a circuit, a text')
  const breaker = name === breakers.overflow.name ? breakers.overflow : breakers.peek(name)
  if (breaker !== undefined) return breaker
  const known = breakers.snapshots(MAX_NAMED).map(one => one.name).join(', ')
  throw new ControlArgumentError(`there is no circuit ${name.slice(0, 100)}; some that there are: ${known}`)
}

function clusterOf (view: ClusterView | undefined): Json {
  if (view === undefined) return { policy: 'off' }
  const elsewhere = [...view.openElsewhere].sort(([, a], [, b]) => b - a).slice(0, MAX_SHOWN)
  return { policy: view.policy, instances: view.instances, openElsewhere: elsewhere.map(([name, instances]) => ({ name, instances })) }
}
