import { BUCKET_COUNT, bucketOf, MAX_MICROSECONDS } from './log-linear.ts'

/**
 * Every duration that was ever recorded, in log-linear buckets: 7 kB, some nanoseconds a value, nothing allocated.
 * It only grows; who wants a window of it keeps what it was before and subtracts, so any number of readers agree.
 */
export class LatencyHistogram {
  readonly #counts: Float64Array = new Float64Array(BUCKET_COUNT)
  // In a typed array, where a sum beyond 2^31 is no object of its own.
  readonly #totals: Float64Array = new Float64Array(2)
  #lowest = BUCKET_COUNT
  #highest = -1

  /** Takes milliseconds and keeps whole microseconds, 0 to 71 minutes; returns the bucket. */
  record (ms: number): number {
    // NaN and negative durations (a clock of the caller's own) count as 0.
    const us = ms >= MAX_MILLISECONDS ? MAX_MICROSECONDS : ms > 0 ? ms * 1000 + 0.5 >>> 0 : 0
    const bucket = bucketOf(us)
    this.#counts[bucket]!++
    this.#totals[COUNT]!++
    this.#totals[SUM]! += us
    if (bucket < this.#lowest) this.#lowest = bucket
    if (bucket > this.#highest) this.#highest = bucket
    return bucket
  }

  /** Values recorded. */
  get count (): number { return this.#totals[COUNT]! }

  /** Sum of the values in microseconds: whole, so sums of several histograms don't depend on their order. */
  get sum (): number { return this.#totals[SUM]! }

  /** Of every bucket; a live view, not to be written. */
  get counts (): Float64Array { return this.#counts }

  /** Lowest and highest bucket in use; `lowest` is above `highest` while it is empty. */
  get lowest (): number { return this.#lowest }
  get highest (): number { return this.#highest }
}

const MAX_MILLISECONDS = MAX_MICROSECONDS / 1000
const COUNT = 0
const SUM = 1
