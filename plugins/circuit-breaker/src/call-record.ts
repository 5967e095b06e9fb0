import type { CallClock } from './call-clock.ts'
import type { CircuitBreakerSettings } from './options.ts'
import { slidingWindow } from './sliding-window.ts'
import type { SlidingWindow } from './sliding-window.ts'
import type { TransitionReason } from './transition.ts'

/** Rates from 0 to 1. */
export interface WindowFigures {
  readonly calls: number
  readonly failureRate: number
  readonly slowRate: number
}

/** How the last calls of a closed circuit ended, and whether that is too bad. */
export class CallRecord {
  readonly #window: SlidingWindow
  #failuresInARow = 0

  constructor (settings: CircuitBreakerSettings, time: CallClock) { this.#window = slidingWindow(settings, time) }

  /** @returns the threshold that has been reached, if any */
  add (failed: boolean, slow: boolean, settings: CircuitBreakerSettings): TransitionReason | undefined {
    const window = this.#window
    window.record(failed, slow)
    this.#failuresInARow = failed ? this.#failuresInARow + 1 : 0
    if ((window.failures === 0 && window.slow === 0) || this.#reached(settings) === undefined) return undefined
    // The window may hold calls that are too old by now.
    window.refresh()
    return this.#reached(settings)
  }

  figures (): WindowFigures {
    this.#window.refresh()
    const { calls, failures, slow } = this.#window
    return { calls, failureRate: calls === 0 ? 0 : failures / calls, slowRate: calls === 0 ? 0 : slow / calls }
  }

  clear (): void {
    this.#window.clear()
    this.#failuresInARow = 0
  }

  #reached (settings: CircuitBreakerSettings): TransitionReason | undefined {
    const { calls, failures, slow } = this.#window
    if (settings.consecutiveFailures > 0 && this.#failuresInARow >= settings.consecutiveFailures) return 'consecutive-failures'
    if (calls < settings.minimumNumberOfCalls) return undefined
    // Divided, not multiplied: 3 of 30 is 0.1, but 0.1 * 30 is more than 3.
    if (failures / calls >= settings.failureRateThreshold) return 'failure-rate'
    return slow / calls >= settings.slowCallRateThreshold ? 'slow-call-rate' : undefined
  }
}
