import type { Arrival, Outcome, RefusalReason, Strategy } from '../src/strategy.ts'

/** The simplest strategy: a number, set by the test, and a log of what the gate told it. */
export class FixedLimit implements Strategy {
  readonly name = 'priority'
  limit: number = 10
  reserve: number = 1
  maxQueued: number = Infinity
  eviction: Strategy['eviction'] = 'least-important'
  order: Strategy['order'] = 'fifo'
  stalledAfterMs: number = Infinity
  overloaded: boolean = false
  tickMs: number = 0
  maxWait: number = Infinity
  reason: RefusalReason | undefined
  readonly log: Array<readonly [what: string, rank: number, value: number | Outcome]> = []
  ticks: number = 0
  stalledSeen: number = 0

  constructor (fields: Partial<Pick<FixedLimit, 'limit' | 'reserve' | 'maxQueued' | 'eviction' | 'order' | 'stalledAfterMs' | 'tickMs' | 'maxWait' | 'reason'>> = {}) {
    Object.assign(this, fields)
  }

  maxWaitMs (): number { return this.maxWait }
  arrive (): RefusalReason | undefined { return this.reason }
  started (arrival: Arrival, waitMs: number): void { this.log.push(['started', arrival.rank, waitMs]) }
  finished (arrival: Arrival, _workMs: number, outcome: Outcome): void { this.log.push(['finished', arrival.rank, outcome]) }
  tick (state: Parameters<Strategy['tick']>[0]): void {
    this.ticks++
    this.stalledSeen = state.stalled
  }

  snapshot (): Record<string, number> { return { limit: this.limit } }
}
