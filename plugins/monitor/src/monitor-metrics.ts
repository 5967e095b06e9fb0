import { OUTCOME_CLASSES } from '@plimsoll/core'
import type { MetricSource } from '@plimsoll/core'
import type { ClassicBuckets } from './classic-buckets.ts'
import type { RequestMonitor } from './request-monitor.ts'
import type { ClassRecord, Traffic } from './traffic.ts'
import type { UpstreamMonitor } from './upstream-monitor.ts'

/** Figures of routes and upstreams, read at a scrape. Their label values are bounded: patterns and origins, never URLs. */
export function monitorMetrics ({ slots, traffic, slow }: RequestMonitor, upstreams: UpstreamMonitor, bounds: ClassicBuckets['bounds']): readonly MetricSource[] {
  const routeOf = (slot: number): readonly string[] => Object.values(slots.labelOf(slot))
  const routes: Labelled = { traffic, get size () { return slots.size }, labelOf: routeOf }
  return [
    {
      name: 'plimsoll_monitor_requests_total',
      help: 'Requests by how they ended',
      type: 'counter',
      labels: ['method', 'route', 'class'],
      collect: (report) => forEachRecord(routes, ({ count }, labels) => report.value(count, ...labels))
    },
    durations('plimsoll_monitor_request_duration_seconds', 'From arrival to settlement; of a stream, to its head', ['method', 'route'], routes, bounds),
    {
      name: 'plimsoll_monitor_request_body_bytes_total',
      help: 'Bodies of requests, as declared by content-length',
      type: 'counter',
      labels: ['method', 'route'],
      collect: (report) => forEachSlot(routes, (records, labels) => report.value(sumOf(records, ({ requestBytes }) => requestBytes), ...labels))
    },
    {
      name: 'plimsoll_monitor_response_body_bytes_total',
      help: 'Bodies of responses, as declared by content-length',
      type: 'counter',
      labels: ['method', 'route'],
      collect: (report) => forEachSlot(routes, (records, labels) => report.value(sumOf(records, ({ responseBytes }) => responseBytes), ...labels))
    },
    {
      name: 'plimsoll_monitor_in_flight_requests',
      help: 'Requests that a route works on',
      type: 'gauge',
      labels: ['method', 'route'],
      collect: (report) => forEachSlot(routes, (_records, labels, slot) => report.value(traffic.inFlight(slot), ...labels))
    },
    {
      name: 'plimsoll_monitor_slow_request_samples',
      help: 'Samples of slow requests that wait to be looked at',
      type: 'gauge',
      collect: (report) => report.value(slow.kept.length)
    },
    ...upstreamMetrics(upstreams, bounds)
  ]
}

function upstreamMetrics (upstreams: UpstreamMonitor, bounds: ClassicBuckets['bounds']): readonly MetricSource[] {
  const { traffic } = upstreams
  const origins: Labelled = { traffic, get size () { return upstreams.size }, labelOf: (slot) => [upstreams.originOf(slot)] }
  return [
    {
      name: 'plimsoll_monitor_upstream_calls_total',
      help: 'Calls through undici by how they ended',
      type: 'counter',
      labels: ['origin', 'class'],
      collect: (report) => forEachRecord(origins, ({ count }, labels) => report.value(count, ...labels))
    },
    durations('plimsoll_monitor_upstream_duration_seconds', 'From the making of a call to the end of its answer', ['origin'], origins, bounds),
    {
      name: 'plimsoll_monitor_upstream_in_flight_calls',
      help: 'Calls whose answer is not whole',
      type: 'gauge',
      labels: ['origin'],
      collect: (report) => forEachSlot(origins, (_records, labels, slot) => report.value(traffic.inFlight(slot), ...labels))
    }
  ]
}

interface Labelled {
  readonly traffic: Traffic
  readonly size: number
  labelOf (slot: number): readonly string[]
}

function durations (name: string, help: string, labels: readonly string[], labelled: Labelled, bounds: ClassicBuckets['bounds']): MetricSource {
  return {
    name,
    help,
    type: 'histogram',
    labels: [...labels, 'class'],
    bounds,
    collect: (report) => forEachRecord(labelled, ({ duration }, values) => report.distribution(duration.counts, duration.seconds, ...values))
  }
}

function forEachRecord (labelled: Labelled, tell: (record: ClassRecord, labelValues: readonly string[]) => void): Iterable<void> {
  return forEachSlot(labelled, (records, labels) => {
    for (const [outcome, record] of records.entries()) {
      if (record !== undefined) tell(record, [...labels, OUTCOME_CLASSES[outcome]!])
    }
  })
}

/** Those in which something has ended or is going on, one a step. */
function * forEachSlot ({ traffic, size, labelOf }: Labelled, tell: (records: ReadonlyArray<ClassRecord | undefined>, labelValues: readonly string[], slot: number) => void): Generator<void> {
  for (let slot = 0; slot < size; slot++) {
    const records = OUTCOME_CLASSES.map((_name, outcome) => traffic.recordOf(slot, outcome))
    if (traffic.inFlight(slot) === 0 && records.every((record) => record === undefined)) continue
    tell(records, labelOf(slot), slot)
    yield
  }
}

function sumOf (records: ReadonlyArray<ClassRecord | undefined>, read: (record: ClassRecord) => number): number {
  return records.reduce((sum, record) => record === undefined ? sum : sum + read(record), 0)
}
