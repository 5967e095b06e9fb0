import type { Plan } from './plan.ts'

export interface Limits {
  /** Shops at the same time. */
  readonly atOnce: number
  /** Processors that their plans may keep busy together. */
  readonly cpu: number
  /** Shops at the same time that burn. */
  readonly burning: number
  /** Seconds between two starts: a start compiles. */
  readonly betweenStarts: number
}

/**
 * What is recorded when. Those that burn first, since few of them may run at the same time, and of the others the longest
 * first, so that all end at about the same time (Graham, "Bounds on multiprocessing timing anomalies", 1969). Pure: told the time.
 */
export class Schedule {
  readonly #limits: Limits
  readonly #waiting: Plan[]
  readonly #running = new Set<Plan>()
  #lastStart = -Infinity

  constructor (plans: readonly Plan[], limits: Limits) {
    this.#limits = limits
    this.#waiting = [...plans].sort((a, b) => Number(b.burns) - Number(a.burns) || b.seconds - a.seconds)
  }

  get done (): boolean { return this.#waiting.length === 0 && this.#running.size === 0 }

  get running (): number { return this.#running.size }

  get waiting (): number { return this.#waiting.length }

  /** Plan that may begin at `now` (seconds); it counts as running from then on. */
  next (now: number): Plan | undefined {
    const { atOnce, betweenStarts } = this.#limits
    if (this.#running.size >= atOnce || now - this.#lastStart < betweenStarts) return undefined
    const index = this.#waiting.findIndex(plan => this.#fits(plan))
    const [plan] = index === -1 ? [] : this.#waiting.splice(index, 1)
    if (plan === undefined) return undefined
    this.#lastStart = now
    this.#running.add(plan)
    return plan
  }

  ended (plan: Plan): void { this.#running.delete(plan) }

  /** One that alone is too much for the limits runs alone. */
  #fits ({ cpu, burns }: Plan): boolean {
    if (this.#running.size === 0) return true
    const running = [...this.#running]
    const busy = running.reduce((sum, plan) => sum + plan.cpu, cpu)
    return busy <= this.#limits.cpu && (!burns || running.filter(plan => plan.burns).length < this.#limits.burning)
  }
}

/** Seconds that a schedule takes, each plan with so many more for its start and end. */
export function predictedSeconds (plans: readonly Plan[], limits: Limits, more: number): number {
  const schedule = new Schedule(plans, limits)
  const ends: Array<{ readonly plan: Plan, readonly at: number }> = []
  let now = 0
  for (; !schedule.done; now++) {
    for (const { plan } of ends.filter(({ at }) => at <= now)) schedule.ended(plan)
    ends.splice(0, ends.length, ...ends.filter(({ at }) => at > now))
    const plan = schedule.next(now)
    if (plan !== undefined) ends.push({ plan, at: now + plan.seconds + more })
  }
  return now
}
