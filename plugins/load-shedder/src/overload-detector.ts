/** Arrivals of up to this multiple of the capacity never add up to an overload. */
const REFERENCE = 1.25

/** The excess that makes an overload: that many requests, and at least that many milliseconds of work. */
const EXCESS_REQUESTS = 20
const EXCESS_MS = 80

/** The excess remembered is bounded by this multiple of the threshold, so that recovery takes no longer than onset. */
const CAP = 1.5

/** A gap between two arrivals from this length on counts in favour of the burst that follows; up to the second, and for so long. */
const GAP_MS = 20
const MAX_GAP_MS = 500
const BURST_MS = 20

/**
 * Tells an overload from a burst by a cumulative sum (CUSUM; E. S. Page, "Continuous inspection schemes", 1954): each
 * arrival adds the cost of a request, passing time takes away 1.25 of itself, never below zero. Random arrivals at
 * capacity don't get past the threshold; at twice the capacity it takes about 27 requests, at ten times two or three
 * (or 80 ms' worth of them). Time counts whether the loop could run or not: what a standstill of 200 ms (a collection, a
 * long synchronous call) has held up comes in one burst after it, and is what 200 ms bring.
 */
export class OverloadDetector {
  #excessMs = 0
  #last = 0
  #burstUntil = 0
  #overloaded = false

  get overloaded (): boolean { return this.#overloaded }

  /** Nothing left of past excess. */
  get calm (): boolean { return this.#excessMs <= 0 && !this.#overloaded }

  /** An overload may be near: a quarter of the way to it. */
  alert (costMs: number): boolean { return this.#overloaded || this.#excessMs > 0.25 * thresholdMs(costMs) }

  /** Share of the threshold that the excess amounts to; 1 and more means overloaded. */
  intensity (costMs: number): number { return Math.max(0, this.#excessMs) / thresholdMs(costMs) }

  /** A request of `costMs` has come; `waiting`: others have waited for a while. True when that makes it an overload. */
  arrive (now: number, costMs: number, waiting: boolean): boolean {
    this.pass(now)
    const threshold = thresholdMs(costMs)
    this.#excessMs = Math.min(this.#excessMs + costMs, CAP * threshold)
    if (this.#overloaded || this.#excessMs < threshold || !waiting) return false
    this.#overloaded = true
    return true
  }

  /** It was none, whatever the sum says. */
  dismiss (): void {
    this.#excessMs = 0
    this.#overloaded = false
  }

  /** Time has passed. True when that ended an overload. */
  pass (now: number): boolean {
    const gap = now - this.#last
    this.#last = now
    const left = this.#excessMs - REFERENCE * gap
    if (gap > GAP_MS) {
      this.#burstUntil = now + BURST_MS
      this.#excessMs = Math.max(-REFERENCE * MAX_GAP_MS, left)
    } else this.#excessMs = now < this.#burstUntil ? left : Math.max(0, left)
    if (!this.#overloaded || this.#excessMs > 0) return false
    this.#overloaded = false
    return true
  }
}

function thresholdMs (costMs: number): number {
  return Math.max(EXCESS_REQUESTS * costMs, EXCESS_MS)
}
