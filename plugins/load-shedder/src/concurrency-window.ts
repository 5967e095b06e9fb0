/** Milliseconds after which a window is complete even without enough samples. */
const MAX_MS = 3000

/** The longest that a window waits for its own mean duration to pass. */
const MAX_SETTLED_MS = 1000

/** What one window says of the service. */
export interface WindowSummary {
  /** Requests that the window is of. */
  readonly finished: number
  /** Mean number of requests in flight. */
  readonly inFlight: number
  /** Requests finished a millisecond. */
  readonly throughput: number
  /** Whether there was any latency sample among what finished. */
  readonly sampled: boolean
  /** Mean duration of the work in milliseconds. */
  readonly meanMs: number
  /** Mean duration of the work over the mean of its baselines: 1 = as ever. */
  readonly inflation: number
  /** How much of the inflation may be chance: twice its standard error (of a ratio of means, W. G. Cochran, "Sampling Techniques", 1977, 6.4). */
  readonly chance: number
  /** Mean duration beyond the baseline, in milliseconds. */
  readonly excessMs: number
  /** Share of finished requests that had timed out. */
  readonly timeouts: number
}

/**
 * Collects the finished requests of at least `minMs` milliseconds. Means, not single points. After a change of the limit, requests
 * that were started before it are left out: they tell of the earlier limit.
 */
export class ConcurrencyWindow {
  readonly #minMs: number
  #since = 0
  #settledAt = 0
  #openedAt = 0
  #waiting = false
  #finished = 0
  #timedOut = 0
  #samples = 0
  #workMs = 0
  #baselineMs = 0
  // Sums of squares, and of products of both.
  #workSquares = 0
  #baselineSquares = 0
  #products = 0
  #inFlightSum = 0
  #inFlightSamples = 0

  constructor (minMs: number) {
    this.#minMs = minMs
  }

  /** Starts anew; with a `settleMs`, after that time, at the first request that is started after now and finishes. */
  reset (now: number, settleMs = 0): void {
    if (settleMs > 0) this.#since = now
    this.#settledAt = now + settleMs
    this.#waiting = settleMs > 0
    this.#openedAt = now
    this.#finished = this.#timedOut = this.#samples = this.#workMs = this.#baselineMs = this.#workSquares = this.#baselineSquares = this.#products = this.#inFlightSum = this.#inFlightSamples = 0
  }

  /** Milliseconds since the window was opened. */
  age (now: number): number { return now - this.#openedAt }

  started (inFlight: number): void {
    this.#inFlightSum += inFlight
    this.#inFlightSamples++
  }

  /** A request is over that took `workMs`; its `baselineMs`, unless how long it took says nothing (-1: it timed out, 0: aborted). */
  finished (now: number, workMs: number, baselineMs: number, inFlight: number): void {
    if (now < this.#settledAt || now - workMs < this.#since) return
    if (this.#waiting) this.reset(now)
    this.#finished++
    this.#inFlightSum += inFlight
    this.#inFlightSamples++
    if (baselineMs > 0) {
      this.#samples++
      this.#workMs += workMs
      this.#baselineMs += baselineMs
      this.#workSquares += workMs * workMs
      this.#baselineSquares += baselineMs * baselineMs
      this.#products += workMs * baselineMs
    } else if (baselineMs < 0) this.#timedOut++
  }

  /** The summary, and a new window, if this one is complete: it has `enough` requests; `settled` asks for one as long as its mean duration, up to a second. */
  close (now: number, enough: number, settled: boolean): WindowSummary | undefined {
    const elapsed = this.age(now)
    const finished = this.#finished
    if (this.#waiting || finished === 0 || elapsed < this.#minMs) return undefined
    if (finished < enough && elapsed < MAX_MS) return undefined
    const samples = Math.max(1, this.#samples)
    const meanMs = this.#workMs / samples
    if (settled && elapsed < Math.min(meanMs, MAX_SETTLED_MS)) return undefined
    const inflation = this.#baselineMs > 0 ? this.#workMs / this.#baselineMs : 1
    const spread = this.#workSquares - 2 * inflation * this.#products + inflation * inflation * this.#baselineSquares
    const summary = {
      finished,
      inFlight: this.#inFlightSum / this.#inFlightSamples,
      throughput: finished / elapsed,
      sampled: this.#samples > 0,
      meanMs,
      inflation,
      chance: this.#baselineMs > 0 ? 2 * Math.sqrt(Math.max(0, spread)) / this.#baselineMs : 0,
      excessMs: (this.#workMs - this.#baselineMs) / samples,
      timeouts: this.#timedOut / finished
    }
    this.reset(now)
    return summary
  }
}
