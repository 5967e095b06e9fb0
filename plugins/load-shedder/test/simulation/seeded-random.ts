import { seededRandom } from '@plimsoll/core/testing'

/** Random numbers from a seed, with the distributions that loads are made of. */
export class SeededRandom {
  /** Uniform in [0, 1); may be handed over as a port. */
  readonly next: () => number

  constructor (seed: number) { this.next = seededRandom(seed) }

  exponential (mean: number): number {
    return -Math.log(1 - this.next()) * mean
  }

  /** Lognormal with the given mean; `sigma` is that of the logarithm. */
  lognormal (mean: number, sigma: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next())
    return mean * Math.exp(sigma * normal - sigma * sigma / 2)
  }

  /** Pareto of shape `alpha` > 1 with the given mean, cut off at 20 times the mean. */
  pareto (mean: number, alpha: number): number {
    const scale = mean * (alpha - 1) / alpha
    return Math.min(20 * mean, scale / Math.pow(1 - this.next(), 1 / alpha))
  }
}
