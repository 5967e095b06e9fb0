import type { ComponentHealth, Json } from '@plimsoll/core'

/**
 * One second as a viewer sees it: of the whole cluster, or of one instance. Ready to be shown, and sent as the event
 * `metrics`: percentiles are computed here, from merged buckets, so that a page need not.
 */
export interface View {
  /** Rises by one a second: the event's id. */
  readonly id: number
  /** End of the newest second in milliseconds since the Unix epoch. */
  readonly at: number
  /** `all`, or the id of the instance that was asked for. */
  readonly of: string
  readonly status: Diagnosis
  readonly traffic: TrafficView
  readonly saturation: Saturation
  /** Row and count alternately, rows ascending: one column of the heatmap. See {@link heatRowOf}. */
  readonly heat: readonly number[]
  /** By time spent in them, most first; at most 50. */
  readonly routes: readonly RouteView[]
  /** At most 50. */
  readonly upstreams: readonly UpstreamView[]
  /** Breakers, limits, pools, shedders, coordinators and what else protects or is protected; worst first, at most 50. */
  readonly protections: readonly Protection[]
  /** Since the last second: alerts that changed, and journal entries worth a mark on the charts. At most 50. */
  readonly marks: readonly Mark[]
  /** Firing and pending, worst first; at most 50. */
  readonly alerts: readonly AlertView[]
  readonly instances: readonly InstanceView[]
}

/** The sentence at the top of the page. */
export interface Diagnosis {
  readonly level: 'ok' | 'notice' | 'warning' | 'critical'
  /** Such as "refusing 38 % of low since 02:14: event loop 97 %, most time in GET /search". Times in it are UTC. */
  readonly sentence: string
  /** Milliseconds since the Unix epoch; null while all is well. */
  readonly since: number | null
  readonly symptom: 'none' | 'errors' | 'latency' | 'refusals' | 'memory' | 'stall' | 'coordination' | 'health'
  /** What to look at. `unknown` says that nothing seen explains the symptom. */
  readonly cause: { readonly kind: 'none' | 'unknown' | 'route' | 'upstream' | 'component' | 'instance' | 'client' | 'traffic', readonly name: string, readonly instance: string | null }
  readonly evidence: ReadonlyArray<{ readonly label: string, readonly value: string }>
}

/** Rates are per second, shares 0 to 1, times milliseconds; null where there was nothing to measure. */
export interface TrafficView {
  readonly requests: number
  readonly errorShare: number
  readonly refused: number
  readonly aborted: number
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly inFlight: number
  readonly openStreams: number
}

/** Never averaged over instances: the worst one's figure, and which it is. */
export interface Saturation {
  /** Share of the second that the event loop was busy. */
  readonly loop: Worst
  /** Longest delay of the event loop in milliseconds. */
  readonly loopDelay: Worst
  /** Cores in use. */
  readonly cpu: Worst
  /** Bytes that survived the last garbage collections. */
  readonly heapFloor: Worst
  /** Share of the limit that holds for the process. */
  readonly memory: Worst
  /** Share of the second spent collecting garbage. */
  readonly gc: Worst
  /** Longest pause of the garbage collector in milliseconds. */
  readonly gcPause: Worst
}

export interface Worst {
  readonly value: number
  readonly instance: string
}

export interface RouteView {
  readonly method: string
  /** Pattern, such as `/items/:id`. */
  readonly route: string
  readonly requests: number
  readonly errorShare: number
  readonly refused: number
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly inFlight: number
  /** Milliseconds of service time a second: of 4 requests that took 250 ms each, 1000. */
  readonly time: number
}

export interface UpstreamView {
  readonly origin: string
  readonly requests: number
  readonly errorShare: number
  readonly p50: number | null
  readonly p99: number | null
  readonly inFlight: number
}

export interface Protection {
  readonly kind: string
  /** Of the component, or of the breaker, limit or pool in it. */
  readonly name: string
  readonly instance: string
  readonly level: Diagnosis['level']
  /** A few words with figures, such as "open for 12 s, 340 refused". */
  readonly text: string
  /** What a breaker stands before whose name does not say it. */
  readonly origins?: readonly string[]
}

/** A vertical line on every chart. */
export interface Mark {
  readonly at: number
  readonly kind: 'alert' | 'journal'
  readonly severity: 'info' | 'warning' | 'error'
  readonly instance: string
  readonly component: string
  readonly event: string
  readonly text: string
}

export interface AlertView {
  readonly rule: string
  readonly state: 'pending' | 'firing' | 'resolved'
  readonly severity: string
  readonly instance: string
  readonly since: number
  readonly summary: string
}

export interface InstanceView {
  readonly instance: string
  /** The one that answers. */
  readonly self: boolean
  /** `stale` after 2.5 s without a frame; removed after a minute. */
  readonly state: 'live' | 'stale'
  readonly at: number
  readonly requests: number
  readonly errorShare: number
  readonly p99: number | null
  readonly loop: number
  readonly cpu: number
  readonly memory: number
  readonly live: boolean
  readonly ready: boolean
  readonly degraded: boolean
  readonly reasons: readonly string[]
}

/** `GET /components`: everything that runs, also a third party's. */
export interface ComponentDetail {
  readonly kind: string
  readonly name: string
  readonly instance: string
  readonly health: ComponentHealth
  readonly snapshot: { readonly [key: string]: Json }
}
