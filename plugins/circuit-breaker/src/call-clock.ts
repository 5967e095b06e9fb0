import type { Clock, ClockTimer } from '@plimsoll/core'

/** Time as a breaker sees it: cheap where it may lag, true where something is decided. */
export interface CallClock {
  /** Monotonic whole ms that may lag by {@link TICK_MS}, or by {@link READS} readings while the event loop stands still. */
  now (): number
  /** Monotonic ms, read now. */
  exact (): number
  /** How many of the ms between two readings the event loop of this process stood still: nobody else's slowness. */
  standstill (from: number, to: number): number
}

/** Between two looks at the clock while calls are made. */
export const TICK_MS = 10
/** Readings that may share one look at the clock. */
export const READS = 64
/** A tick that is so late had to wait for something: shorter delays are usual. */
const STALL_MS = 40

/**
 * One clock for all breakers, since reading the real one costs more than all the rest of a call. Its one timer runs while
 * it is read, and stops at the first tick after which nobody has: the next reading is true again.
 */
export class CoarseClock implements CallClock {
  readonly #clock: Clock
  // Whole: an integer is passed on without a place of its own on the heap.
  #time = 0
  // Readings of #time that are left; 0 while nothing ticks.
  #left = 0
  #readExactly = false
  #timer: ClockTimer | undefined
  #ticking = false
  #tickedAt = 0
  // The last time that the loop stood still.
  #stallFrom = 0
  #stallTo = 0

  constructor (clock: Clock) { this.#clock = clock }

  now (): number {
    if (this.#left === 0) this.exact()
    else this.#left--
    return this.#time
  }

  exact (): number {
    const now = this.#clock.now()
    this.#time = Math.floor(now)
    this.#left = READS
    this.#readExactly = true
    if (!this.#ticking) this.#start(now)
    return now
  }

  standstill (from: number, to: number): number {
    return overlap(from, to, this.#stallFrom, this.#stallTo) + (this.#isLate(to) ? overlap(from, to, this.#tickedAt + TICK_MS, to) : 0)
  }

  #start (now: number): void {
    this.#ticking = true
    this.#tickedAt = now
    if (this.#timer === undefined) this.#timer = this.#clock.after(TICK_MS, () => this.#tick())
    else this.#timer.refresh()
  }

  #tick (): void {
    const now = this.#clock.now()
    if (this.#isLate(now)) {
      this.#stallFrom = this.#tickedAt + TICK_MS
      this.#stallTo = now
    }
    this.#tickedAt = now
    const read = this.#readExactly || this.#left < READS
    this.#readExactly = false
    this.#ticking = read
    this.#left = read ? READS : 0
    this.#time = Math.floor(now)
    if (read) this.#timer?.refresh()
  }

  #isLate (now: number): boolean { return this.#ticking && now - this.#tickedAt > TICK_MS + STALL_MS }
}

const clocks = new WeakMap<Clock, CoarseClock>()

/** The one of this clock. */
export function callClockOf (clock: Clock): CallClock {
  let coarse = clocks.get(clock)
  if (coarse === undefined) clocks.set(clock, coarse = new CoarseClock(clock))
  return coarse
}

function overlap (from: number, to: number, otherFrom: number, otherTo: number): number {
  return Math.max(0, Math.min(to, otherTo) - Math.max(from, otherFrom))
}
