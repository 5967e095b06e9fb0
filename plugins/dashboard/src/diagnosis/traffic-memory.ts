import { bucketsIn, countIn, ERROR_CLASSES, SERVED_CLASSES, timeIn } from '@plimsoll/core'
import type { ClassTable } from '@plimsoll/core'
import { SlidingSums } from '@plimsoll/core/statistics'
import { judgeShare } from './share.ts'
import type { ShareFigures, ShareVerdict } from './share.ts'
import { ERROR_SHARE, NOW_S, RELEARN_S, SLOW_EXCESS_MS, SLOW_FACTOR, SLOW_SHARE, SPANS, UNKNOWN_FACTOR, USUAL_FACTOR } from './thresholds.ts'
import type { Span } from './thresholds.ts'
import { countAbove, Usual } from './usual.ts'

const SERVED = 0
const ERRORS = 1
const ERROR_SECONDS = 2
/** Of those whose duration says something, and their milliseconds. */
const TIMED = 3
const TIME = 4
const SLOW = 5
const SLOW_SECONDS = 6
const FIGURES = 7

const FAILING: ShareFigures = { total: SERVED, bad: ERRORS, badSeconds: ERROR_SECONDS }
const TOO_SLOW: ShareFigures = { total: TIMED, bad: SLOW, badSeconds: SLOW_SECONDS }

const NO_BUCKETS: readonly number[] = []

/** In flight, more than was answered in ten seconds, and so many times what is usual: nothing comes back. */
const STUCK_AT_LEAST = 20
const STUCK_FACTOR = 5
/** Share of the usual answers that still come. */
const STUCK_ANSWERS = 0.2
/** With each second the usual number in flight goes this far towards the newest. */
const IN_FLIGHT_PACE = 1 / 60

/** The last five minutes of a route or an upstream, of all instances together, and what is usual for it. */
export class TrafficMemory {
  readonly name: string
  readonly usual: Usual = new Usual()
  readonly #seconds: SlidingSums = new SlidingSums(FIGURES, [NOW_S, ...SPANS])
  readonly #errorThreshold: number
  #second = -1
  #inFlight = 0
  #usualInFlight = 0
  #failing: ShareVerdict | undefined
  #slow: ShareVerdict | undefined
  #suspectSince: number | undefined
  #seenAt = -1

  constructor (name: string, errorThreshold: number = ERROR_SHARE) {
    this.name = name
    this.#errorThreshold = errorThreshold
  }

  /** Begins a second: what was before is judged by then. */
  moveTo (second: number): void {
    this.#second = second
    this.#seconds.moveTo(second)
    this.#inFlight = 0
  }

  /** One instance's part of the second. @param timed its durations say something. Returns how many were slow. */
  add (classes: ClassTable, inFlight: number, timed: boolean): number {
    const served = countIn(classes, SERVED_CLASSES)
    const errors = countIn(classes, ERROR_CLASSES)
    const buckets = timed ? bucketsIn(classes) : NO_BUCKETS
    const limit = this.slowMs
    const slow = limit === undefined ? 0 : countAbove(buckets, limit)
    const timedCount = timed ? served : 0
    const timeMs = timed ? timeIn(classes, SERVED_CLASSES) / 1000 : 0
    this.#count(SERVED, served)
    this.#count(ERRORS, errors)
    this.#count(TIMED, timedCount)
    this.#count(TIME, timeMs)
    this.#count(SLOW, slow)
    this.#inFlight += inFlight
    this.#seenAt = this.#second
    this.usual.add(this.#second, buckets, { served, errors, timed: timedCount, timeMs, learn: this.#learns })
    return slow
  }

  /** Ends a second. @param disturbed something else is wrong: nothing of it is usual */
  judge (disturbed: boolean): void {
    const was = this.#failing !== undefined || this.#slow !== undefined
    const usual = this.usual.errorShare
    const threshold = usual === undefined ? UNKNOWN_FACTOR * this.#errorThreshold : Math.max(this.#errorThreshold, USUAL_FACTOR * usual)
    this.#countSecond(FAILING, threshold)
    this.#countSecond(TOO_SLOW, SLOW_SHARE)
    this.#failing = judgeShare(this.#seconds, FAILING, threshold, this.#failing)
    this.#slow = judgeShare(this.#seconds, TOO_SLOW, SLOW_SHARE, this.#slow)
    // An incident that is over must not speak for the next one.
    if (was && this.#failing === undefined && this.#slow === undefined) this.#seconds.clear()
    const suspect = disturbed || this.#failing !== undefined || this.#slow !== undefined || this.isStuck
    if (suspect && this.#suspectSince === undefined) this.usual.discardPending()
    this.#suspectSince = suspect ? this.#suspectSince ?? this.#second : undefined
    if (!suspect) this.#usualInFlight += IN_FLIGHT_PACE * (this.#inFlight - this.#usualInFlight)
  }

  /** More of it fails than usual. */
  get failing (): ShareVerdict | undefined { return this.#failing }

  /** More of it is slow than usual. */
  get slow (): ShareVerdict | undefined { return this.#slow }

  /** Hardly anything of what is under way comes back. */
  get isStuck (): boolean {
    const { rate } = this.usual
    return this.#inFlight >= Math.max(STUCK_AT_LEAST, this.#seconds.sum(SERVED, 10)) && this.#inFlight > STUCK_FACTOR * this.#usualInFlight &&
      rate !== undefined && this.#seconds.sum(SERVED, 10) < STUCK_ANSWERS * 10 * rate
  }

  /** A request is slow from so many milliseconds on; `undefined` while it is not known what is usual. */
  get slowMs (): number | undefined {
    const p95 = this.usual.quantile(0.95)
    return p95 === undefined ? undefined : Math.max(SLOW_FACTOR * p95, p95 + SLOW_EXCESS_MS)
  }

  get inFlight (): number { return this.#inFlight }

  /** Second of its last traffic. */
  get seenAt (): number { return this.#seenAt }

  served (span: Span): number { return this.#seconds.sum(SERVED, span) }

  errors (span: Span): number { return this.#seconds.sum(ERRORS, span) }

  timed (span: Span): number { return this.#seconds.sum(TIMED, span) }

  slowCount (span: Span): number { return this.#seconds.sum(SLOW, span) }

  /** Milliseconds of service time. */
  timeMs (span: Span): number { return this.#seconds.sum(TIME, span) }

  meanMs (span: Span): number | undefined {
    const timed = this.timed(span)
    return timed === 0 ? undefined : this.timeMs(span) / timed
  }

  /** Errors beyond the usual. */
  extraErrors (span: Span): number { return Math.max(0, this.errors(span) - (this.usual.errorShare ?? 0) * this.served(span)) }

  /** Milliseconds of service time beyond the usual for so many requests; what does not come back counts with the time that has passed. */
  extraMs (span: Span): number {
    const usualMs = this.usual.meanMs
    if (usualMs === undefined) return 0
    const waiting = this.isStuck ? (this.#inFlight - this.#usualInFlight) * 1000 : 0
    return Math.max(0, this.timeMs(span) - usualMs * this.timed(span)) + waiting
  }

  get #learns (): boolean { return this.#suspectSince === undefined || this.#second - this.#suspectSince >= RELEARN_S }

  #count (figure: number, amount: number): void {
    if (amount !== 0) this.#seconds.add(figure, amount)
  }

  /** A second is bad by what all instances had in it, if that was more than chance makes of the threshold. */
  #countSecond ({ total, bad, badSeconds }: ShareFigures, threshold: number): void {
    const allowed = threshold * this.#seconds.latest(total)
    if (this.#seconds.latest(bad) > allowed + 2 * Math.sqrt(allowed)) this.#seconds.add(badSeconds, 1)
  }
}
