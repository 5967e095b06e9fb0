import { enabledControl } from '@plimsoll/core'
import type { Component, Json } from '@plimsoll/core'
import type { Dashboard } from './dashboard.ts'
import { dashboardOptions } from './options.ts'
import type { ResolvedDashboardOptions } from './options.ts'

/** What dashboard and console see of the dashboard itself. */
export function dashboardComponent (dashboard: Dashboard, resolved: ResolvedDashboardOptions): Component {
  return {
    kind: 'dashboard',
    name: 'dashboard',
    snapshot: () => snapshotOf(dashboard),
    health: () => ({ status: 'ok' }),
    controls: { enabled: enabledControl({ get: () => dashboard.enabled, set: (enabled) => { dashboard.setEnabled(enabled) } }) },
    configuration: () => dashboardOptions.configuration(resolved, dashboard.enabled === resolved.values.enabled ? {} : { enabled: dashboard.enabled })
  }
}

function snapshotOf ({ enabled, views, pool, exchange }: Dashboard): { readonly [key: string]: Json } {
  return {
    enabled,
    viewers: views?.viewers ?? 0,
    refusedViewers: views?.refused ?? 0,
    droppedEvents: views?.sent.dropped ?? 0,
    sentBytes: views?.sent.bytes ?? 0,
    frames: { ...pool?.figures },
    history: { ...exchange?.counters }
  }
}
