const SUB_BUCKET_BITS = 6
const SUB_BUCKETS = 1 << SUB_BUCKET_BITS
/** Values are whole microseconds below 2^31, about 36 minutes. */
const LARGEST_US = 2 ** 31 - 1
const BUCKETS = bucketOf(LARGEST_US) + 1

/** What a histogram looks like in a message or a file: pairs of bucket and count. */
export interface HistogramData {
  readonly buckets: ReadonlyArray<readonly [bucket: number, count: number]>
  readonly sumMs: number
  readonly maxMs: number
}

/**
 * A log-linear histogram of durations: 64 buckets to each power of two of microseconds, so that a percentile is at most
 * 1.6 % off, in 13.5 kB and without an allocation per value (the layout of HdrHistogram and of Prometheus' native histograms).
 */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS)
  #count = 0
  #sumMs = 0
  #maxMs = 0

  record (ms: number): void {
    const us = Math.min(LARGEST_US, Math.max(0, Math.round(ms * 1000)))
    const bucket = bucketOf(us)
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#count++
    this.#sumMs += ms
    if (ms > this.#maxMs) this.#maxMs = ms
  }

  get count (): number {
    return this.#count
  }

  get maxMs (): number {
    return this.#maxMs
  }

  get meanMs (): number {
    return this.#count === 0 ? NaN : this.#sumMs / this.#count
  }

  /** The value in ms that a share of `quantile` (0 to 1) doesn't exceed; NaN when nothing was recorded. */
  quantile (quantile: number): number {
    if (this.#count === 0) return NaN
    const rank = Math.max(1, Math.ceil(quantile * this.#count))
    let seen = 0
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket] ?? 0
      if (seen >= rank) return Math.min(this.#maxMs, upperBoundUs(bucket) / 1000)
    }
    return this.#maxMs
  }

  add (other: HistogramData): this {
    for (const [bucket, count] of other.buckets) {
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count
      this.#count += count
    }
    this.#sumMs += other.sumMs
    this.#maxMs = Math.max(this.#maxMs, other.maxMs)
    return this
  }

  clear (): void {
    this.#counts.fill(0)
    this.#count = 0
    this.#sumMs = 0
    this.#maxMs = 0
  }

  toJSON (): HistogramData {
    const buckets: Array<[number, number]> = []
    this.#counts.forEach((count, bucket) => { if (count > 0) buckets.push([bucket, count]) })
    return { buckets, sumMs: this.#sumMs, maxMs: this.#maxMs }
  }
}

/** Merges what several histograms saw. */
export function mergeHistograms (parts: Iterable<HistogramData>): Histogram {
  const merged = new Histogram()
  for (const part of parts) merged.add(part)
  return merged
}

/** Below 128 a bucket holds one value; above, the leading seven bits choose it. */
function bucketOf (us: number): number {
  if (us < 2 * SUB_BUCKETS) return us
  const shift = 31 - Math.clz32(us) - SUB_BUCKET_BITS
  return shift * SUB_BUCKETS + (us >>> shift)
}

function upperBoundUs (bucket: number): number {
  if (bucket < 2 * SUB_BUCKETS) return bucket
  const shift = Math.floor(bucket / SUB_BUCKETS) - 1
  const leading = bucket - shift * SUB_BUCKETS
  return (leading + 1) * 2 ** shift - 1
}
