import type { Algorithm, Cells, Rate, Verdict } from '../src/algorithm.ts'

/** One key of an algorithm, between two others that nobody may touch. */
export class Counted {
  readonly verdict: Verdict = { allowed: false, remaining: 0, retryAfterMs: 0, resetMs: 0 }
  readonly #algorithm: Algorithm
  readonly #rate: Rate
  readonly #cells: Cells

  constructor (algorithm: Algorithm, rate: Rate) {
    this.#algorithm = algorithm
    this.#rate = rate
    const doubles = new Float64Array(3 * algorithm.width)
    this.#cells = { doubles, words: new Uint32Array(doubles.buffer) }
  }

  take (now: number, cost: number = 1): boolean {
    this.#algorithm.take(this.#cells, this.#algorithm.width, this.#rate, now, cost, this.verdict)
    return this.verdict.allowed
  }

  /** How many of so many at once. */
  takeMany (now: number, requests: number): number {
    let allowed = 0
    for (let i = 0; i < requests; i++) if (this.take(now)) allowed++
    return allowed
  }

  charge (now: number, cost: number): void { this.#algorithm.charge(this.#cells, this.#algorithm.width, this.#rate, now, cost) }

  restMs (now: number): number { return this.#algorithm.restMs(this.#cells, this.#algorithm.width, this.#rate, now) }

  get neighboursUntouched (): boolean {
    const { doubles } = this.#cells
    const { width } = this.#algorithm
    return doubles.every((value, i) => value === 0 || (i >= width && i < 2 * width))
  }
}
