/**
 * Sums of several figures over the last so many seconds, one slot a second, in one typed array; adding and reading cost the
 * same whatever the window. Time may jump: what was not told counts as nothing.
 */
export class SlidingSum {
  readonly #figures: number
  readonly #seconds: number
  readonly #slots: Float64Array
  readonly #sums: Float64Array
  #second = -1

  constructor (figures: number, seconds: number) {
    this.#figures = figures
    this.#seconds = seconds
    this.#slots = new Float64Array(figures * seconds)
    this.#sums = new Float64Array(figures)
  }

  /** Moves the window's end to `second` (whole, never going back). */
  moveTo (second: number): void {
    if (this.#second === -1) this.#second = second
    const steps = Math.min(second - this.#second, this.#seconds)
    for (let step = 1; step <= steps; step++) this.#clear(this.#second + step)
    if (steps === this.#seconds) this.#sums.fill(0)
    this.#second = Math.max(this.#second, second)
  }

  add (figure: number, amount: number): void {
    const at = this.#slotOf(this.#second) + figure
    this.#slots[at] = this.#slots[at]! + amount
    this.#sums[figure] = this.#sums[figure]! + amount
  }

  sum (figure: number): number { return this.#sums[figure]! }

  #clear (second: number): void {
    const at = this.#slotOf(second)
    for (let figure = 0; figure < this.#figures; figure++) {
      this.#sums[figure] = this.#sums[figure]! - this.#slots[at + figure]!
      this.#slots[at + figure] = 0
    }
  }

  #slotOf (second: number): number { return (second % this.#seconds) * this.#figures }
}
