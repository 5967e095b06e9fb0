import { bucketsIn, countIn, ERROR_CLASSES, SERVED_CLASSES } from '@plimsoll/core'
import type { ClassTable, Frame } from '@plimsoll/core'
import { STALE_AFTER_MS } from '../rule.ts'
import type { Findings, ResolvedRule, Severity } from '../rule.ts'
import { BurnWindows } from './burn-windows.ts'
import { countAbove } from './latency-baseline.ts'
import { SLO_RUNBOOK } from './runbooks.ts'

export interface SloObjective {
  readonly name: string
  /** Share of good requests that was promised, such as 0.999. */
  readonly objective: number
  /** A request is good if it took at most so many milliseconds; if left out, if this side did not fail it. */
  readonly latencyMs?: number | undefined
  /** Only requests of this route, such as `POST /checkout`; of all if left out. */
  readonly route?: string | undefined
}

interface BurnRate {
  /** How many times as fast as allowed the error budget goes. */
  readonly factor: number
  readonly longMs: number
  readonly shortMs: number
  readonly severity: Severity
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** The four pairs of windows of the Google SRE Workbook, chapter 5: 2 %, 5 %, 10 % and 10 % of a month's budget. */
const BURN_RATES: readonly BurnRate[] = [
  { factor: 14.4, longMs: HOUR_MS, shortMs: 5 * MINUTE_MS, severity: 'critical' },
  { factor: 6, longMs: 6 * HOUR_MS, shortMs: 30 * MINUTE_MS, severity: 'critical' },
  { factor: 3, longMs: 24 * HOUR_MS, shortMs: 2 * HOUR_MS, severity: 'warning' },
  { factor: 1, longMs: 72 * HOUR_MS, shortMs: 6 * HOUR_MS, severity: 'warning' }
]

/** Bad requests in the long window, below which nobody is woken: at night, one of twenty is no incident. */
const MIN_BAD = 5

/** The four rules of an objective. */
export function sloRules (objective: SloObjective): ResolvedRule[] {
  const budget = new SloBudget(objective)
  return BURN_RATES.map(rate => ({
    name: `slo-${objective.name}-${rate.factor}x`,
    severity: rate.severity,
    forMs: 0,
    keepFiringForMs: 60_000,
    coolDownMs: 300_000,
    staleAfterMs: STALE_AFTER_MS,
    runbook: SLO_RUNBOOK,
    evaluate: frame => budget.judge(frame, rate)
  }))
}

/** One memory for the four rules of an objective: what they judge is fed once a frame. */
class SloBudget {
  readonly #objective: SloObjective
  readonly #windows = new BurnWindows()
  #fedSequence = -1

  constructor (objective: SloObjective) {
    this.#objective = objective
  }

  /** The error budget is being burnt `factor` times too fast, over the long window and over the short one still. */
  judge (frame: Frame, { factor, longMs, shortMs }: BurnRate): Findings {
    this.#feed(frame)
    const budget = 1 - this.#objective.objective
    const long = this.#windows.over(longMs)
    const short = this.#windows.over(shortMs)
    if (long.total === 0) return undefined
    const active = long.bad >= MIN_BAD && long.share > factor * budget && short.share > factor * budget
    return {
      active,
      value: long.share / budget,
      threshold: factor,
      summary: `${long.bad} of ${long.total} requests in ${hours(longMs)} were not as promised: the error budget of ${(100 * budget).toPrecision(2)} % goes ${(long.share / budget).toFixed(1)} times as fast as it may (in the last ${hours(shortMs)}: ${(short.share / budget).toFixed(1)})`
    }
  }

  #feed (frame: Frame): void {
    if (frame.sequence === this.#fedSequence) return
    this.#fedSequence = frame.sequence
    const { route, latencyMs } = this.#objective
    let total = 0
    let bad = 0
    for (const figures of frame.routes) {
      if (route !== undefined && route !== `${figures.method} ${figures.route}`) continue
      total += countIn(figures.classes, SERVED_CLASSES)
      bad += latencyMs === undefined ? countIn(figures.classes, ERROR_CLASSES) : slowerThan(figures.classes, latencyMs)
    }
    this.#windows.add(frame.clock, total, bad)
  }
}

function slowerThan (classes: ClassTable, ms: number): number { return countAbove(bucketsIn(classes), ms) }

function hours (ms: number): string {
  return ms < HOUR_MS ? `${ms / MINUTE_MS} minutes` : ms === HOUR_MS ? 'an hour' : `${ms / HOUR_MS} hours`
}
