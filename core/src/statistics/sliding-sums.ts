/**
 * Sums of several figures over the last seconds, for several spans at once: one slot a second in one typed array, and
 * reading costs nothing. Time may jump; what was not told counts as nothing.
 */
export class SlidingSums {
  readonly #figures: number
  readonly #spans: readonly number[]
  readonly #length: number
  readonly #slots: Float32Array
  readonly #sums: Float64Array
  #second = -1

  /** @param spans in seconds, ascending; the last one is what is kept */
  constructor (figures: number, spans: readonly number[]) {
    this.#figures = figures
    this.#spans = spans
    this.#length = Math.max(...spans)
    this.#slots = new Float32Array(figures * this.#length)
    this.#sums = new Float64Array(figures * spans.length)
  }

  /** Moves the end to `second` (whole, never going back). */
  moveTo (second: number): void {
    if (this.#second === -1 || second - this.#second >= this.#length) {
      this.clear()
      this.#second = second
    }
    while (this.#second < second) {
      this.#second++
      for (const [index, span] of this.#spans.entries()) this.#leave(index, this.#second - span)
      this.#slots.fill(0, this.#slotOf(this.#second), this.#slotOf(this.#second) + this.#figures)
    }
  }

  /** Forgets everything. */
  clear (): void {
    this.#slots.fill(0)
    this.#sums.fill(0)
  }

  add (figure: number, amount: number): void {
    const at = this.#slotOf(this.#second) + figure
    const before = this.#slots[at]!
    this.#slots[at] = before + amount
    // What was rounded away will not be taken off again.
    const added = this.#slots[at]! - before
    for (let index = 0; index < this.#spans.length; index++) {
      const sum = index * this.#figures + figure
      this.#sums[sum] = this.#sums[sum]! + added
    }
  }

  /** Over the last `span` seconds, which is one of the spans. */
  sum (figure: number, span: number): number {
    return this.#sums[this.#spans.indexOf(span) * this.#figures + figure]!
  }

  /** Of the newest second. */
  latest (figure: number): number { return this.#slots[this.#slotOf(this.#second) + figure]! }

  #leave (index: number, second: number): void {
    const from = this.#slotOf(second)
    for (let figure = 0; figure < this.#figures; figure++) {
      const sum = index * this.#figures + figure
      this.#sums[sum] = this.#sums[sum]! - this.#slots[from + figure]!
    }
  }

  #slotOf (second: number): number {
    return ((second % this.#length) + this.#length) % this.#length * this.#figures
  }
}
