import { PRIORITIES } from '@plimsoll/core'
import type { MetricSource } from '@plimsoll/core'
import type { Gate } from './gate.ts'

/** The gate's numbers, read at a scrape. */
export function loadShedderMetrics (gate: Gate): readonly MetricSource[] {
  const { stats } = gate
  return [
    byClass('arrived_requests_total', 'Requests that came to the gate', stats.arrived),
    byClass('started_requests_total', 'Requests that were admitted and started', stats.started),
    byClass('finished_requests_total', 'Started requests whose work is over', stats.finished),
    byClass('refused_requests_total', 'Requests that were refused, by this plugin or by another check at the gate', stats.refused),
    byClass('spared_requests_total', 'Requests that would have been refused, but for the dry run', stats.spared),
    byClass('abandoned_requests_total', 'Requests whose client had gone before they were started', stats.abandoned),
    byClass('queue_wait_seconds_total', 'Time that started requests had waited in the queue', stats.waitedMs, 1 / 1000),
    {
      name: 'plimsoll_load_shedder_refusals_by_reason_total',
      help: 'Refusals by reason, those of dry runs included',
      type: 'counter',
      labels: ['reason'],
      collect: report => { for (const [reason, count] of stats.byReason) report.value(count, reason) }
    },
    single('degraded_requests_total', 'counter', 'Refused requests that a degrade or pressure handler answered', () => stats.degraded),
    single('queued_requests', 'gauge', 'Requests that wait to be started', () => gate.queued),
    single('inflight_requests', 'gauge', 'Started requests whose work is not over', () => gate.inFlight),
    single('open_streams', 'gauge', 'Streams and upgraded connections that hold no permit', () => gate.streams),
    single('concurrency_limit', 'gauge', 'Requests that may be in flight at a time', () => gate.strategy.limit),
    single('overloaded_state', 'gauge', '1 while the strategy refuses because it has to', () => Number(gate.strategy.overloaded))
  ]
}

function byClass (name: string, help: string, values: Float64Array, factor: number = 1): MetricSource {
  return {
    name: `plimsoll_load_shedder_${name}`,
    help,
    type: 'counter',
    labels: ['class'],
    collect: report => PRIORITIES.forEach((priority, rank) => report.value(values[rank]! * factor, priority))
  }
}

function single (name: string, type: 'counter' | 'gauge', help: string, read: () => number): MetricSource {
  return { name: `plimsoll_load_shedder_${name}`, help, type, collect: report => report.value(read()) }
}
