import { enabledControl, OUTCOME_CLASSES } from '@plimsoll/core'
import type { Component, Json } from '@plimsoll/core'
import type { Monitor } from './monitor.ts'
import { monitorOptions } from './options.ts'
import type { ResolvedMonitorOptions } from './options.ts'
import type { Traffic } from './traffic.ts'

const MAX_SHOWN = 50

/** What dashboard, alerts and console see of it. Routes and upstreams are in the frames; here are those with most time. */
export function monitorComponent (monitor: Monitor, resolved: ResolvedMonitorOptions): Component {
  const { figures, requests, upstreams, exports: loops } = monitor
  const { slots, slow, traffic } = requests
  return {
    kind: 'monitor',
    name: 'monitor',
    snapshot: () => ({
      enabled: monitor.enabled,
      routes: mostTime(traffic, slots.size, (slot) => ({ ...slots.labelOf(slot) })),
      upstreams: mostTime(upstreams.traffic, upstreams.size, (slot) => ({ origin: upstreams.originOf(slot) })),
      figures: figures.size,
      slow: slow.kept.map((request) => ({ ...request })),
      exported: loops.reduce((sum, { exported }) => sum + exported, 0),
      exportFailures: loops.reduce((sum, { failures }) => sum + failures, 0)
    }),
    health: () => ({ status: 'ok' }),
    controls: { enabled: enabledControl({ get: () => monitor.enabled, set: (enabled) => monitor.setEnabled(enabled) }) },
    configuration: () => monitorOptions.configuration(resolved, monitor.enabled === resolved.values.enabled ? {} : { enabled: monitor.enabled })
  }
}

/** Since the start. */
function mostTime (traffic: Traffic, size: number, labelOf: (slot: number) => { readonly [key: string]: Json }): readonly Json[] {
  const rows = Array.from({ length: size }, (_, slot) => {
    const records = OUTCOME_CLASSES.map((name, outcome) => ({ name, latency: traffic.recordOf(slot, outcome)?.duration.latency }))
    const totalMs = records.reduce((sum, { latency }) => sum + (latency?.sum ?? 0) / 1000, 0)
    const counts = Object.fromEntries(records.flatMap(({ name, latency }) => latency === undefined ? [] : [[name, latency.count]]))
    return { ...labelOf(slot), inFlight: traffic.inFlight(slot), totalMs, counts }
  })
  return rows.filter(({ totalMs, inFlight }) => totalMs > 0 || inFlight > 0).sort((a, b) => b.totalMs - a.totalMs).slice(0, MAX_SHOWN)
}
