import { BUCKET_COUNT, LatencyHistogram, lowerBoundOf, upperBoundOf } from '@plimsoll/core'

/** Of a microsecond. */
const SECONDS = 1e-6

/** Seconds; Prometheus' own defaults, from a millisecond on. */
export const DEFAULT_BOUNDS: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/**
 * Prometheus' classic buckets beside log-linear ones: counted as values come, so that a scrape has nothing to convert. A
 * log-linear bucket that a bound cuts through counts where its middle is: a bound is off by at most 1.6 %.
 */
export class ClassicBuckets {
  /** Seconds, ascending. */
  readonly bounds: readonly number[]
  /** The classic bucket of each log-linear one. */
  readonly places: Uint8Array = new Uint8Array(BUCKET_COUNT)

  /** @param bounds seconds, ascending; at most 200 */
  constructor (bounds: readonly number[]) {
    this.bounds = bounds
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
      const middle = (lowerBoundOf(bucket) + upperBoundOf(bucket)) / 2 * SECONDS
      const place = bounds.findIndex((bound) => middle <= bound)
      this.places[bucket] = place === -1 ? bounds.length : place
    }
  }
}

/** A log-linear histogram with its classic counts. */
export class ClassicHistogram {
  readonly latency: LatencyHistogram = new LatencyHistogram()
  /** Of every classic bucket, not cumulated; a live view. */
  readonly counts: Float64Array
  readonly #places: Uint8Array

  constructor ({ bounds, places }: ClassicBuckets) {
    this.counts = new Float64Array(bounds.length + 1)
    this.#places = places
  }

  record (ms: number): void { this.counts[this.#places[this.latency.record(ms)]!]! += 1 }

  /** Of all values. */
  get seconds (): number { return this.latency.sum * SECONDS }
}
