import type { Clock, ClockTimer } from '@plimsoll/core'
import { seededRandom } from '@plimsoll/core/testing'

interface Timer { readonly due: number, readonly order: number, readonly task: () => void }

/** Time as the check has it: it passes, the loop stands still, and the wall clock jumps. Both clocks of a breaker read it. */
export class World {
  readonly clock: Clock
  readonly time: { now (): number, exact (): number, standstill (from: number, to: number): number }
  /** Monotonic. */
  now = 1_000
  /** What the clock that lags shows. */
  coarse = 1_000
  random = 0
  readonly draw: () => number
  readonly #timers = new Set<Timer>()
  #wall = 1_700_000_000_000
  #made = 0
  #stillFrom = 0
  #stillTo = 0

  constructor (seed: number) {
    this.draw = seededRandom(seed)
    this.clock = {
      now: () => this.now,
      wallTime: () => this.#wall,
      random: () => this.random,
      after: (ms, task) => this.#after(ms, task),
      every: () => { throw new Error('a breaker needs no interval') }
    }
    this.time = {
      now: () => this.coarse,
      exact: () => (this.coarse = this.now),
      standstill: (from, to) => this.stoodStill(from, to)
    }
  }

  /** When the next timer is due. */
  get nextDue (): number { return Math.min(Infinity, ...[...this.#timers].map(({ due }) => due)) }

  stoodStill (from: number, to: number): number { return Math.max(0, Math.min(to, this.#stillTo) - Math.max(from, this.#stillFrom)) }

  upTo (limit: number): number { return Math.floor(this.draw() * limit) }

  oneOf<T> (items: readonly T[]): T { return items[this.upTo(items.length)]! }

  /** The loop turns: timers run when they are due. */
  pass (ms: number): void {
    const until = this.now + ms
    for (let timer = this.#next(until); timer !== undefined; timer = this.#next(until)) {
      this.#timers.delete(timer)
      this.now = this.coarse = Math.max(this.now, timer.due)
      timer.task()
    }
    this.now = this.coarse = until
  }

  /** Time passes and nothing runs: a blocked loop, or a machine that slept. The clock that lags shows the time before. */
  standStill (ms: number): void {
    this.#stillFrom = this.now
    this.now += ms
    this.#stillTo = this.now
  }

  jumpWallClock (ms: number): void { this.#wall += ms }

  #after (ms: number, task: () => void): ClockTimer {
    const timer: Timer = { due: this.now + Math.max(1, ms), order: ++this.#made, task }
    this.#timers.add(timer)
    return { refresh () { throw new Error('a deadline is not refreshed') }, cancel: () => { this.#timers.delete(timer) } }
  }

  #next (until: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) {
      if (timer.due > until) continue
      if (first === undefined || timer.due < first.due || (timer.due === first.due && timer.order < first.order)) first = timer
    }
    return first
  }
}
