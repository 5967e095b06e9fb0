import { LEVELS_PER_CLASS } from './priority-threshold.ts'
import { slotValue } from './slot-value.ts'
import { COHORTS } from './strategy.ts'

/** Milliseconds in which remembered usage halves. */
const HALF_LIFE_MS = 5000

/** Milliseconds between two workings-out of the levels. */
const CALIBRATE_EVERY_MS = 250

/** Milliseconds for which clients of ordinary usage keep their place among each other. */
const EPOCH_MS = 10_000

/** The first level of heavy clients; those below are for clients of ordinary usage. */
export const HEAVY_LEVEL = 96

/** A client is heavy that sends twice the mean and a margin for chance. */
const HEAVY_FACTOR = 2
const HEAVY_MARGIN = 8

/**
 * A client's level inside its class, 0 (kept longest) to 127: clients that send far more than the others come last, in
 * the order of their usage; the others are dealt anew every ten seconds, so that a client and its retries fare alike
 * for a while, and nobody fares badly for good. By cohorts of clients, so the table is bounded. After failsafe-go
 * `priority/usage.go`, which ranks users by the quantile of their usage.
 */
export class CohortUsage {
  readonly #usage = new Float64Array(COHORTS)
  readonly #levels = new Uint8Array(COHORTS)
  #calibratedAt = -Infinity
  #epoch = -1
  // Nobody has been counted for a long time.
  #forgotten = true

  /** Counts a request of the cohort and returns its level. */
  arrive (cohort: number): number {
    this.#forgotten = false
    this.#usage[cohort] = slotValue(this.#usage, cohort) + 1
    return slotValue(this.#levels, cohort)
  }

  /** Works the levels out anew if it is time to. */
  calibrate (now: number): void {
    const since = now - this.#calibratedAt
    if (since < CALIBRATE_EVERY_MS) return
    this.#calibratedAt = now
    const epoch = Math.floor(now / EPOCH_MS)
    // A service that is not overloaded asks about no client: four times a second, the whole table would tell the same.
    if (this.#forgotten && epoch === this.#epoch) return
    this.#epoch = epoch
    let sum = 0
    let active = 0
    // By index: an iterator would box a number and a result for each.
    for (let cohort = 0; cohort < COHORTS; cohort++) {
      const usage = slotValue(this.#usage, cohort)
      sum += usage
      if (usage >= 1) active++
    }
    const mean = sum / Math.max(1, active)
    this.#forgotten = active === 0
    const decay = Math.pow(0.5, since / HALF_LIFE_MS)
    for (let cohort = 0; cohort < COHORTS; cohort++) {
      const usage = slotValue(this.#usage, cohort)
      this.#levels[cohort] = usage > HEAVY_FACTOR * mean + HEAVY_MARGIN
        ? heavyLevel(usage / mean)
        : scramble(cohort, epoch) % HEAVY_LEVEL
      this.#usage[cohort] = usage * decay
    }
  }
}

function heavyLevel (timesMean: number): number {
  return Math.min(LEVELS_PER_CLASS - 1, HEAVY_LEVEL + Math.floor(4 * Math.log2(timesMean)))
}

/** The finaliser of MurmurHash3 (Austin Appleby, public domain). */
function scramble (cohort: number, epoch: number): number {
  let hash = Math.imul(cohort + 1, 0x9E3779B1) ^ Math.imul(epoch, 0x85EBCA6B)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85EBCA6B)
  hash = Math.imul(hash ^ (hash >>> 13), 0xC2B2AE35)
  return (hash ^ (hash >>> 16)) >>> 0
}
