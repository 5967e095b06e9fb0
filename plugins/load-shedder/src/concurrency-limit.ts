import { ConcurrencyWindow } from './concurrency-window.ts'
import type { WindowSummary } from './concurrency-window.ts'
import { Congestion, INFLATED_MS } from './congestion.ts'
import { FIRST_MS } from './latency-baseline.ts'
import type { LatencyBaseline } from './latency-baseline.ts'
import type { GateState, Outcome, StrategyChange } from './strategy.ts'

/** The limit is lowered above, and raised below, this inflation of the work's duration. */
const LOWER_ABOVE = 1.6
const RAISE_BELOW = 1.3

/** A step down: to this share of what is in flight (the second, once a step has proved right), or half way, in ratios, to what Little's law asks for; not below this multiple of that. */
const FIRST_STEP = 0.5
const NEXT_STEP = 0.1
const LITTLE_MARGIN = 1.2
const MIN_LIMIT = 2

/** A step down that leaves less than this share of the throughput was wrong; less what may be chance. */
const THROUGHPUT_KEPT = 0.9
const CHANCE = 1.5

/** Requests that a window should be of, and one that decides on a step. */
const ENOUGH = 15
const ENOUGH_TO_DECIDE = 40

/** After a step that proved wrong, none is tried for so long; doubled each time, up to the longest. */
const FIRST_PAUSE_MS = 5000
const LONGEST_PAUSE_MS = 60_000

/** An experiment ends without a result after so long, and so many times the mean duration before it. */
const EXPERIMENT_MS = 5000
const EXPERIMENT_DURATIONS = 4
const MAX_SETTLE_MS = 1000

/** A limit that nothing presses against is taken away after so long. */
const RELEASE_MS = 1000

/** Share of timeouts among finished requests from which they count as a drop each, and their step. */
const TIMEOUTS = 0.9
const TIMEOUT_STEP = 0.9

/** Milliseconds of a window at least; the second sort sees what grows slowly. */
const WINDOW_MS = 100
const LONG_WINDOW_MS = 1000

const STALLED_BASELINES = 20
const STALLED_MIN_MS = 2000

/**
 * A concurrency limit that has to be earned by evidence. It is open (infinite) to begin with: a service that waits
 * 500 ms for others needs hundreds in flight from its first second. On congestion it steps down and looks what comes of
 * it: if the work gets faster and the throughput stays, requests were only queueing behind the handlers, and it goes on
 * down to about throughput times baseline (Little's law); if the throughput falls instead, the latency is the service's
 * own by now: the limit is taken away, and the baseline raised. So there is no ratchet, and no minimum that goes stale.
 * Nothing but `tick` moves it, so it recovers without traffic.
 */
export class ConcurrencyLimit {
  readonly #baseline: LatencyBaseline
  readonly #onChange: ((change: StrategyChange) => void) | undefined
  readonly #window = new ConcurrencyWindow(WINDOW_MS)
  readonly #longWindow = new ConcurrencyWindow(LONG_WINDOW_MS)
  readonly #congestion = new Congestion()
  readonly #slowCongestion = new Congestion()
  #limit = Infinity
  #before: WindowSummary | undefined
  #eager = false
  #matureAt = Infinity
  #pausedUntil = -Infinity
  #pauseMs = FIRST_PAUSE_MS
  #proved = false
  // Largest throughput under a limit.
  #peak = 0
  #probed = false
  #probeAt = -Infinity
  #probePauseMs = FIRST_PAUSE_MS
  #pressedAt = 0
  // Throughput of the last long window.
  #sustained = 0

  constructor (baseline: LatencyBaseline, onChange?: (change: StrategyChange) => void) {
    this.#baseline = baseline
    this.#onChange = onChange
  }

  get value (): number { return this.#limit }

  get open (): boolean { return this.#limit === Infinity }

  /** Requests that have run for longer hold no permit while there is a limit: hung handlers must not wedge a service. */
  get stalledAfterMs (): number {
    return this.open ? Infinity : Math.max(STALLED_MIN_MS, STALLED_BASELINES * this.#baseline.typicalMs)
  }

  started (state: GateState): void {
    this.#window.started(state.inFlight)
    this.#longWindow.started(state.inFlight)
  }

  finished (routeId: number, workMs: number, outcome: Outcome, state: GateState, overloaded: boolean): void {
    // No work was done: neither throughput nor latency.
    if (outcome === 'refused') return
    const { now, inFlight } = state
    if (this.#matureAt === Infinity) this.#matureAt = now + FIRST_MS
    const learn = this.open && !overloaded && !this.#congestion.suspect && !this.#slowCongestion.suspect
    let baselineMs = -1
    if (outcome === 'aborted') {
      // Work that was given up early says nothing; work that took long all the same says so.
      baselineMs = this.#baseline.of(routeId)
      if (workMs < baselineMs) baselineMs = 0
    } else if (outcome !== 'timeout') baselineMs = this.#baseline.sample(routeId, workMs, now, learn)
    this.#window.finished(now, workMs, baselineMs, inFlight)
    this.#longWindow.finished(now, workMs, baselineMs, inFlight)
  }

  /** After a rest without traffic: nothing that was collected before it belongs to what comes. */
  resume (now: number): void {
    this.#window.reset(now)
    this.#longWindow.reset(now)
    this.#congestion.clear()
    this.#slowCongestion.clear()
    this.#pressedAt = now
  }

  tick (state: GateState, overloaded: boolean): void {
    const now = state.now
    if (!this.open && (state.queued > 0 || state.inFlight - state.stalled >= 0.8 * this.#limit)) this.#pressedAt = now
    if (!this.open && now - this.#pressedAt > RELEASE_MS) return this.#release(now, 'recovered')
    if (this.#before !== undefined && this.#window.age(now) > EXPERIMENT_MS + EXPERIMENT_DURATIONS * this.#before.meanMs) {
      return this.#release(now, 'no-samples')
    }
    const long = this.#longWindow.close(now, ENOUGH, true)
    if (long !== undefined) this.#sustained = long.throughput
    if (long !== undefined && this.open) this.#watch(this.#slowCongestion, long, now, overloaded)
    const window = this.#window.close(now, this.#before === undefined ? ENOUGH : ENOUGH_TO_DECIDE, !this.open)
    if (window === undefined) return
    if (window.timeouts >= TIMEOUTS) this.#dropped(window, now)
    else if (this.open) this.#watch(this.#congestion, window, now, overloaded)
    else if (this.#before !== undefined) this.#conclude(window, this.#before, now)
    else this.#adjust(window, now)
  }

  #watch (congestion: Congestion, window: WindowSummary, now: number, overloaded: boolean): void {
    const reason = congestion.judge(window, overloaded)
    if (reason !== undefined && now >= Math.max(this.#pausedUntil, this.#matureAt)) this.#stepDown(window, now, reason)
  }

  #stepDown (window: WindowSummary, now: number, reason: string): void {
    const needed = Math.max(window.throughput, this.#sustained) * this.#baseline.typicalMs * LITTLE_MARGIN
    const step = this.#proved ? NEXT_STEP * window.inFlight : Math.min(FIRST_STEP * window.inFlight, Math.sqrt(window.inFlight * needed))
    const target = Math.max(MIN_LIMIT, Math.ceil(Math.max(step, needed)))
    if (target >= Math.min(this.#limit, window.inFlight)) return
    if (this.#probed) {
      this.#probeAt = now + this.#probePauseMs
      this.#probePauseMs = Math.min(2 * this.#probePauseMs, LONGEST_PAUSE_MS)
    }
    this.#probed = false
    this.#before = window
    this.#eager = false
    this.#pressedAt = now
    this.#window.reset(now, settleMs(window))
    this.#move(target, reason)
  }

  /** The first window of requests that ran under the lower limit. */
  #conclude (window: WindowSummary, before: WindowSummary, now: number): void {
    this.#before = undefined
    const kept = THROUGHPUT_KEPT - CHANCE / Math.sqrt(window.finished)
    this.#peak = Math.max(this.#peak, before.throughput)
    if (this.#pressedAt < now || window.throughput >= kept * this.#peak) {
      this.#pauseMs = FIRST_PAUSE_MS
      this.#proved = true
      return this.#adjust(window, now)
    }
    this.#pausedUntil = now + this.#pauseMs
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS)
    this.#baseline.scale(window.inflation)
    if (!this.#proved) return this.#release(now, 'latency-intrinsic')
    // The limit was right in kind, and has gone too far.
    this.#window.reset(now, settleMs(before))
    this.#move(Math.max(this.#limit, Math.ceil(before.inFlight)), 'throughput-lost')
  }

  #adjust (window: WindowSummary, now: number): void {
    if (window.inflation + window.chance < 1) this.#baseline.scale(window.inflation + window.chance)
    if (window.inflation - window.chance > LOWER_ABOVE && window.excessMs >= INFLATED_MS) {
      if (now >= this.#pausedUntil) this.#stepDown(window, now, 'queue')
    } else if (window.sampled && window.inflation < RAISE_BELOW && this.#pressedAt === now && now >= this.#probeAt) {
      this.#probed = true
      this.#move(Math.ceil(this.#limit * (this.#eager ? 1.5 : 1.1)), 'probe')
    }
  }

  #dropped (window: WindowSummary, now: number): void {
    this.#before = undefined
    const from = Math.min(this.#limit, window.inFlight)
    const target = Math.max(MIN_LIMIT, Math.floor(from * TIMEOUT_STEP))
    this.#eager = true
    this.#pressedAt = now
    if (target < this.#limit) this.#move(target, 'timeouts')
  }

  #release (now: number, reason: string): void {
    this.#before = undefined
    this.#proved = false
    this.#peak = 0
    this.#probePauseMs = FIRST_PAUSE_MS
    this.resume(now)
    this.#move(Infinity, reason)
  }

  #move (to: number, reason: string): void {
    const from = this.#limit
    this.#limit = to
    this.#onChange?.({ what: 'limit', from, to, reason })
  }
}

/** After a change of the limit, the time until not only the fast ones of a mix have finished under it (Little's law, thrice). */
function settleMs (window: WindowSummary): number {
  return 3 * Math.min(window.inFlight / window.throughput, MAX_SETTLE_MS)
}
