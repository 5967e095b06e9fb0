import type { PriorityRank } from '@plimsoll/core'

/** Clients are hashed into this many cohorts; the bound of every table by client. */
export const COHORTS = 1024

export type StrategyName = 'adaptive' | 'priority' | 'random' | 'oldest'

/**
 * Why a strategy refuses or a queued request is given up; stable words for journal, metrics and README.
 * - `limit`: no permit and no room to wait (fixed limits);
 * - `threshold`: overloaded, and more important or more modest clients fill what can be served;
 * - `probability`: lost the draw of the `random` strategy;
 * - `queue-full`: the queue is full and nothing in it was less worth keeping;
 * - `displaced`: given up for a request that is more worth keeping;
 * - `waited-too-long`: still queued when the wait bound of its class had passed.
 */
export type RefusalReason = 'limit' | 'threshold' | 'probability' | 'queue-full' | 'displaced' | 'waited-too-long'

/** A request at the gate. The gate may hand over the same object for the whole life of the request. */
export interface Arrival {
  readonly rank: PriorityRank
  /** Hash of the client, an integer in [0, {@link COHORTS}). */
  readonly cohort: number
  /** `RouteRecord.id`; -1 where unknown. */
  readonly routeId: number
  /** Clock milliseconds at which the request event fired. */
  readonly arrivedAt: number
}

/** What the gate knows, kept up to date in one object that is never replaced. Times in milliseconds. */
export interface GateState {
  readonly now: number
  /** Waiting to be started, all classes. */
  readonly queued: number
  /** The same by rank; six entries. */
  readonly queuedByRank: Readonly<Uint32Array>
  /** Started, and their work is not over (`workDone` not yet told). Streams past their first byte don't count. */
  readonly inFlight: number
  /** Of `inFlight`, those started longer than {@link Strategy.stalledAfterMs} ago. */
  readonly stalled: number
  /** How long the longest-waiting queued request has waited; 0 with an empty queue. */
  readonly oldestWaitMs: number
  /**
   * Sum since start of the time in which the event loop was not waiting for events (`loopActive` of
   * `eventLoopUtilization()`). Has to be fresh in `tick` only.
   */
  readonly busyMs: number
}

/**
 * How the work of an admitted request ended; only `ok` and `error` are samples of latency. `refused`: by another check after
 * it was started, such as an open circuit; proves nothing of what the service can do.
 */
export type Outcome = 'ok' | 'error' | 'timeout' | 'aborted' | 'refused'

/** What a strategy tells of itself when something moves; goes to the journal. */
export interface StrategyChange {
  readonly what: 'limit' | 'state'
  readonly from: number | string
  readonly to: number | string
  /** Stable word, such as `queue`, `throughput-correlation`, `latency-intrinsic`, `recovered`. */
  readonly reason: string
}

/**
 * Decides whom the gate queues, how many run at once, in which order and for how long a request may wait.
 * Pure: no I/O, no timers, no clock; driven by the gate, or by the simulation.
 *
 * The gate reads the properties afresh whenever it needs them; they change in any call. In every turn it gives up what
 * has waited longer than `maxWaitMs(rank)`, then starts queued requests, the most important class first, while
 * `inFlight < limit` (`limit + reserve` for ranks system and critical).
 */
export interface Strategy {
  readonly name: StrategyName
  /** Concurrent permits; may be `Infinity`. Stalled requests have been added already. */
  readonly limit: number
  /** Permits on top of `limit` that only `system` and `critical` may take. */
  readonly reserve: number
  /** Bound of the queue; beyond it the gate gives up the one that `eviction` names. May be more than the gate's own. */
  readonly maxQueued: number
  /** Who goes when the queue is full: the oldest of the least important class (if less important than the arrival), or the longest waiting of all. */
  readonly eviction: 'least-important' | 'oldest'
  /** Order inside a class; `system` and `critical` are always served in the order of their arrival. */
  readonly order: 'fifo' | 'lifo'
  /** Milliseconds after which an admitted request counts as stalled; may be `Infinity`. */
  readonly stalledAfterMs: number
  /** Refusing because it has to. `isUnderPressure()` reads it. */
  readonly overloaded: boolean
  /** Milliseconds between ticks that it asks for now; 0 = none until the next arrival (nothing left to recover from). */
  readonly tickMs: number
  /** Milliseconds that a queued request of the class may wait from `arrivedAt`, judged now; may be `Infinity`. */
  maxWaitMs (rank: PriorityRank): number
  /** A reason to refuse at once, or `undefined`: queue it. Allocates nothing. */
  arrive (arrival: Arrival, state: GateState): RefusalReason | undefined
  /** The gate starts the handler. `state.inFlight` counts it already. */
  started (arrival: Arrival, waitMs: number, state: GateState): void
  /** The work is over, exactly once for each started. `workMs` since the start of the handler. `state.inFlight` doesn't count it any more. */
  finished (arrival: Arrival, workMs: number, outcome: Outcome, state: GateState): void
  /** Each `tickMs` while it is not 0, and only then. Late ticks are fine: it reads `state.now`. */
  tick (state: GateState): void
  /** Figures for status route and dashboard. Allocates; not for the hot path. */
  snapshot (): Readonly<Record<string, number | string | boolean>>
}

/** What a strategy needs from outside. */
export interface StrategyPorts {
  /** A number in [0, 1). */
  random (): number
  onChange? (change: StrategyChange): void
}
