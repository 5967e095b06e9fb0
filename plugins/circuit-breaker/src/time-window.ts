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
 * SlidingTimeWindowMetrics, gobreaker's rolling buckets). Calls are dated by a clock that lags a little; what a decision is made
 * on is refreshed by the true one.
 */
export class TimeWindow implements SlidingWindow {
  readonly #clock: CallClock
  readonly #bucketMs: number
  // Made when the first bucket is over: many circuits hardly ever make a call. An array, since one so small takes less than a typed one.
  #ring: number[] | undefined
  // Where the current bucket will be in the ring, and when it ends. Its figures are kept apart until then.
  #at = 0
  #ends: number
  #calls = 0
  #failures = 0
  #slow = 0
  // Sums of the ring.
  #pastCalls = 0
  #pastFailures = 0
  #pastSlow = 0

  constructor (size: number, clock: CallClock) {
    this.#clock = clock
    this.#bucketMs = size / BUCKETS
    this.#ends = clock.exact() + this.#bucketMs
  }

  get calls (): number { return this.#pastCalls + this.#calls }

  get failures (): number { return this.#pastFailures + this.#failures }

  get slow (): number { return this.#pastSlow + this.#slow }

  record (failed: boolean, slow: boolean): void {
    const now = this.#clock.now()
    if (now >= this.#ends) this.#roll(now)
    this.#calls++
    if (failed) this.#failures++
    if (slow) this.#slow++
  }

  refresh (): void {
    const now = this.#clock.exact()
    if (now >= this.#ends) this.#roll(now)
  }

  clear (): void {
    this.#ring = undefined
    this.#calls = this.#failures = this.#slow = this.#pastCalls = this.#pastFailures = this.#pastSlow = 0
    this.#ends = this.#clock.exact() + this.#bucketMs
  }

  /** The current bucket goes into the ring; it, and the empty ones of the time that has passed since, take the place of the oldest. */
  #roll (now: number): void {
    const passed = Math.floor((now - this.#ends) / this.#bucketMs) + 1
    this.#ends += passed * this.#bucketMs
    this.#push(this.#calls, this.#failures, this.#slow)
    this.#calls = this.#failures = this.#slow = 0
    for (let left = Math.min(passed, BUCKETS) - 1; left > 0; left--) this.#push(0, 0, 0)
  }

  #push (calls: number, failures: number, slow: number): void {
    const ring = this.#ring ??= new Array<number>((BUCKETS - 1) * FIGURES).fill(0)
    const at = this.#at
    this.#pastCalls += calls - ring[at + CALLS]!
    this.#pastFailures += failures - ring[at + FAILURES]!
    this.#pastSlow += slow - ring[at + SLOW]!
    ring[at + CALLS] = calls
    ring[at + FAILURES] = failures
    ring[at + SLOW] = slow
    this.#at = at + FIGURES === ring.length ? 0 : at + FIGURES
  }
}
