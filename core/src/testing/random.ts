import { seededRandom } from './seeded-random.ts'

/** Chance of several shapes for models and traces, the same for the same seed. */
export class Random {
  /** In [0, 1). */
  readonly next: () => number

  constructor (seed: number) {
    this.next = seededRandom((seed ^ 0x9E3779B9) >>> 0)
    // The first numbers of neighbouring seeds are alike.
    for (let warm = 0; warm < 4; warm++) this.next()
  }

  /** Evenly in [low, high). */
  between (low: number, high: number): number { return low + (high - low) * this.next() }

  /** Evenly on a logarithmic scale. */
  magnitude (low: number, high: number): number { return low * (high / low) ** this.next() }

  chance (share: number): boolean { return this.next() < share }

  pick<T> (values: readonly [T, ...T[]]): T { return values[Math.floor(this.next() * values.length)]! }

  exponential (mean: number): number { return -mean * Math.log(1 - this.next()) }

  /** Of mean 0 and deviation 1: Box and Muller, "A note on the generation of random normal deviates" (1958). */
  normal (): number { return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next()) }

  /** Of mean 1, with this standard deviation of its logarithm. */
  logNormal (deviation: number): number { return Math.exp(deviation * this.normal() - deviation * deviation / 2) }

  /** How often something happens that happens `mean` times on average; above 30 by the normal distribution. */
  poisson (mean: number): number {
    if (mean <= 0) return 0
    if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()))
    let term = Math.exp(-mean)
    let left = this.next() - term
    let count = 0
    while (left > 0 && count < 200) {
      count++
      term *= mean / count
      left -= term
    }
    return count
  }

  /** Another, that depends on this one's seed. */
  fork (): Random { return new Random(Math.floor(this.next() * 2 ** 32)) }
}
