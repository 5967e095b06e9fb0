import { median, robustDeviation, trendOf } from '@plimsoll/core/statistics'

const MINUTE_MS = 60_000

/** Minutes that the expectation is made of, and that it needs. */
const MINUTES = 15
const MIN_MINUTES = 10

/** Errors of the expectation that are remembered; with fewer than the least, what is known is taken for too small. */
const MAX_ERRORS = 60
const MIN_ERRORS = 10
const UNSURE = 1.5

/** However unsteady it was: half of the traffic is never missing by chance. */
const MAX_DEVIATION = 0.12

/** The minutes after a start are not learned from: traffic is only finding its way here. */
const SETTLE_MS = 120_000

/** Standard errors by which traffic has to differ. */
const STANDARD_ERRORS = 3

/** How long the level before a step up is remembered, as in an hour of batch work. */
const SURGE_MS = 3 * 3_600_000
const BACK_TO_NORMAL = 1.1

/** After so long, traffic that stays away is the new normal; the shorter, where it may have been chance. */
const RELEARN_MS = 3_600_000
const DOUBT_MS = 600_000

export interface ExpectedTraffic {
  /** Requests a minute. */
  readonly requests: number
  /** Requests a minute of difference that may be chance. */
  readonly margin: number
}

/**
 * How many requests a minute are to be expected: the trend of the last quarter of an hour (Theil-Sen), carried on to now, or
 * its median where that is less, so that neither the evening nor the end of a rise looks like a drop. After a step up, the
 * level before it is enough for three hours: what a batch job has brought may go with it.
 */
export class TrafficBaseline {
  #minutes: Array<readonly [at: number, requests: number]> = []
  #startedAt: number | undefined
  #slope = 0
  #middle: readonly [at: number, requests: number] = [0, 0]
  /** By what share of the expectation the minutes of the last hour were off. */
  readonly #errors: number[] = []
  /** The same of the minutes that the expectation is made of. */
  #inSample = 0
  #surge: { readonly level: number, readonly until: number } | undefined
  #calmSince: number | undefined
  #suspiciousSince: number | undefined

  /** `undefined` while there is too little to tell by. */
  expect (now: number): ExpectedTraffic | undefined {
    if (this.#minutes.length < MIN_MINUTES) return undefined
    const [at, usual] = this.#middle
    const carriedOn = usual + this.#slope * (now - at)
    const requests = Math.max(0, Math.min(carriedOn, usual, this.#surge?.level ?? Infinity))
    return { requests, margin: STANDARD_ERRORS * Math.max(Math.sqrt(requests), this.#deviation * requests) }
  }

  /** More comes than was expected, which was `level`. */
  surge (now: number, level: number): void {
    this.#surge ??= { level, until: now + SURGE_MS }
  }

  /**
   * To be told of each minute. What was found missing is not learned from, and what may be missing (`doubtful`) not at
   * once, or a drop would soon be what is expected.
   */
  learn (now: number, requests: number, verdict: 'ordinary' | 'doubtful' | 'missing'): void {
    this.#startedAt ??= now
    if (now - this.#startedAt < SETTLE_MS) return
    this.#endSurge(now, requests)
    const expected = this.expect(now)?.requests ?? 0
    if (verdict === 'ordinary') this.#suspiciousSince = undefined
    else if (now - (this.#suspiciousSince ??= now) < (verdict === 'doubtful' ? DOUBT_MS : RELEARN_MS)) return
    else if (verdict === 'missing') this.#minutes = []
    if (expected > 0 && this.#surge === undefined) this.#remember((requests - expected) / expected)
    this.#minutes.push([now, requests])
    if (this.#minutes.length > MINUTES) this.#minutes.shift()
    const { slope } = trendOf(this.#minutes)
    const [at, usual] = [median(this.#minutes.map(([at]) => at)), median(this.#minutes.map(([, requests]) => requests))]
    this.#slope = slope
    this.#middle = [at, usual]
    this.#inSample = robustDeviation(this.#minutes.map(([time, requests]) => requests - slope * (time - at))) / Math.max(1, usual)
  }

  get #deviation (): number {
    const deviation = this.#errors.length < MIN_ERRORS ? UNSURE * this.#inSample : Math.max(this.#inSample, robustDeviation(this.#errors))
    return Math.min(deviation, MAX_DEVIATION)
  }

  #remember (error: number): void {
    this.#errors.push(error)
    if (this.#errors.length > MAX_ERRORS) this.#errors.shift()
  }

  #endSurge (now: number, requests: number): void {
    if (this.#surge === undefined) return
    if (requests > BACK_TO_NORMAL * this.#surge.level) this.#calmSince = undefined
    else this.#calmSince ??= now
    if (now < this.#surge.until && (this.#calmSince === undefined || now - this.#calmSince < MINUTES * MINUTE_MS)) return
    this.#surge = undefined
    this.#calmSince = undefined
  }
}
