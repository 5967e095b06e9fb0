import { slotValue } from './slot-value.ts'

/** A route's first samples, and those of its first seconds, are averaged plainly: the fast ones of a mix are over first. */
const FIRST_SAMPLES = 50
export const FIRST_MS = 3000

/** After them the average follows over so many milliseconds. */
const MEMORY_MS = 10_000

/** Samples over which the mix of routes is averaged. */
const MIX_SAMPLES = 200

/** Routes beyond this many share a slot; the bound of the table. */
const MAX_ROUTES = 1024

/** What is kept of a route: mean milliseconds, number of first samples, clock milliseconds of the first sample and of the last. */
const FIELDS = 4
const MEAN = 0
const COUNT = 1
const FIRST_AT = 2
const LEARNED_AT = 3

/**
 * How long the work of each route takes while nothing is wrong: a moving average. Not a minimum, which refuses too much
 * (go-kratos/kratos#59); over seconds, whatever the rate of requests, so that it does not follow an overload; and by
 * route, so that a change of the mix of requests is no change of latency.
 */
export class LatencyBaseline {
  // The fields of a route side by side: a table for each would be four cache misses a request where the service is mostly idle.
  #routes: Float64Array = new Float64Array(16 * FIELDS)
  #typical = 0

  /** Baseline of the current mix of routes, in milliseconds; 0 before the first sample. */
  get typicalMs (): number { return this.#typical }

  /**
   * Takes note of a sample and returns the route's baseline. A route's first sample is always learned from, later ones
   * only if `learn`.
   */
  sample (routeId: number, ms: number, now: number, learn: boolean): number {
    const route = placeOf(routeId)
    if (route >= this.#routes.length) this.#grow(route)
    const routes = this.#routes
    let mean = slotValue(routes, route + MEAN)
    const count = slotValue(routes, route + COUNT)
    if (learn || count === 0) {
      if (count === 0) routes[route + FIRST_AT] = now
      const first = count < FIRST_SAMPLES || now - slotValue(routes, route + FIRST_AT) < FIRST_MS
      if (first) routes[route + COUNT] = count + 1
      mean += (ms - mean) * (first ? 1 / (count + 1) : Math.min(1 / FIRST_SAMPLES, (now - slotValue(routes, route + LEARNED_AT)) / MEMORY_MS))
      routes[route + MEAN] = mean
    }
    // Time in which nothing may be learned is no time to catch up on.
    routes[route + LEARNED_AT] = now
    this.#typical = this.#typical === 0 ? mean : this.#typical + (mean - this.#typical) / MIX_SAMPLES
    return mean
  }

  /** The route's baseline, 0 where there is none yet. */
  of (routeId: number): number { return slotValue(this.#routes, placeOf(routeId) + MEAN) }

  /** All latencies have become `factor` times what they were. */
  scale (factor: number): void {
    for (let mean = MEAN; mean < this.#routes.length; mean += FIELDS) this.#routes[mean] = slotValue(this.#routes, mean) * factor
    this.#typical *= factor
  }

  #grow (route: number): void {
    const routes = new Float64Array(Math.min(MAX_ROUTES * FIELDS, Math.max(route + FIELDS, this.#routes.length * 2)))
    routes.set(this.#routes)
    this.#routes = routes
  }
}

/** Where the fields of a route begin. */
function placeOf (routeId: number): number { return Math.min(routeId + 1, MAX_ROUTES - 1) * FIELDS }
