import { seededRandom } from '@plimsoll/core/testing'

/** Seeded chance. */
export class Random {
  readonly next: () => number

  constructor (seed: number) {
    this.next = seededRandom((seed ^ 0x9E3779B9) >>> 0)
    // The first numbers of neighbouring seeds are alike.
    for (let warm = 0; warm < 4; warm++) this.next()
  }

  between (low: number, high: number): number { return low + (high - low) * this.next() }

  /** Evenly on a logarithmic scale. */
  magnitude (low: number, high: number): number { return low * (high / low) ** this.next() }

  chance (share: number): boolean { return this.next() < share }

  pick<T> (values: readonly [T, ...T[]]): T { return values[Math.floor(this.next() * values.length)] ?? values[0] }

  exponential (mean: number): number { return -mean * Math.log(1 - this.next()) }

  normal (): number { return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next()) }

  /** About 1, with this standard deviation of its logarithm. */
  logNormal (deviation: number): number { return Math.exp(deviation * this.normal() - deviation * deviation / 2) }

  /** Another, that depends on this one's seed. */
  fork (): Random { return new Random(Math.floor(this.next() * 2 ** 32)) }
}
