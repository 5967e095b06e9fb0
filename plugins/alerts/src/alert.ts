import type { Finding, ResolvedRule } from './rule.ts'

/**
 * - `inactive`: the condition does not hold;
 * - `pending`: it holds, not yet for long enough;
 * - `firing`: it holds;
 * - `kept-firing`: it has ended, not yet for long enough;
 * - `resolved`: it has ended.
 *
 * Whether there is data is told apart, by {@link Alert.noData}: no data is neither good news nor bad.
 */
export type AlertState = 'inactive' | 'pending' | 'firing' | 'kept-firing' | 'resolved'

export type Transition = 'pending' | 'firing' | 'resolved'

type Timing = Pick<ResolvedRule, 'forMs' | 'keepFiringForMs' | 'staleAfterMs'>

/** One alert's way through its states. Pure: told what was found and when. After Prometheus' `for` and `keep_firing_for`. */
export class Alert {
  readonly #timing: Timing
  #state: AlertState = 'inactive'
  #finding: Finding = { active: false }
  /** When the condition began to hold, moved on by what was spent without data. */
  #activeSince = 0
  #endedAt = 0
  #dataAt = 0
  #noData = false
  /** A step since `#dataAt` was without data. */
  #missed = false

  constructor (timing: Timing) {
    this.#timing = timing
  }

  get state (): AlertState { return this.#state }

  get firing (): boolean { return this.#state === 'firing' || this.#state === 'kept-firing' }

  /** The last finding that there was. */
  get finding (): Finding { return this.#finding }

  /** The last step was without data. */
  get noData (): boolean { return this.#noData }

  /** @param finding what was found at `now`; `undefined`: no data */
  step (now: number, finding: Finding | undefined): Transition | undefined {
    const before = this.#state
    const gap = now - this.#dataAt
    this.#noData = finding === undefined
    if (finding === undefined) this.#withoutData(gap)
    else {
      // Time without data is no proof: `for` does not go on meanwhile.
      if (before === 'pending' && this.#missed) this.#activeSince += gap
      this.#dataAt = now
      this.#missed = false
      // One that says nothing leaves what was said last: that is what is over.
      this.#finding = finding.summary === undefined && !finding.active ? { ...this.#finding, active: false } : finding
      if (finding.active) this.#active(now)
      else this.#inactive(now)
    }
    return transition(before, this.#state)
  }

  #withoutData (gap: number): void {
    this.#missed = true
    const { staleAfterMs } = this.#timing
    if (staleAfterMs === 0 || gap < staleAfterMs) return
    if (this.firing) this.#state = 'resolved'
    else if (this.#state === 'pending') this.#state = 'inactive'
  }

  #active (now: number): void {
    if (this.firing) {
      this.#state = 'firing'
      return
    }
    if (this.#state !== 'pending') {
      this.#state = 'pending'
      this.#activeSince = now
    }
    if (now - this.#activeSince < this.#timing.forMs) return
    this.#state = 'firing'
  }

  #inactive (now: number): void {
    if (this.#state === 'firing') {
      this.#state = 'kept-firing'
      this.#endedAt = now
    }
    if (this.#state === 'kept-firing') {
      if (now - this.#endedAt >= this.#timing.keepFiringForMs) this.#state = 'resolved'
    } else if (this.#state === 'pending') this.#state = 'inactive'
  }
}

function transition (before: AlertState, after: AlertState): Transition | undefined {
  if (before === after || after === 'inactive' || after === 'kept-firing') return undefined
  return before === 'kept-firing' && after === 'firing' ? undefined : after
}
