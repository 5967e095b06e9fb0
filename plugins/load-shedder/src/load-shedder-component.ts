import { enabledControl, PRIORITIES } from '@plimsoll/core'
import type { Component, Json, Tunable } from '@plimsoll/core'
import { InvalidControlError } from './errors.ts'
import type { LoadShedder } from './load-shedder.ts'
import { loadShedderOptions, MAX_REQUESTS } from './options.ts'
import type { ResolvedLoadShedderOptions } from './options.ts'
import { FixedLimitStrategy } from './strategies/fixed-limit.ts'

/** What dashboard, alerts and console see of it. */
export function loadShedderComponent (shedder: LoadShedder, resolved: ResolvedLoadShedderOptions): Component {
  const { gate } = shedder
  return {
    kind: 'load-shedder',
    name: 'load-shedder',
    snapshot: () => snapshotOf(shedder),
    health () {
      if (!shedder.isUnderPressure()) return { status: 'ok' }
      const refused = gate.stats.refused.reduce((sum, count) => sum + count, 0)
      return { status: 'degraded', reason: `shedding: ${refused} refused since start, ${gate.inFlight} in flight, ${gate.queued} queued, force ${shedder.force}` }
    },
    controls: {
      enabled: enabledControl({ get: () => shedder.enabled, set: enabled => shedder.setEnabled(enabled) }),
      force: {
        description: 'on (refuse everything less important than critical), off (admit everything) or auto (the strategy decides)',
        get: () => shedder.force,
        run (argument) {
          if (argument === 'on') shedder.forceOn()
          else if (argument === 'off') shedder.forceOff()
          else if (argument === 'auto') shedder.auto()
          else throw new InvalidControlError('force', JSON.stringify(argument), 'give on, off or auto')
          return shedder.force
        }
      },
      dryRun: {
        description: 'Decide and count, but refuse nothing: true or false',
        get: () => shedder.options.dryRun,
        run (argument) {
          if (typeof argument !== 'boolean') throw new InvalidControlError('dryRun', JSON.stringify(argument), 'give true or false')
          shedder.configure({ dryRun: argument })
          return argument
        }
      }
    },
    tunables: {
      maxQueue: tunable('Requests that wait to be started at a time', 'requests', 1, () => shedder.options.maxQueue, maxQueue => shedder.configure({ maxQueue })),
      maxStreams: tunable('Open streams and upgraded connections that hold no permit', 'connections', 0, () => shedder.options.maxStreams, maxStreams => shedder.configure({ maxStreams })),
      ...(gate.strategy instanceof FixedLimitStrategy && { limit: tunable('Requests in flight at a time', 'requests', 1, () => shedder.options.limit, limit => shedder.configure({ limit })) })
    },
    configuration () {
      const { dryRun, maxQueue, maxStreams, limit } = shedder.options
      const now: Record<string, boolean | number> = { enabled: shedder.enabled, dryRun, maxQueue, maxStreams, limit }
      const changed = Object.entries(now).filter(([name, value]) => value !== Reflect.get(resolved.values, name))
      return loadShedderOptions.configuration(resolved, Object.fromEntries(changed))
    }
  }
}

function tunable (description: string, unit: string, min: number, get: () => number, set: (value: number) => void): Tunable {
  return { description, unit, min, max: MAX_REQUESTS, get, set: value => set(Math.round(value)) }
}

/** Figures of this moment. */
function snapshotOf (shedder: LoadShedder): { readonly [key: string]: Json } {
  const { gate } = shedder
  const { strategy, stats } = gate
  return {
    force: shedder.force,
    enabled: shedder.enabled,
    dryRun: shedder.options.dryRun,
    underPressure: shedder.isUnderPressure(),
    strategy: strategy.name,
    limit: Number.isFinite(strategy.limit) ? strategy.limit : 'unlimited',
    inFlight: gate.inFlight,
    queued: gate.queued,
    streams: gate.streams,
    degraded: stats.degraded,
    arrived: byClass(stats.arrived),
    started: byClass(stats.started),
    refused: byClass(stats.refused),
    spared: byClass(stats.spared),
    abandoned: byClass(stats.abandoned),
    reasons: Object.fromEntries(stats.byReason),
    details: { ...strategy.snapshot() }
  }
}

function byClass (counts: Float64Array): Record<string, number> {
  return Object.fromEntries(PRIORITIES.map((priority, rank) => [priority, counts[rank]!]))
}
