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

/**
 * How long the work of each route takes while nothing is wrong: a moving average. Not a minimum, which refuses too much
 * (go-kratos/kratos#59); over seconds, whatever the rate of requests, so that it does not follow an overload; and by
 * route, so that a change of the mix of requests is no change of latency.
 */
export class LatencyBaseline {
  #means: Float64Array = new Float64Array(16)
  #counts: Uint32Array = new Uint32Array(16)
  #firstAt: Float64Array = new Float64Array(16)
  #learnedAt: Float64Array = new Float64Array(16)
  #typical = 0

  /** Baseline of the current mix of routes, in milliseconds; 0 before the first sample. */
  get typicalMs (): number { return this.#typical }

  /**
   * Takes note of a sample and returns the route's baseline. A route's first sample is always learned from, later ones
   * only if `learn`.
   */
  sample (routeId: number, ms: number, now: number, learn: boolean): number {
    const slot = Math.min(routeId + 1, MAX_ROUTES - 1)
    if (slot >= this.#counts.length) this.#grow(slot)
    let mean = slotValue(this.#means, slot)
    const count = slotValue(this.#counts, slot)
    if (learn || count === 0) {
      if (count === 0) this.#firstAt[slot] = now
      const first = count < FIRST_SAMPLES || now - slotValue(this.#firstAt, slot) < FIRST_MS
      if (first) this.#counts[slot] = count + 1
      mean += (ms - mean) * (first ? 1 / (count + 1) : Math.min(1 / FIRST_SAMPLES, (now - slotValue(this.#learnedAt, slot)) / MEMORY_MS))
      this.#means[slot] = mean
    }
    // Time in which nothing may be learned is no time to catch up on.
    this.#learnedAt[slot] = now
    this.#typical = this.#typical === 0 ? mean : this.#typical + (mean - this.#typical) / MIX_SAMPLES
    return mean
  }

  /** The route's baseline, 0 where there is none yet. */
  of (routeId: number): number { return slotValue(this.#means, Math.min(routeId + 1, MAX_ROUTES - 1)) }

  /** All latencies have become `factor` times what they were. */
  scale (factor: number): void {
    for (let slot = 0; slot < this.#means.length; slot++) this.#means[slot] = slotValue(this.#means, slot) * factor
    this.#typical *= factor
  }

  #grow (slot: number): void {
    const size = Math.min(MAX_ROUTES, Math.max(slot + 1, this.#counts.length * 2))
    const means = new Float64Array(size)
    const counts = new Uint32Array(size)
    const firstAt = new Float64Array(size)
    const learnedAt = new Float64Array(size)
    means.set(this.#means)
    counts.set(this.#counts)
    firstAt.set(this.#firstAt)
    learnedAt.set(this.#learnedAt)
    this.#means = means
    this.#counts = counts
    this.#firstAt = firstAt
    this.#learnedAt = learnedAt
  }
}
