/** Requests over which the cost averages. */
const MEMORY = 100

/** What is assumed before anything has been seen, in milliseconds. */
const INITIAL_MS = 0.25

/** What reading and refusing a request is assumed to take at first, and its bounds. */
const INITIAL_REFUSAL_MS = 0.04
const LEAST_REFUSAL_MS = 0.005
const MOST_REFUSAL_MS = 0.2

/** From this share of the time on that goes into refusals, it tells what a refusal takes, and no longer what a request does. */
const MOSTLY_REFUSING = 0.3
const REFUSAL_WEIGHT = 0.1

/** A queue may stand for so many requests' time without a start, and it still counts as one gap between two starts. */
const LONGEST_GAP = 4

/**
 * How many milliseconds of the service's capacity a request takes; its inverse is the capacity in requests a
 * millisecond. With a queue standing, that is the time from one start to the next, whatever the bottleneck is;
 * otherwise the time the event loop was busy, by request.
 *
 * The time that refusals take is told apart. Were it a cost of those that are served, then the more were refused, the
 * dearer a request would seem, and the more would be refused: short requests would hardly be served any more.
 */
export class ServiceCost {
  #ms = INITIAL_MS
  #refusalMs = INITIAL_REFUSAL_MS
  #seen = 0
  // Time since the last start, while a queue stands: slow work is started less often than it is looked at.
  #gapMs = 0

  get ms (): number { return this.#ms }

  /** What reading and refusing a request takes. */
  get refusalMs (): number { return this.#refusalMs }

  /** `served` requests, and the refusal of `refused` others, took `ms`: of the loop's busy time or, with a standing queue, of the clock. */
  observe (served: number, refused: number, ms: number): void {
    const refusals = refused * this.#refusalMs
    if (refusals > MOSTLY_REFUSING * ms) return this.#observeRefusals(refused, ms - served * this.#ms)
    const gap = this.#gapMs + ms - refusals
    this.#gapMs = served === 0 ? Math.min(gap, LONGEST_GAP * this.#ms) : 0
    if (served === 0) return
    this.#seen = Math.min(this.#seen + served, MEMORY)
    const weight = Math.min(1, served / this.#seen)
    this.#ms += (gap / served - this.#ms) * weight
  }

  #observeRefusals (refused: number, ms: number): void {
    const each = Math.min(MOST_REFUSAL_MS, Math.max(LEAST_REFUSAL_MS, ms / refused))
    this.#refusalMs += (each - this.#refusalMs) * REFUSAL_WEIGHT
  }
}
