import { FixedLimitStrategy } from './fixed-limit.ts'

/**
 * A fixed limit; when the queue is full, the oldest of the least important class goes, or the arrival itself where
 * nothing less important waits. So nothing is ever refused while something less important is kept waiting.
 */
export class PriorityStrategy extends FixedLimitStrategy {
  readonly name = 'priority'
  readonly eviction = 'least-important'
}
