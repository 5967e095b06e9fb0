import type { MetricReport, MetricSource } from '../metric-source.ts'
import type { Coordinator, CoordinatorMode } from './coordinator.ts'

const MODES: readonly CoordinatorMode[] = ['single', 'cluster', 'degraded']

/** Read at a scrape, without asking the backend. */
export function coordinatorMetrics (coordinator: Coordinator, now: () => number): readonly MetricSource[] {
  const { link, counters } = coordinator
  const source = (type: 'counter' | 'gauge', what: string, help: string, collect: (report: MetricReport) => void, labels: readonly string[] = []): MetricSource => {
    return { name: `plimsoll_coordinator_${what}`, type, help, labels, collect }
  }
  const counter = (what: string, help: string, read: () => number): MetricSource => source('counter', what, help, (report) => { report.value(read()) })
  return [
    source('gauge', 'mode_state', '1 for the mode that the coordinator is in', (report) => {
      for (const mode of MODES) report.value(coordinator.mode === mode ? 1 : 0, mode)
    }, ['mode']),
    source('gauge', 'instances_known', 'Instances last known to be there, this one included', (report) => { report.value(coordinator.knownInstances) }),
    source('gauge', 'lease_slack_seconds', 'Until the session would be lost without another renewal', (report) => {
      const deadline = coordinator.tenure?.deadline ?? Infinity
      if (deadline < Infinity) report.value((deadline - now()) / 1000)
    }),
    source('gauge', 'election_leader', '1 where this instance leads', (report) => {
      for (const { name, leadership } of coordinator.elections) report.value(leadership === undefined ? 0 : 1, name)
    }, ['election']),
    source('gauge', 'capacity_granted_permits', 'Permits that this instance may have in use', (report) => {
      for (const { name, granted } of coordinator.shares) report.value(granted, name)
    }, ['capacity']),
    source('gauge', 'capacity_used_permits', 'Permits in use', (report) => {
      for (const { name, inUse } of coordinator.shares) report.value(inUse, name)
    }, ['capacity']),
    source('gauge', 'queue_buffered_items', 'Pushed items that wait in this process for the backend', (report) => {
      for (const { name, buffered } of coordinator.queues) report.value(buffered, name)
    }, ['queue']),
    counter('commands_total', 'Commands sent to the backend', () => link.commands),
    counter('command_failures_total', 'Commands that failed or were not answered in time', () => link.failures),
    counter('written_bytes_total', 'Bytes of values sent to the backend', () => link.bytes),
    counter('elections_won_total', 'Leaderships taken', () => counters.elected),
    counter('sessions_lost_total', 'Sessions lost', () => counters.sessionsLost),
    counter('mode_changes_total', 'Changes of mode', () => counters.modeChanges),
    counter('watch_resyncs_total', 'Lists made because a push was lost', () => coordinator.hub.resyncs),
    counter('broadcasts_sent_total', 'Broadcasts sent', () => coordinator.broadcasts.sent),
    counter('broadcasts_received_total', 'Broadcasts received', () => coordinator.broadcasts.received)
  ]
}
