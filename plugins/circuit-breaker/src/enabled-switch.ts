import type { CircuitBreaker } from './circuit-breaker.ts'
import type { CircuitBreakers } from './circuit-breakers.ts'

/** Switched off, no circuit refuses anything: all count only, but for those that somebody isolates. */
export class EnabledSwitch {
  readonly #breakers: CircuitBreakers
  #enabled = true
  // Those that were to count only anyway.
  #countingOnly: readonly CircuitBreaker[] = []

  constructor (breakers: CircuitBreakers) { this.#breakers = breakers }

  get enabled (): boolean { return this.#enabled }

  set (enabled: boolean): void {
    if (enabled === this.#enabled) return
    this.#enabled = enabled
    if (!enabled) this.#countingOnly = [...this.#breakers.values()].filter(({ settings }) => settings.metricsOnly)
    this.#breakers.configure({ metricsOnly: !enabled })
    if (enabled) for (const breaker of this.#countingOnly) breaker.setMetricsOnly(true)
  }
}
