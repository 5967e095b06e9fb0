import type { CircuitBreakerSettings } from './options.ts'

/** Unless it is told otherwise, or begins with more. */
const LONGEST_WAIT_MS = 60_000

/**
 * How long a circuit stays open: longer with each opening that follows another, up to a bound; each time span of staying
 * closed takes one lengthening back (Envoy's ejection time of outlier detection).
 */
export class OpenWait {
  /** Lengthenings that the next wait has. */
  level = 0
  #closedAt: number

  constructor (now: number) { this.#closedAt = now }

  closed (now: number): void { this.#closedAt = now }

  /** The wait of an opening, in ms. `wasClosed`: none of a probe that failed, which has earned nothing back. */
  draw (settings: CircuitBreakerSettings, now: number, wasClosed: boolean, random: () => number): number {
    if (wasClosed) this.level = Math.max(0, this.level - Math.floor((now - this.#closedAt) / settings.backoffDecay))
    const { waitDurationInOpenState: first, exponentialBackoffMultiplier, exponentialMaxWaitDurationInOpenState, randomizedWaitFactor } = settings
    const longest = Math.max(first, exponentialMaxWaitDurationInOpenState ?? LONGEST_WAIT_MS)
    const wait = Math.min(longest, first * exponentialBackoffMultiplier ** this.level)
    // No further than to the longest, or it would take as many decays to come back.
    if (wait < longest) this.level++
    return wait * (1 - randomizedWaitFactor * random())
  }
}
