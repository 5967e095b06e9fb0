import type { PriorityRank } from '@plimsoll/core'
import { slotValue } from './slot-value.ts'

/** Levels inside a class. */
export const LEVELS_PER_CLASS = 128

const LEVELS = 6 * LEVELS_PER_CLASS

/** Recent requests whose levels make up the distribution. */
const WINDOW = 1000

/** Requests after which the distribution is worked out anew. */
const CALIBRATE_EVERY = 64

/**
 * Turns "refuse this share of what comes" into "refuse what lies above this level", from the distribution of the levels
 * of the last 1,000 requests (failsafe-go `priority/priority.go`; Uber Cinnamon). A level is the class times 128 plus
 * the client's level inside it. Unlike there, the level that the threshold falls on is refused in proportion, so that
 * the share is met even if all requests are of one level.
 */
export class PriorityThreshold {
  readonly #ring = new Uint16Array(WINDOW)
  readonly #counts = new Uint16Array(LEVELS)
  /** Share of recent requests that are less important than the level. */
  readonly #below = new Float64Array(LEVELS)
  #size = 0
  #next = 0
  #sinceCalibration = CALIBRATE_EVERY

  /** Each request's level, refused or not. */
  record (rank: PriorityRank, levelInClass: number): void {
    const level = rank * LEVELS_PER_CLASS + levelInClass
    const slot = this.#next
    if (this.#size === WINDOW) this.#add(slotValue(this.#ring, slot), -1)
    else this.#size++
    this.#ring[slot] = level
    this.#add(level, 1)
    this.#next = slot + 1 === WINDOW ? 0 : slot + 1
    this.#sinceCalibration++
  }

  /** Whether a request of that level is among the `share` least important of those that come. */
  refuses (rank: PriorityRank, levelInClass: number, share: number, random: () => number): boolean {
    if (this.#sinceCalibration >= CALIBRATE_EVERY) this.#calibrate()
    const level = rank * LEVELS_PER_CLASS + levelInClass
    const below = slotValue(this.#below, level)
    if (below >= share) return false
    const own = slotValue(this.#counts, level) / this.#size
    return share >= below + own || random() * own < share - below
  }

  #add (level: number, by: number): void {
    this.#counts[level] = slotValue(this.#counts, level) + by
  }

  #calibrate (): void {
    this.#sinceCalibration = 0
    let below = 0
    for (let level = LEVELS - 1; level >= 0; level--) {
      this.#below[level] = below / this.#size
      below += slotValue(this.#counts, level)
    }
  }
}
