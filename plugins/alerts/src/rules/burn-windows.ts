const MINUTE_MS = 60_000

/** Three days of minutes: what the longest window needs, 69 kB. */
const MINUTES = 3 * 24 * 60

export interface WindowShare {
  readonly total: number
  readonly bad: number
  /** Of the requests of the whole window: what was before the start counts as good, at the same rate. */
  readonly share: number
}

/** Good and bad requests by the minute, over windows of five minutes to three days; kept as sums since the start, so that a window is a difference. */
export class BurnWindows {
  readonly #totals = new Float64Array(MINUTES + 1)
  readonly #bads = new Float64Array(MINUTES + 1)
  #minute = 0
  #startedAt: number | undefined
  #total = 0
  #bad = 0

  add (now: number, total: number, bad: number): void {
    this.#startedAt ??= now
    const minute = Math.floor((now - this.#startedAt) / MINUTE_MS)
    // At the end of a minute, and of those in which nothing was told.
    for (; this.#minute < minute; this.#minute++) this.#write(this.#minute + 1)
    this.#total += total
    this.#bad += bad
  }

  over (ms: number): WindowShare {
    const minutes = Math.min(Math.round(ms / MINUTE_MS), MINUTES)
    const from = Math.max(0, this.#minute + 1 - minutes)
    const total = this.#total - this.#at(this.#totals, from)
    const bad = this.#bad - this.#at(this.#bads, from)
    const seen = Math.min(1, (this.#minute + 1) / minutes)
    return { total, bad, share: total === 0 ? 0 : bad / total * seen }
  }

  /** Sums up to the beginning of a minute. */
  #at (sums: Float64Array, minute: number): number { return minute === 0 ? 0 : sums[minute % (MINUTES + 1)]! }

  #write (minute: number): void {
    this.#totals[minute % (MINUTES + 1)] = this.#total
    this.#bads[minute % (MINUTES + 1)] = this.#bad
  }
}
