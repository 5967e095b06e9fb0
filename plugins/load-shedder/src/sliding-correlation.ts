import { slotValue } from './slot-value.ts'

/** Pairs of figures over the last `size` windows, with their correlation and the steadiness of the second. */
export class SlidingCorrelation {
  readonly #x: Float64Array
  readonly #y: Float64Array
  #count = 0
  #next = 0

  constructor (size: number) {
    this.#x = new Float64Array(size)
    this.#y = new Float64Array(size)
  }

  add (x: number, y: number): void {
    this.#x[this.#next] = x
    this.#y[this.#next] = y
    this.#next = (this.#next + 1) % this.#x.length
    this.#count = Math.min(this.#count + 1, this.#x.length)
  }

  clear (): void {
    this.#count = 0
    this.#next = 0
  }

  /** Pearson's coefficient; 0 where either figure does not vary. */
  get correlation (): number {
    const meanX = this.#mean(this.#x)
    const meanY = this.#mean(this.#y)
    let xx = 0
    let yy = 0
    let xy = 0
    for (let index = 0; index < this.#count; index++) {
      const dx = slotValue(this.#x, index) - meanX
      const dy = slotValue(this.#y, index) - meanY
      xx += dx * dx
      yy += dy * dy
      xy += dx * dy
    }
    return xx * yy > 0 ? xy / Math.sqrt(xx * yy) : 0
  }

  /** Coefficient of variation of the second figure. */
  get variation (): number {
    const mean = this.#mean(this.#y)
    let squares = 0
    for (let index = 0; index < this.#count; index++) squares += (slotValue(this.#y, index) - mean) ** 2
    return mean > 0 ? Math.sqrt(squares / this.#count) / mean : 0
  }

  #mean (values: Float64Array): number {
    let sum = 0
    for (let index = 0; index < this.#count; index++) sum += slotValue(values, index)
    return this.#count > 0 ? sum / this.#count : 0
  }
}
