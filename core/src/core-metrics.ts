import type { Components } from './components.ts'
import type { Journal } from './journal.ts'
import type { Metrics } from './metrics.ts'
import type { RefusalCounter } from './refusal-counter.ts'
import type { VitalSigns } from './vitals/vital-signs.ts'

/** What core's own metrics read. */
export interface CoreMetricPorts {
  readonly metrics: Metrics
  readonly vitals: SampledVitals
  readonly scopes: { readonly inFlight: number, readonly leased: number, readonly streams: number }
  readonly refusals: RefusalCounter
  readonly journal: Journal
  readonly components: Components
  readonly admin: { readonly refused: { readonly unauthenticated: number, readonly forbidden: number } }
}

interface SampledVitals {
  readonly latest: VitalSigns | undefined
  subscribe (listener: () => void): () => void
}

/** Windows, of a second each, for which vitals are sampled after the last scrape: nobody pays for a scraper that isn't there. */
export const SCRAPE_LEASE = 300

const HEALTH_CODE = { ok: 0, degraded: 1, failing: 2 } as const

/** Gauges of the last window; absent in the first scrape, which begins the sampling. */
const VITAL_GAUGES: ReadonlyArray<readonly [name: string, help: string, read: (signs: VitalSigns) => number | undefined]> = [
  ['event_loop_utilization_ratio', 'Share of the last second in which the event loop was busy', ({ eventLoop }) => eventLoop.utilization],
  ['cpu_used_cores', 'Cores used by the process in the last second', ({ cpu }) => cpu.used],
  ['cpu_available_cores', 'Cores that the process may use: the smallest cgroup quota, at most the machine\'s', ({ cpu }) => cpu.available],
  ['cpu_throttled_ratio', 'Share of scheduler periods in which the cgroup was throttled', ({ cpu }) => cpu.throttled],
  ['memory_resident_bytes', 'Resident memory of the process', ({ memory }) => memory.rss],
  ['memory_limit_bytes', 'Smallest memory limit in force: cgroup, its parents, or the machine', ({ memory }) => memory.limit],
  ['memory_cgroup_usage_bytes', 'Usage of the cgroup nearest its limit, without droppable file cache', ({ memory }) => memory.cgroup?.usage],
  ['memory_utilization_ratio', 'How near the nearest memory limit is', ({ memory }) => memory.utilization],
  ['heap_used_bytes', 'Used V8 heap', ({ memory }) => memory.heapUsed],
  ['heap_limit_bytes', 'Bytes at which the heap is at its end', ({ memory }) => memory.heapLimit],
  ['heap_floor_bytes', 'Old and large-object space after the last major collection', ({ memory }) => memory.oldSpaceFloor],
  ['external_memory_bytes', 'Memory outside the heap that V8 knows of', ({ memory }) => memory.external],
  ['gc_share_ratio', 'Share of the last second spent in garbage collection', ({ gc }) => gc.share],
  ['gc_longest_pause_seconds', 'Longest garbage collection of the last second', ({ gc }) => gc.longestPause / 1000]
]

/** Registers what core itself tells. */
export function registerCoreMetrics ({ metrics, vitals, scopes, refusals, journal, components, admin }: CoreMetricPorts): void {
  const leased = new LeasedVitals(vitals)
  for (const [name, help, read] of VITAL_GAUGES) {
    metrics.register({
      name: `plimsoll_core_${name}`,
      help,
      type: 'gauge',
      collect (report) {
        const signs = leased.latest
        const value = signs && read(signs)
        if (value !== undefined) report.value(value)
      }
    })
  }
  metrics.register({
    name: 'plimsoll_core_event_loop_delay_seconds',
    help: 'How late timers fired in the last second',
    type: 'gauge',
    labels: ['statistic'],
    collect (report) {
      const delay = leased.latest?.eventLoop.delay
      if (delay !== undefined) for (const [statistic, ms] of Object.entries(delay)) report.value(ms / 1000, statistic)
    }
  })
  metrics.register({ name: 'plimsoll_core_in_flight_requests', help: 'Requests that have not settled, of those that somebody watches', type: 'gauge', collect: (report) => report.value(scopes.inFlight) })
  metrics.register({ name: 'plimsoll_core_leased_requests', help: 'Requests whose client has its answer or is gone, and whose handler still works', type: 'gauge', collect: (report) => report.value(scopes.leased) })
  metrics.register({ name: 'plimsoll_core_open_streams', help: 'Streams, server-sent events and upgraded connections that are open', type: 'gauge', collect: (report) => report.value(scopes.streams) })
  metrics.register({ name: 'plimsoll_core_refused_requests_total', help: 'Requests refused before routing', type: 'counter', labels: ['component', 'reason'], collect: (report) => refusals.collect(report) })
  metrics.register({
    name: 'plimsoll_core_journal_entries_total',
    help: 'Entries written to the journal',
    type: 'counter',
    labels: ['severity'],
    collect (report) { for (const [severity, count] of Object.entries(journal.counts)) report.value(count, severity) }
  })
  metrics.register({
    name: 'plimsoll_core_component_health_status',
    help: 'Health of each component: 0 ok, 1 degraded, 2 failing',
    type: 'gauge',
    labels: ['kind', 'name'],
    collect (report) { for (const component of components.list()) report.value(HEALTH_CODE[components.healthOf(component).status], component.kind, component.name) }
  })
  metrics.register({
    name: 'plimsoll_core_admin_refused_requests_total',
    help: 'Requests to the admin surface refused for want of authentication or role',
    type: 'counter',
    labels: ['reason'],
    collect (report) { for (const [reason, count] of Object.entries(admin.refused)) report.value(count, reason) }
  })
}

/** Vitals that are sampled while somebody reads them. */
class LeasedVitals {
  readonly #vitals: SampledVitals
  #unread = 0
  #leave: (() => void) | undefined

  constructor (vitals: SampledVitals) {
    this.#vitals = vitals
  }

  get latest (): VitalSigns | undefined {
    this.#unread = 0
    this.#leave ??= this.#vitals.subscribe(() => this.#window())
    return this.#vitals.latest
  }

  #window (): void {
    if (++this.#unread < SCRAPE_LEASE) return
    this.#leave?.()
    this.#leave = undefined
  }
}
