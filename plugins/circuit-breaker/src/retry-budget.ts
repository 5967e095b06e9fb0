import type { Clock } from '@plimsoll/core'

export interface RetryBudgetOptions {
  /** Retries that each call earns. */
  readonly ratio: number
  /** Retries a second that are allowed without being earned. */
  readonly minPerSecond: number
}

/** Retries that may be saved up: a burst of failures spends no more than these at once. */
const SAVED = 10

/**
 * Keeps retries to a share of the calls, so that they can't multiply the load of what is failing already: a token bucket that
 * calls fill and retries empty (Finagle's RetryBudget, gRPC's retry throttling).
 */
export class RetryBudget {
  readonly #ratio: number
  readonly #minPerSecond: number
  readonly #clock: Clock
  readonly #most: number
  #balance: number
  #at: number

  constructor ({ ratio, minPerSecond }: RetryBudgetOptions, clock: Clock) {
    this.#ratio = ratio
    this.#minPerSecond = minPerSecond
    this.#clock = clock
    this.#most = SAVED + minPerSecond
    this.#balance = this.#most
    this.#at = clock.now()
  }

  /** A first call was made. */
  deposit (): void { this.#add(this.#ratio) }

  /** Whether a retry may be made; it is paid for. */
  withdraw (): boolean {
    const now = this.#clock.now()
    this.#add((now - this.#at) / 1000 * this.#minPerSecond)
    this.#at = now
    if (this.#balance < 1) return false
    this.#balance--
    return true
  }

  #add (retries: number): void { this.#balance = Math.min(this.#most, this.#balance + retries) }
}
