import type { Clock, ClockTimer } from '../clock.ts'
import { seededRandom } from './seeded-random.ts'

/** A clock that stands still until it is told to move. */
export interface FakeClock extends Clock {
  /**
   * Moves time on by `ms` and runs what falls due on the way, in the order of its time (of its making, where that is
   * the same), each at its own moment. What is scheduled meanwhile and falls due runs as well.
   */
  advance (ms: number): void
  /** Timers that are waiting: 0 after everything was closed. */
  readonly pending: number
}

/**
 * @param options.now first reading of the monotonic time, in milliseconds
 * @param options.wallTime reading of the wall clock at that moment, in milliseconds since the Unix epoch
 * @param options.seed of the random numbers: the same seed gives the same numbers
 */
export function fakeClock ({ now: start = 0, wallTime: startWallTime = Date.UTC(2026, 0, 1), seed = 1 }: { readonly now?: number, readonly wallTime?: number, readonly seed?: number } = {}): FakeClock {
  const timers = new Set<FakeTimer>()
  let now = start
  let made = 0

  class FakeTimer implements ClockTimer {
    readonly #ms: number
    readonly #repeats: boolean
    readonly #task: () => void
    due: number = 0
    order: number = 0

    constructor (ms: number, repeats: boolean, task: () => void) {
      // As setTimeout does it: there is no timer of less than a millisecond.
      this.#ms = Math.max(1, ms)
      this.#repeats = repeats
      this.#task = task
      this.refresh()
    }

    refresh (): void {
      this.due = now + this.#ms
      this.order = ++made
      timers.add(this)
    }

    cancel (): void { timers.delete(this) }

    run (): void {
      if (this.#repeats) this.refresh()
      else this.cancel()
      this.#task()
    }
  }

  const next = (until: number): FakeTimer | undefined => {
    let first: FakeTimer | undefined
    for (const timer of timers) {
      if (timer.due > until) continue
      if (first === undefined || timer.due < first.due || (timer.due === first.due && timer.order < first.order)) first = timer
    }
    return first
  }

  return {
    now: () => now,
    wallTime: () => startWallTime + now - start,
    random: seededRandom(seed),
    after: (ms, task) => new FakeTimer(ms, false, task),
    every: (ms, task) => new FakeTimer(ms, true, task),
    get pending () { return timers.size },
    advance (ms) {
      const until = now + ms
      for (let timer = next(until); timer !== undefined; timer = next(until)) {
        now = timer.due
        timer.run()
      }
      now = until
    }
  }
}
