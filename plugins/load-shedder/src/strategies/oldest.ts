import { FixedLimitStrategy } from './fixed-limit.ts'

/**
 * A fixed limit; every arrival may wait, and when the queue is full, the one that has waited longest goes, whatever its
 * class: its client is the most likely to have given up already.
 */
export class OldestStrategy extends FixedLimitStrategy {
  readonly name = 'oldest'
  readonly eviction = 'oldest'
}
