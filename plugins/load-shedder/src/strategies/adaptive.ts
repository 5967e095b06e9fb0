import type { PriorityRank } from '@plimsoll/core'
import { CohortUsage, HEAVY_LEVEL } from '../cohort-usage.ts'
import { ConcurrencyLimit } from '../concurrency-limit.ts'
import { LatencyBaseline } from '../latency-baseline.ts'
import { OverloadDetector } from '../overload-detector.ts'
import { PriorityThreshold } from '../priority-threshold.ts'
import { ServiceCost } from '../service-cost.ts'
import { slotValue } from '../slot-value.ts'
import { Trial } from '../trial.ts'
import type { Arrival, GateState, Outcome, RefusalReason, Strategy, StrategyPorts } from '../strategy.ts'

const TICK_MS = 100
const TICK_OVERLOADED_MS = 25

/** While calm, a request may wait this many baselines, or for so many requests: a burst is served late rather than refused. */
const PATIENCE_BASELINES = 9
const PATIENCE_REQUESTS = 24
const PATIENCE_MIN_MS = 100
/** Low classes are served last, so they need more of it. */
const LOW_PATIENCE = 1.4

/** A gap between two signs of life from this length on may have been a standstill of the loop. */
const STANDSTILL_MS = 20
const MAX_STANDSTILL_MS = 500

/** While overloaded, it may wait 1.25 baselines, between these bounds, and at least 1.5 requests' worth of capacity. */
const WAIT_BASELINES = 1.25
const WAIT_MIN_MS = 5
const WAIT_MAX_MS = 40
const WAIT_REQUESTS = 1.5

/** Critical requests may wait, and queue, this many times longer; and at least for so many requests. */
const CRITICAL_FACTOR = 3
const CRITICAL_REQUESTS = 8

/** A class judged against the queue ahead of it is refused in part from half of the full queue on; full means at least so many. */
const MIN_FULL = 3

/** Milliseconds over which rates are averaged. */
const RATE_MEMORY_MS = 100

/** After a rest this long, what the loop was busy with counts for no request. */
const LONG_REST_MS = 1000

/** However many are refused, at least this share of the time is there for the others. */
const LEAST_ROOM = 0.1

/** A trial fails when somebody has waited for as long as is allowed, and at least for so long; or when the queue will take that many times longer. */
const TRIAL_MIN_MS = 20
const TRIAL_QUEUE = 4

const LOW = 4
const CRITICAL = 1
const SYSTEM = 0

/**
 * The default: needs no configuration. Calm, it queues everything; overloaded (see `OverloadDetector`), it keeps the
 * queue as short as keeps the service busy, refuses the least important arrivals at once (`PriorityThreshold`, each
 * class against the queue ahead of it), serves the newest first, and lets nobody wait for long. Apart from that, a
 * concurrency limit where requests in flight only queue behind the handlers (`ConcurrencyLimit`).
 */
export class AdaptiveStrategy implements Strategy {
  readonly name = 'adaptive'
  readonly reserve = 1
  readonly maxQueued: number = Infinity
  readonly eviction = 'least-important'
  readonly #ports: StrategyPorts
  readonly #random: () => number
  readonly #baseline = new LatencyBaseline()
  readonly #cost = new ServiceCost()
  readonly #detector = new OverloadDetector()
  readonly #threshold = new PriorityThreshold()
  readonly #usage = new CohortUsage()
  readonly #trial = new Trial()
  readonly #limit: ConcurrencyLimit
  #stalled = 0
  #aliveAt = 0
  #standstillMs = 0
  #standstillUntil = 0
  #resting = true
  #justResumed = false
  #standing = false
  #arrivedSinceTick = 0
  #arrivalsPerMs = 0
  #startedSinceTick = 0
  #finishedSinceTick = 0
  #lastTick = 0
  #lastBusy = 0
  // Share of the time that is left for those that are served.
  #room = 1

  constructor (ports: StrategyPorts) {
    this.#ports = ports
    this.#random = ports.random
    this.#limit = new ConcurrencyLimit(this.#baseline, ports.onChange)
  }

  get limit (): number { return this.#limit.value + this.#stalled }

  get order (): 'fifo' | 'lifo' { return this.#refusing ? 'lifo' : 'fifo' }

  get stalledAfterMs (): number { return this.#limit.stalledAfterMs }

  get overloaded (): boolean { return this.#detector.overloaded }

  get tickMs (): number {
    if (this.#resting) return 0
    return this.#detector.overloaded ? TICK_OVERLOADED_MS : TICK_MS
  }

  maxWaitMs (rank: PriorityRank): number {
    if (!this.#refusing) return this.#patienceMs() * (rank < LOW ? 1 : LOW_PATIENCE)
    const wait = this.#overloadedWaitMs()
    return rank > CRITICAL ? wait : Math.max(CRITICAL_FACTOR * wait, CRITICAL_REQUESTS * this.#cost.ms) + this.#standstillMs
  }

  arrive (arrival: Arrival, state: GateState): RefusalReason | undefined {
    const { rank } = arrival
    if (this.#resting) this.#resume(state)
    this.#alive(state)
    // Exempt. Health checks cost next to nothing: counted with the others, they would make those seem cheap.
    if (rank === SYSTEM) return undefined
    this.#arrivedSinceTick++
    // Nearly always nobody waits, and then how long one may wait is not worth working out.
    const waiting = state.oldestWaitMs > 0 && state.oldestWaitMs >= this.#overloadedWaitMs() / 2
    if (this.#detector.arrive(state.now, this.#cost.ms, waiting)) {
      this.#trial.arm(state.now)
      this.#tellState('arrivals-above-capacity')
    }
    // Only now is it worth asking who the client is.
    if (!this.#detector.alert(this.#cost.ms)) return undefined
    const level = this.#usage.arrive(arrival.cohort)
    this.#threshold.record(rank, level)
    if (!this.#detector.overloaded) return undefined
    if (this.#trial.running) {
      const bound = Math.max(TRIAL_MIN_MS, this.#overloadedWaitMs())
      if (state.oldestWaitMs < bound && state.queued * this.#cost.ms < TRIAL_QUEUE * bound) return undefined
      this.#trial.fail(state.now)
    }
    const { queuedByRank } = state
    // One of each low class may always wait for its small share.
    if (rank >= LOW && queuedByRank[rank] === 0) return undefined
    let ahead = 0
    for (let above = 0; above <= rank; above++) ahead += slotValue(queuedByRank, above)
    if (ahead === 0) return undefined
    const share = Math.max(this.#shareBeyondCapacity(), this.#shareByQueue(rank, ahead))
    if (share <= 0) return undefined
    // Heavy clients get what the others leave: nothing ahead of them. Else their load alone would keep a queue standing.
    return level >= HEAVY_LEVEL || this.#threshold.refuses(rank, level, share, this.#random) ? 'threshold' : undefined
  }

  started ({ rank }: Arrival, _waitMs: number, state: GateState): void {
    if (rank !== SYSTEM) this.#startedSinceTick++
    this.#alive(state)
    this.#limit.started(state)
  }

  finished (arrival: Arrival, workMs: number, outcome: Outcome, state: GateState): void {
    this.#alive(state)
    if (arrival.rank === SYSTEM) return
    if (outcome !== 'refused') this.#finishedSinceTick++
    this.#limit.finished(arrival.routeId, workMs, outcome, state, this.#detector.overloaded)
  }

  tick (state: GateState): void {
    this.#alive(state)
    this.#observeCost(state)
    if (this.#detector.pass(state.now)) this.#tellState('arrivals-within-capacity')
    if (this.#detector.overloaded && this.#trial.tick(state.now, this.#cost.ms)) {
      this.#detector.dismiss()
      this.#tellState('served-in-time')
    }
    this.#stalled = state.stalled
    this.#limit.tick(state, this.#detector.overloaded)
    this.#usage.calibrate(state.now)
    this.#resting = state.queued === 0 && state.inFlight === 0 && this.#detector.calm && this.#limit.open
  }

  snapshot (): Readonly<Record<string, number | string | boolean>> {
    return {
      overloaded: this.#detector.overloaded,
      intensity: this.#detector.intensity(this.#cost.ms),
      limit: this.limit,
      baselineMs: this.#baseline.typicalMs,
      costMs: this.#cost.ms,
      maxWaitMs: this.maxWaitMs(3)
    }
  }

  /**
   * What arrives during a standstill (a collection, a long synchronous call) comes in one burst after it. So the longest
   * one is added to the patience until the queue has been empty again.
   */
  #alive (state: GateState): void {
    const gap = state.now - this.#aliveAt
    this.#aliveAt = state.now
    if (state.queued === 0) {
      this.#standing = false
      // Not at once: the burst may still be on its way through the loop.
      if (state.now > this.#standstillUntil) this.#standstillMs = 0
    }
    if (gap < STANDSTILL_MS) return
    this.#standstillUntil = state.now + STANDSTILL_MS
    this.#standstillMs = Math.max(this.#standstillMs, Math.min(gap, MAX_STANDSTILL_MS))
  }

  get #refusing (): boolean { return this.#detector.overloaded && !this.#trial.running }

  #patienceMs (): number {
    const requests = PATIENCE_REQUESTS * this.#cost.ms
    return Math.max(PATIENCE_MIN_MS, requests, PATIENCE_BASELINES * this.#baseline.typicalMs) + this.#standstillMs
  }

  #overloadedWaitMs (): number {
    const wait = Math.min(WAIT_MAX_MS, Math.max(WAIT_MIN_MS, WAIT_BASELINES * this.#baseline.typicalMs))
    return Math.max(wait, WAIT_REQUESTS * this.#cost.ms)
  }

  /** What share of the arrivals is more than can be served, by the rates of the last fraction of a second. */
  #shareBeyondCapacity (): number { return 1 - this.#room / (this.#arrivalsPerMs * this.#cost.ms) }

  /** What share to refuse by the length of the queue ahead of the class: nothing up to half of a full one. */
  #shareByQueue (rank: PriorityRank, ahead: number): number {
    const half = this.#full(rank) / 2
    return Math.min(1, (ahead + 1 - half) / half)
  }

  /** So many of a class can be served in the time that it may wait. */
  #full (rank: PriorityRank): number {
    return Math.max(MIN_FULL, this.maxWaitMs(rank) / this.#cost.ms)
  }

  #observeCost (state: GateState): void {
    const elapsed = state.now - this.#lastTick
    const refused = Math.max(0, this.#arrivedSinceTick - this.#startedSinceTick)
    // What the loop did before the first request (starting the process!) or during a rest was no request's doing.
    if (this.#justResumed) this.#justResumed = false
    else if (this.#standing) this.#cost.observe(this.#startedSinceTick, refused, elapsed)
    else if (this.#startedSinceTick + this.#finishedSinceTick > 0) {
      // Half of a request's work is taken to be in the tick of its start, and half in that of its end.
      this.#cost.observe((this.#startedSinceTick + this.#finishedSinceTick) / 2, refused, state.busyMs - this.#lastBusy)
    }
    if (elapsed > 0) {
      const weight = Math.min(1, elapsed / RATE_MEMORY_MS)
      const room = Math.max(LEAST_ROOM, 1 - refused * this.#cost.refusalMs / elapsed)
      this.#arrivalsPerMs += (this.#arrivedSinceTick / elapsed - this.#arrivalsPerMs) * weight
      this.#room += (room - this.#room) * weight
    }
    this.#lastTick = state.now
    this.#lastBusy = state.busyMs
    this.#arrivedSinceTick = this.#startedSinceTick = this.#finishedSinceTick = 0
    this.#standing = state.queued > 0
  }

  #resume (state: GateState): void {
    this.#resting = false
    this.#justResumed = this.#lastBusy === 0 || state.now - this.#lastTick > LONG_REST_MS
    this.#lastTick = state.now
    this.#limit.resume(state.now)
  }

  #tellState (reason: string): void {
    const [from, to] = this.#detector.overloaded ? ['calm', 'overloaded'] : ['overloaded', 'calm']
    this.#ports.onChange?.({ what: 'state', from, to, reason })
  }
}
