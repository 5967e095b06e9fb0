import { seededRandom } from '@plimsoll/core/testing'

/** Seeded randomness of the traces. */
export class Random {
  /** In [0, 1). */
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

  normal (): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next())
  }

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
}
