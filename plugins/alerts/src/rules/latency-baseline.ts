import { bucketOf, quantileOf } from '@plimsoll/core'
import type { Buckets } from '@plimsoll/core'
import { median, robustDeviation } from '@plimsoll/core/statistics'

/** A batch is closed with so many requests after a minute, or with the fewer after ten. */
const BATCH_MS = 60_000
const BATCH_REQUESTS = 100
const LONG_BATCH_MS = 600_000
const LONG_BATCH_REQUESTS = 30

/** P99s that are remembered, and that a baseline needs. */
const MAX_BATCHES = 60
const MIN_BATCHES = 5

/** Robust deviations above the baseline that are never too slow: some routes vary. */
const DEVIATIONS = 6

/**
 * What P99 is usual for a route: the median of the P99s of the last hour's minutes (longer where there is little traffic),
 * so that a bad minute in ten, a deployment or the seconds after a start change nothing. What was found too slow is not
 * learned from, or an incident would become the rule.
 */
export class LatencyBaseline {
  readonly #p99s: number[] = []
  #batch: Map<number, number> = new Map()
  #requests = 0
  #openedAt: number | undefined
  #spoilt = false
  #median = NaN
  #deviation = 0

  /** Usual P99 in milliseconds; `undefined` while it is being learned. */
  get usualMs (): number | undefined { return this.#p99s.length < MIN_BATCHES ? undefined : this.#median }

  /** From so many milliseconds on a request is too slow. */
  limitMs (factor: number, minExcessMs: number): number | undefined {
    const usual = this.usualMs
    return usual === undefined ? undefined : Math.max(factor * usual, usual + minExcessMs, usual + DEVIATIONS * this.#deviation)
  }

  /** @param suspicious the route is being found too slow */
  learn (now: number, buckets: Buckets, suspicious: boolean): void {
    this.#openedAt ??= now
    this.#spoilt ||= suspicious
    for (let index = 0; index < buckets.length; index += 2) {
      const bucket = buckets[index]!
      const count = buckets[index + 1]!
      this.#batch.set(bucket, (this.#batch.get(bucket) ?? 0) + count)
      this.#requests += count
    }
    const age = now - this.#openedAt
    if (age < BATCH_MS || this.#requests < LONG_BATCH_REQUESTS || (age < LONG_BATCH_MS && this.#requests < BATCH_REQUESTS)) return
    if (!this.#spoilt) this.#remember(quantileOf(flat(this.#batch), 0.99))
    this.#batch = new Map()
    this.#requests = 0
    this.#openedAt = now
    this.#spoilt = false
  }

  /** Forgets everything: what was too slow for so long is the new usual. */
  forget (): void {
    this.#p99s.length = 0
    this.#spoilt = true
  }

  #remember (p99: number): void {
    this.#p99s.push(p99)
    if (this.#p99s.length > MAX_BATCHES) this.#p99s.shift()
    this.#median = median(this.#p99s)
    this.#deviation = robustDeviation(this.#p99s, this.#median)
  }
}

/** How many of the observations are in buckets that lie wholly above `ms`. */
export function countAbove (buckets: Buckets, ms: number): number {
  const limit = bucketOf(Math.round(ms * 1000))
  let count = 0
  for (let index = buckets.length - 2; index >= 0 && buckets[index]! > limit; index -= 2) count += buckets[index + 1]!
  return count
}

function flat (counts: ReadonlyMap<number, number>): Buckets {
  return [...counts].sort(([a], [b]) => a - b).flat()
}
