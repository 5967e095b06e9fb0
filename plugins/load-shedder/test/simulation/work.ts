import type { PriorityRank } from '@plimsoll/core'
import type { Outcome } from '../../src/strategy.ts'
import type { NodeProcess } from './node-process.ts'

/** What a stage of a handler waits for after its CPU time. */
export type Await =
  | { readonly kind: 'time', readonly ms: () => number }
  | { readonly kind: 'pool', readonly pool: DownstreamPool }
  /** Waits that long and then answers with a timeout of its own. */
  | { readonly kind: 'timeout', readonly ms: () => number }

export interface Stage {
  readonly cpuMs: () => number
  readonly then?: Await
}

/** One sort of request: the stages of its handler, one after the other. */
export interface WorkKind {
  readonly name: string
  readonly routeId: number
  readonly stages: () => readonly Stage[]
}

/** A connection pool, or another service: `size` at a time, first in first out, whatever comes beyond waits there. */
export class DownstreamPool {
  readonly #freeAt: number[]
  readonly #serviceMs: (now: number) => number

  constructor (size: number, serviceMs: (now: number) => number) {
    this.#freeAt = new Array<number>(size).fill(0)
    this.#serviceMs = serviceMs
  }

  /** When a call made now is answered. */
  call (now: number): number {
    const free = this.#freeAt
    let soonest = 0
    for (let index = 1; index < free.length; index++) if ((free[index] ?? 0) < (free[soonest] ?? 0)) soonest = index
    return (free[soonest] = Math.max(now, free[soonest] ?? 0) + this.#serviceMs(now))
  }
}

/** Classes, clients and kinds of one stream of requests. */
export interface TrafficShare {
  readonly weight: number
  readonly rank: PriorityRank
  readonly client: () => number
  readonly kind: WorkKind
}

/** Runs the stages of a handler on the loop, the first one at once. */
export function runHandler (node: NodeProcess, kind: WorkKind, over: (outcome: Outcome) => void): void {
  const stages = kind.stages()
  const advance = (index: number, outcome: Outcome): void => {
    const stage = stages[index]
    if (stage === undefined) return over(outcome)
    node.burn(stage.cpuMs())
    const then = stage.then
    if (then === undefined) return advance(index + 1, outcome)
    if (then.kind === 'time') node.at(node.now + then.ms(), () => advance(index + 1, outcome))
    else if (then.kind === 'pool') node.at(then.pool.call(node.now), () => advance(index + 1, outcome))
    else node.at(node.now + then.ms(), () => advance(index + 1, 'timeout'))
  }
  advance(0, 'ok')
}
