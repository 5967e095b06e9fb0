/** Random numbers from a seed (mulberry32, Tommy Ettinger, public domain), with the distributions that loads are made of. */
export class SeededRandom {
  #state: number

  constructor (seed: number) {
    this.#state = seed >>> 0
  }

  /** Uniform in [0, 1). An arrow, so that it can be handed over as a port. */
  readonly next = (): number => {
    this.#state = (this.#state + 0x6D2B79F5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

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
