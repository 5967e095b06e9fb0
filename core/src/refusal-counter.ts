import type { MetricReport } from './metric-source.ts'
import type { Refusal } from './refusal.ts'

// Refusals are made once and shared, so there are few; one that is made per request goes to the last slot with the rest.
const MAX_REFUSALS = 200
const REST = MAX_REFUSALS

/** How often each kind of refusal was given: one map look-up and one addition a refusal. */
export class RefusalCounter {
  readonly #slots: Map<Refusal, number> = new Map()
  readonly #counts: Float64Array = new Float64Array(MAX_REFUSALS + 1)
  #observers: ReadonlyArray<(refusal: Refusal) => void> = []

  count (refusal: Refusal): void {
    let slot = this.#slots.get(refusal)
    if (slot === undefined) {
      slot = this.#slots.size < MAX_REFUSALS ? this.#slots.size : REST
      if (slot !== REST) this.#slots.set(refusal, slot)
    }
    this.#counts[slot]! += 1
    for (const observer of this.#observers) observer(refusal)
  }

  /**
   * Tells `observer` of each refusal as it is given, in the refused request's own async context, such as for a trace; it
   * must not throw. Returns the way out.
   */
  observe (observer: (refusal: Refusal) => void): () => void {
    this.#observers = [...this.#observers, observer]
    return () => { this.#observers = this.#observers.filter((other) => other !== observer) }
  }

  get total (): number { return this.#counts.reduce((sum, count) => sum + count, 0) }

  /** Reports a series for each component and reason. */
  collect (report: MetricReport): void {
    const sums = new Map<string, { readonly by: string, readonly reason: string, count: number }>()
    for (const [{ by, reason }, slot] of this.#slots) {
      const key = JSON.stringify([by, reason])
      const sum = sums.get(key) ?? { by, reason, count: 0 }
      sum.count += this.#counts[slot]!
      sums.set(key, sum)
    }
    for (const { by, reason, count } of sums.values()) report.value(count, by, reason)
    const rest = this.#counts[REST]!
    if (rest > 0) report.value(rest, 'other', 'other')
  }
}
