import type { ComponentHealth, Json } from '../component.ts'
import type { HealthReport } from '../health.ts'
import type { JournalEntry } from '../journal.ts'
import type { SettleReason } from '../request-scope.ts'
import type { VitalSigns } from '../vitals/vital-signs.ts'
import type { Buckets } from './buckets.ts'
import type { ClassTable, OutcomeClass } from './class-table.ts'

/** One second of one process: plain JSON, immutable. */
export interface Frame extends FramePart {
  /** This process: unique among the living, new after a restart. */
  readonly instance: string
  /** Rises by 1 a frame, from 1. */
  readonly sequence: number
  /** End of the window in milliseconds since the Unix epoch: for people, and to join instances. */
  readonly at: number
  /** The same on this process's monotonic clock, in milliseconds: for decisions. */
  readonly clock: number
  /** Milliseconds that it covers: 1000, or longer where the event loop stood still. */
  readonly window: number
  readonly vitals: VitalSigns
  readonly health: HealthReport
  readonly requests: RequestFigures
  readonly components: readonly ComponentFigures[]
  readonly routes: readonly RouteFigures[]
  readonly upstreams: readonly UpstreamFigures[]
  readonly figures: readonly AppFigure[]
  readonly slow: readonly SlowRequest[]
  /** Entries since the last frame, at most 200. */
  readonly journal: readonly JournalEntry[]
  /** Entries since the last frame that are not in `journal`. */
  readonly journalMissed: number
}

/** What a source adds to a frame. */
export interface FramePart {
  /** With traffic in the window, or in flight. */
  readonly routes?: readonly RouteFigures[]
  readonly upstreams?: readonly UpstreamFigures[]
  /** The application's own. */
  readonly figures?: readonly AppFigure[]
  /** Samples of slow requests, slowest first. */
  readonly slow?: readonly SlowRequest[]
}

/** How a plugin takes part in frames: core imports no plugin. All three are called in the tick, one after the other. */
export interface FrameSource {
  readonly name: string
  /** Somebody subscribes: remember the figures as they are. */
  begin (): void
  /** What came since {@link begin} or the last call, by subtraction: figures that others read as well are never reset. */
  collect (): FramePart
  /** Nobody subscribes any more: let go of what was remembered. */
  end (): void
}

export interface RequestFigures {
  /** Now. */
  readonly inFlight: number
  readonly leased: number
  readonly openStreams: number
  /** In the window. */
  readonly settled: Readonly<Record<SettleReason, number>>
}

export interface ComponentFigures {
  readonly kind: string
  readonly name: string
  readonly health: ComponentHealth
  readonly snapshot: { readonly [key: string]: Json }
}

export interface RouteFigures {
  readonly method: string
  /** Pattern, such as `/items/:id`; `(unmatched)` for paths that no route answers. */
  readonly route: string
  /** Now. */
  readonly inFlight: number
  readonly classes: ClassTable
}

export interface UpstreamFigures {
  /** Such as `https://stock.internal:8443`. */
  readonly origin: string
  /** Now. */
  readonly inFlight: number
  readonly classes: ClassTable
}

export interface AppFigure {
  readonly name: string
  readonly type: 'timer' | 'counter' | 'gauge'
  /** Of a timer or counter: in the window; of a gauge: now. */
  readonly value: number
  /** Of a timer: sum of the durations in whole microseconds, else 0. */
  readonly time: number
  /** Of a timer, else empty. */
  readonly buckets: Buckets
}

export interface SlowRequest {
  /** Its end, in milliseconds since the Unix epoch. */
  readonly at: number
  readonly method: string
  readonly route: string
  readonly outcome: OutcomeClass
  readonly status: number
  readonly ms: number
  /** Of the caller's `x-request-id`; empty where there is none. */
  readonly requestId: string
  /** Of the caller's `traceparent`; empty where there is none. */
  readonly traceId: string
}
