import type { CallClock } from './call-clock.ts'
import type { SlidingWindow } from './sliding-window.ts'

/** Parts of a window: it covers nine to ten tenths of its length. */
const BUCKETS = 10
// Figures of one bucket.
const CALLS = 0
const FAILURES = 1
const SLOW = 2
const FIGURES = 3

/**
 * The calls of the last `size` milliseconds, summed up in ten buckets with running totals (resilience4j's
 * SlidingTimeWindowMetrics, gobreaker's rolling buckets). A success may be dated by a clock that lags; a failure, a slow call
 * and a decision never are.
 */
export class TimeWindow implements SlidingWindow {
  readonly #clock: CallClock
  readonly #bucketMs: number
  readonly #ring: Uint32Array = new Uint32Array(BUCKETS * FIGURES)
  // Where the current bucket begins in the ring, and when it ends.
  #at = 0
  #ends: number
  calls = 0
  failures = 0
  slow = 0

  constructor (size: number, clock: CallClock) {
    this.#clock = clock
    this.#bucketMs = size / BUCKETS
    this.#ends = clock.exact() + this.#bucketMs
  }

  record (failed: boolean, slow: boolean): void {
    const bad = failed || slow
    const now = bad ? this.#clock.exact() : this.#clock.now()
    if (now >= this.#ends) this.#roll(now)
    const ring = this.#ring
    const at = this.#at
    this.calls++
    ring[at + CALLS]!++
    if (!bad) return
    if (failed) {
      this.failures++
      ring[at + FAILURES]!++
    }
    if (slow) {
      this.slow++
      ring[at + SLOW]!++
    }
  }

  refresh (): void {
    const now = this.#clock.exact()
    if (now >= this.#ends) this.#roll(now)
  }

  clear (): void {
    this.#ring.fill(0)
    this.calls = this.failures = this.slow = 0
    this.#ends = this.#clock.exact() + this.#bucketMs
  }

  #roll (now: number): void {
    const passed = Math.floor((now - this.#ends) / this.#bucketMs) + 1
    this.#ends += passed * this.#bucketMs
    for (let left = Math.min(passed, BUCKETS); left > 0; left--) {
      this.#at = this.#at === (BUCKETS - 1) * FIGURES ? 0 : this.#at + FIGURES
      this.#forget(this.#at)
    }
  }

  #forget (at: number): void {
    const ring = this.#ring
    this.calls -= ring[at + CALLS]!
    this.failures -= ring[at + FAILURES]!
    this.slow -= ring[at + SLOW]!
    ring.fill(0, at, at + FIGURES)
  }
}
