import type { Arrival, GateState, RefusalReason, StrategyPorts } from '../strategy.ts'
import { FixedLimitStrategy } from './fixed-limit.ts'
import type { FixedLimitSettings } from './fixed-limit.ts'

/**
 * A fixed limit, and each arrival is refused with a probability that rises in proportion to the queue, whatever its
 * class (but never `system`): early random drops, as in RED (Floyd and Jacobson, 1993).
 */
export class RandomStrategy extends FixedLimitStrategy {
  readonly name = 'random'
  readonly eviction = 'least-important'
  readonly #random: () => number

  constructor (settings: FixedLimitSettings, ports: StrategyPorts) {
    super(settings)
    this.#random = ports.random
  }

  /** The stated function: 0 with nobody waiting, 1 with a full queue, and linear between. */
  probability (queued: number): number { return Math.min(1, queued / this.maxQueued) }

  override arrive (arrival: Arrival, state: GateState): RefusalReason | undefined {
    super.arrive(arrival, state)
    if (arrival.rank === 0) return undefined
    return this.#random() < this.probability(state.queued) ? 'probability' : undefined
  }
}
