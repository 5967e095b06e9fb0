import type { MetricSource } from '@plimsoll/core'
import type { Dashboard } from './dashboard.ts'
import type { LiveViews } from './server/live-views.ts'

export function dashboardMetrics (dashboard: Dashboard): readonly MetricSource[] {
  const single = (name: string, type: 'counter' | 'gauge', help: string, read: (views: LiveViews) => number): MetricSource => ({
    name: `plimsoll_dashboard_${name}`,
    help,
    type,
    collect: (report) => { report.value(dashboard.views === undefined ? 0 : read(dashboard.views)) }
  })
  return [
    single('open_streams', 'gauge', 'Viewers that are sent a view a second', ({ viewers }) => viewers),
    single('refused_viewers_total', 'counter', 'Viewers turned away because there were too many', ({ refused }) => refused),
    single('sent_bytes_total', 'counter', 'Bytes of events handed to the connections of viewers', ({ sent }) => sent.bytes),
    single('dropped_events_total', 'counter', 'Events that viewers missed because they did not keep up', ({ sent }) => sent.dropped)
  ]
}
