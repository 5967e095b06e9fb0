import type { Clock, ClockTimer } from '../../../src/clock.ts'
import { DueQueue } from '../../../src/coordinator/due-queue.ts'
import { seededRandom } from '../../../src/testing/index.ts'

interface Task extends ClockTimer {
  readonly node: Node
  readonly run: () => void
  at: number
  order: number
  live: boolean
}

/** A process: what falls due while it is paused waits for its return, and a dead one does nothing more. */
export interface Node {
  state: 'running' | 'paused' | 'dead'
  readonly waiting: Task[]
  /** Of the last return from a pause: what waited runs at this very moment, one after the other. */
  resumedAt: number
}

/** Virtual time with one thread of events: the same seed gives the same history. */
export class World {
  now = 0
  events = 0
  readonly random: () => number
  readonly #due = new DueQueue<Task>()

  constructor (seed: number) { this.random = seededRandom(seed) }

  node (): Node { return { state: 'running', waiting: [], resumedAt: -1 } }

  clockOf (node: Node): Clock {
    return {
      now: () => this.now,
      wallTime: () => 1_750_000_000_000 + this.now,
      random: this.random,
      after: (ms, run) => this.schedule(node, ms, run),
      every: () => { throw new Error('unused by the coordinator') }
    }
  }

  schedule (node: Node, ms: number, run: () => void): ClockTimer {
    const task: Task = { node, run, at: 0, order: 0, live: true, refresh: () => {}, cancel: () => { task.live = false } }
    this.#due.add(this.now + Math.max(0, ms), task)
    return task
  }

  resume (node: Node): void {
    node.state = 'running'
    node.resumedAt = this.now
    for (const task of node.waiting.splice(0)) if (task.live) this.schedule(node, 0, task.run)
  }

  between (low: number, high: number): number { return low + this.random() * (high - low) }

  chance (probability: number): boolean { return this.random() < probability }

  /** Runs events up to `until`, promises in between, `check` after each that did something. */
  async run (until: number, check: () => void): Promise<void> {
    while (this.#due.next <= until) {
      const at = this.#due.next
      const task = this.#due.take(at)
      if (task === undefined || !task.live || task.node.state === 'dead') continue
      this.now = Math.max(this.now, at)
      if (task.node.state === 'paused') {
        task.node.waiting.push(task)
        continue
      }
      task.live = false
      task.run()
      this.events += 1
      // Chains of promises longer than this go on beside the next event: a slow process, and as deterministic.
      for (let turn = 0; turn < 8; turn++) await undefined
      check()
    }
    this.now = until
  }
}
