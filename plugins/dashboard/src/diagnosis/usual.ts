import { BUCKET_COUNT, lowerBoundOf, upperBoundOf } from '@plimsoll/core'
import type { Buckets } from '@plimsoll/core'
import { LEARN_BATCHES, LEARN_DELAY_S, LEARN_REQUESTS } from './thresholds.ts'

/** Four of core's buckets are a row: eight rows to an octave, nine percent apart, is fine enough for "twice as slow". */
const ROW_SHIFT = 2
const ROWS = Math.ceil(BUCKET_COUNT / (1 << ROW_SHIFT))
const BATCH_S = 5
/** What waited for one thing together says the same only once. */
const ENOUGH_PENDING = 8
/** With each batch the older ones count for so much less: sixty of them, five minutes of traffic, are what is usual. */
const KEEP = 1 - 1 / 60

class Batch {
  readonly rows: Float32Array = new Float32Array(ROWS)
  number = -1
  timed = 0
  timeMs = 0
  served = 0
  errors = 0

  begin (number: number): void {
    this.rows.fill(0)
    this.number = number
    this.timed = this.timeMs = this.served = this.errors = 0
  }

  get isEmpty (): boolean { return this.served === 0 && this.timed === 0 }
}

/** What is usual for one route or upstream, learned from its last minutes of traffic, and how it is right now. */
export class Usual {
  readonly #pending: readonly Batch[] = Array.from({ length: LEARN_DELAY_S / BATCH_S + 1 }, () => new Batch())
  readonly #learned: Batch = new Batch()
  #current = 0
  #batches = 0

  /** What came in this second. @param learn false: leave it out of what is usual */
  add (second: number, buckets: Buckets, { timed, timeMs, served, errors, learn }: { readonly timed: number, readonly timeMs: number, readonly served: number, readonly errors: number, readonly learn: boolean }): void {
    const batch = this.#batchOf(Math.floor(second / BATCH_S), learn)
    for (let at = 0; at < buckets.length; at += 2) {
      const row = buckets[at]! >> ROW_SHIFT
      batch.rows[row] = batch.rows[row]! + buckets[at + 1]!
    }
    batch.timed += timed
    batch.timeMs += timeMs
    batch.served += served
    batch.errors += errors
  }

  /** Enough was learned to compare with. */
  get isKnown (): boolean { return this.#batches >= LEARN_BATCHES && this.#learned.timed >= LEARN_REQUESTS }

  /** Share of errors; `undefined` as long as it is not known. */
  get errorShare (): number | undefined {
    return this.#batches < LEARN_BATCHES || this.#learned.served < LEARN_REQUESTS ? undefined : this.#learned.errors / this.#learned.served
  }

  /** Milliseconds of an average request; `undefined` as long as it is not known. */
  get meanMs (): number | undefined { return this.isKnown ? this.#learned.timeMs / this.#learned.timed : undefined }

  /** Requests a second, in seconds with traffic; `undefined` as long as it is not known. */
  get rate (): number | undefined {
    const weight = (1 - KEEP ** this.#batches) / (1 - KEEP)
    return this.isKnown ? this.#learned.served / (weight * BATCH_S) : undefined
  }

  /** Milliseconds, the upper bound of the row; `undefined` as long as it is not known. */
  quantile (q: number): number | undefined { return this.isKnown ? quantileIn([this.#learned], q) : undefined }

  /** Milliseconds, of the last five to ten seconds; `undefined` when there was nothing. */
  recentQuantile (q: number): number | undefined {
    const previous = this.#pending[(this.#current + this.#pending.length - 1) % this.#pending.length]!
    return quantileIn([this.#pending[this.#current]!, previous], q)
  }

  /** Milliseconds, of what was not learned yet: since an incident began, or of the last half minute. `undefined` when there was too little. */
  pendingQuantile (q: number): number | undefined {
    const batches = this.#pending.filter(({ timed }) => timed > 0)
    const timed = batches.reduce((sum, batch) => sum + batch.timed, 0)
    return timed < ENOUGH_PENDING || batches.length < 2 ? undefined : quantileIn(batches, q)
  }

  /** What was not learned yet belongs to an incident. */
  discardPending (): void {
    for (const batch of this.#pending) batch.begin(batch.number)
  }

  #batchOf (number: number, learn: boolean): Batch {
    const current = this.#pending[this.#current]!
    if (current.number === number) return current
    this.#current = (this.#current + 1) % this.#pending.length
    const next = this.#pending[this.#current]!
    if (learn && !next.isEmpty) this.#learn(next)
    next.begin(number)
    return next
  }

  #learn (batch: Batch): void {
    const { rows } = this.#learned
    for (let row = 0; row < ROWS; row++) rows[row] = rows[row]! * KEEP + batch.rows[row]!
    this.#learned.timed = this.#learned.timed * KEEP + batch.timed
    this.#learned.timeMs = this.#learned.timeMs * KEEP + batch.timeMs
    this.#learned.served = this.#learned.served * KEEP + batch.served
    this.#learned.errors = this.#learned.errors * KEEP + batch.errors
    this.#batches++
  }
}

function quantileIn (batches: readonly Batch[], q: number): number | undefined {
  const all = batches.reduce((sum, { timed }) => sum + timed, 0)
  if (all <= 0) return undefined
  let seen = 0
  let row = 0
  for (; row < ROWS - 1; row++) {
    for (const batch of batches) seen += batch.rows[row]!
    if (seen >= q * all) break
  }
  const first = row << ROW_SHIFT
  const last = Math.min(first + (1 << ROW_SHIFT) - 1, BUCKET_COUNT - 1)
  return Math.sqrt((lowerBoundOf(first) + 1) * (upperBoundOf(last) + 1)) / 1000
}

/** How many of the observations are in buckets wholly above `ms`. */
export function countAbove (buckets: Buckets, ms: number): number {
  let count = 0
  for (let at = buckets.length - 2; at >= 0 && lowerBoundOf(buckets[at]!) > 1000 * ms; at -= 2) count += buckets[at + 1]!
  return count
}
