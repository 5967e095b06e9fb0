import { SlidingSums, wilsonBounds } from '@plimsoll/core/statistics'

const LONG_SECONDS = 60
const SHORT_SECONDS = 15
const TOTAL = 0
const HITS = 1

/** One-sided 99.87 %: with 500 routes judged each second a looser bound would find something every night. */
const STANDARD_ERRORS = 3

export interface ShareVerdict {
  readonly active: boolean
  /** Of the last minute. */
  readonly hits: number
  readonly total: number
}

/**
 * Whether more than so large a share of requests is bad: in the last minute with statistical confidence, and in the last
 * 15 seconds still. The long window keeps a few requests from deciding, the short one ends the verdict soon after its
 * cause. Google SRE Workbook, chapter 5, on alerting with two windows.
 */
export class ShareWindows {
  readonly #sums = new SlidingSums(2, [SHORT_SECONDS, LONG_SECONDS])
  #active = false

  moveTo (second: number): void { this.#sums.moveTo(second) }

  add (total: number, hits: number): void {
    this.#sums.add(TOTAL, total)
    this.#sums.add(HITS, hits)
  }

  /** `undefined`: fewer than `minTotal` requests in the last minute. */
  judge (share: number, minTotal: number): ShareVerdict | undefined {
    const total = this.#sums.sum(TOTAL, LONG_SECONDS)
    const hits = this.#sums.sum(HITS, LONG_SECONDS)
    if (total < Math.max(1, minTotal)) {
      this.#active = false
      return undefined
    }
    // Once it is found, half the share is enough: what is just at the threshold does not come and go.
    const enough = this.#active ? share / 2 : share
    this.#active = hits > enough * total && this.#sums.sum(HITS, SHORT_SECONDS) > enough * this.#sums.sum(TOTAL, SHORT_SECONDS) &&
      (this.#active || wilsonBounds(hits, total, STANDARD_ERRORS).lower > share)
    return { active: this.#active, hits, total }
  }
}
