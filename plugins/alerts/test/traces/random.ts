/** Seeded randomness of the traces. */
export class Random {
  #state: number

  constructor (seed: number) {
    this.#state = (seed ^ 0x9E3779B9) >>> 0
    for (let warm = 0; warm < 4; warm++) this.next()
  }

  /** In [0, 1). Mulberry32 by Tommy Ettinger (public domain). */
  next (): number {
    this.#state = (this.#state + 0x6D2B79F5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
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
