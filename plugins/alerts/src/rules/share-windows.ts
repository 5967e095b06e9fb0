import { SlidingSum } from '../statistics/sliding-sum.ts'
import { wilsonBounds } from '../statistics/wilson.ts'

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
  readonly #long = new SlidingSum(2, LONG_SECONDS)
  readonly #short = new SlidingSum(2, SHORT_SECONDS)
  #active = false

  moveTo (second: number): void {
    this.#long.moveTo(second)
    this.#short.moveTo(second)
  }

  add (total: number, hits: number): void {
    for (const window of [this.#long, this.#short]) {
      window.add(TOTAL, total)
      window.add(HITS, hits)
    }
  }

  /** `undefined`: fewer than `minTotal` requests in the last minute. */
  judge (share: number, minTotal: number): ShareVerdict | undefined {
    const total = this.#long.sum(TOTAL)
    const hits = this.#long.sum(HITS)
    if (total < Math.max(1, minTotal)) {
      this.#active = false
      return undefined
    }
    // Once it is found, half the share is enough: what is just at the threshold does not come and go.
    const enough = this.#active ? share / 2 : share
    this.#active = hits > enough * total && this.#short.sum(HITS) > enough * this.#short.sum(TOTAL) &&
      (this.#active || wilsonBounds(hits, total, STANDARD_ERRORS).lower > share)
    return { active: this.#active, hits, total }
  }
}
