import type { Buckets } from './buckets.ts'
import type { LatencyHistogram } from './latency-histogram.ts'
import { BUCKET_COUNT } from './log-linear.ts'

/** What came to a histogram since the last look, by subtracting what was there before. */
export class LatencyWindow {
  readonly #histogram: LatencyHistogram
  readonly #before: Float64Array = new Float64Array(BUCKET_COUNT)
  #count = 0
  #sum = 0

  /** The first window begins with the histogram: call {@link next} once to begin now. */
  constructor (histogram: LatencyHistogram) {
    this.#histogram = histogram
  }

  /** Ends the window and begins the next. */
  next (): { readonly count: number, readonly time: number, readonly buckets: Buckets } {
    const { counts, count, sum, lowest, highest } = this.#histogram
    const buckets: number[] = []
    if (count > this.#count) {
      for (let bucket = lowest; bucket <= highest; bucket++) {
        const came = counts[bucket]! - this.#before[bucket]!
        if (came === 0) continue
        buckets.push(bucket, came)
        this.#before[bucket] = counts[bucket]!
      }
    }
    const window = { count: count - this.#count, time: sum - this.#sum, buckets }
    this.#count = count
    this.#sum = sum
    return window
  }
}
