import type { PriorityRank } from '@plimsoll/core'

const CLASSES = 6
const WINDOW_MS = 100
const WINDOWS = 10

/** What the gate has counted since it was made; by class, in typed arrays, so that the hot path only adds. */
export class GateStats {
  readonly arrived: Float64Array = new Float64Array(CLASSES)
  readonly started: Float64Array = new Float64Array(CLASSES)
  readonly finished: Float64Array = new Float64Array(CLASSES)
  readonly refused: Float64Array = new Float64Array(CLASSES)
  /** Would have been refused, but for the dry run. */
  readonly spared: Float64Array = new Float64Array(CLASSES)
  /** Gone before they were started. */
  readonly abandoned: Float64Array = new Float64Array(CLASSES)
  /** Milliseconds in the queue of all that were started. */
  readonly waitedMs: Float64Array = new Float64Array(CLASSES)
  /** Refusals and spared ones by reason. A reason is a word of a strategy or of another check: at most 64 are kept apart. */
  readonly byReason: Map<string, number> = new Map()
  /** Handed to a `degrade` or `pressureHandler`. */
  degraded: number = 0
  /** Clock milliseconds of the last refusal, dry or not. */
  lastRefusalAt: number = -Infinity
  readonly #finishedRecently: Uint32Array = new Uint32Array(WINDOWS)
  #window = 0

  countStart (rank: PriorityRank, waitMs: number): void {
    this.started[rank]! += 1
    // Nothing to add where it was started at once, which is the rule.
    if (waitMs > 0) this.waitedMs[rank]! += waitMs
  }

  /** @param served left out of the rate where another check has refused it after it was started */
  countFinish (rank: PriorityRank, now: number, served: boolean): void {
    this.finished[rank]! += 1
    if (!served) return
    this.#turnTo(now)
    this.#finishedRecently[this.#window % WINDOWS]! += 1
  }

  countRefusal (counts: Float64Array, rank: PriorityRank, reason: string, now: number): void {
    counts[rank]! += 1
    this.lastRefusalAt = now
    const key = this.byReason.has(reason) || this.byReason.size < 64 ? reason : 'other'
    this.byReason.set(key, (this.byReason.get(key) ?? 0) + 1)
  }

  /** Requests served in the last second. */
  finishedPerSecond (now: number): number {
    this.#turnTo(now)
    return this.#finishedRecently.reduce((sum, count) => sum + count, 0)
  }

  #turnTo (now: number): void {
    const window = Math.floor(now / WINDOW_MS)
    const from = Math.max(this.#window + 1, window - WINDOWS + 1)
    for (let next = from; next <= window; next++) this.#finishedRecently[next % WINDOWS] = 0
    this.#window = window
  }
}
