/** Requests over which the cost averages. */
const MEMORY = 100

/** What is assumed before anything has been seen, in milliseconds. */
const INITIAL_MS = 1

/**
 * How many milliseconds of the service's capacity a request takes; its inverse is the capacity in requests a
 * millisecond. With a queue standing, that is the time from one start to the next, whatever the bottleneck is;
 * otherwise the time the event loop was busy, by request.
 */
export class ServiceCost {
  #ms = INITIAL_MS
  #seen = 0

  get ms (): number { return this.#ms }

  /** `served` requests took `ms`, of the loop's busy time or, with a standing queue, of the clock. */
  observe (served: number, ms: number): void {
    if (served === 0) return
    this.#seen = Math.min(this.#seen + served, MEMORY)
    const weight = Math.min(1, served / this.#seen)
    this.#ms += (ms / served - this.#ms) * weight
  }
}
