import type { Arrival, GateState, Outcome, RefusalReason, Strategy, StrategyName } from '../strategy.ts'

export interface FixedLimitSettings {
  /** Requests in flight at a time; an integer from 1. */
  readonly limit: number
  /** Requests that may wait, however large the limit is. */
  readonly maxQueue: number
}

/**
 * What the strategies with a limit given by the operator have in common: `limit` requests run, as many again may wait,
 * in the order of their arrival and for as long as it takes. Nothing is learned, so nothing ticks.
 */
export abstract class FixedLimitStrategy implements Strategy {
  abstract readonly name: StrategyName
  abstract readonly eviction: 'least-important' | 'oldest'
  readonly reserve: number = 1
  readonly order = 'fifo'
  readonly stalledAfterMs: number = Infinity
  readonly tickMs: number = 0
  /** May be moved while the service runs. */
  limit: number
  readonly #maxQueue: number
  #overloaded = false

  constructor ({ limit, maxQueue }: FixedLimitSettings) {
    this.limit = limit
    this.#maxQueue = maxQueue
  }

  get maxQueued (): number { return Math.min(this.#maxQueue, this.limit) }

  /** All permits are taken. */
  get overloaded (): boolean { return this.#overloaded }

  maxWaitMs (): number { return Infinity }

  arrive (_arrival: Arrival, state: GateState): RefusalReason | undefined {
    this.#look(state)
    return undefined
  }

  started (_arrival: Arrival, _waitMs: number, state: GateState): void { this.#look(state) }

  finished (_arrival: Arrival, _workMs: number, _outcome: Outcome, state: GateState): void { this.#look(state) }

  tick (): void {}

  snapshot (): Readonly<Record<string, number | string | boolean>> {
    return { limit: this.limit, maxQueued: this.maxQueued, overloaded: this.overloaded }
  }

  #look (state: GateState): void { this.#overloaded = state.inFlight >= this.limit }
}
