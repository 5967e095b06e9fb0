/** Pixels between the points of a line: closer ones are not told apart. */
const LEAST_DISTANCE = 1.5
/** A dip below this share of the highest nearby is shown as well. */
const DIP = 0.5

/**
 * The points of a line as pixels and values alternately, one array for each run without a gap; NaN is a gap. Of points
 * that fall together the highest is taken, where it is, and the lowest if it is a dip: a spike and a second without
 * requests are never lost. What ends before `from` is left out.
 */
export function lineRuns (at: Float64Array, values: Float64Array, { from, xOf }: { readonly from: number, readonly xOf: (at: number) => number }): number[][] {
  const runs: number[][] = []
  let gathered: Gathered | undefined
  for (let i = 0; i < at.length; i++) {
    const value = values[i] ?? NaN
    if (Number.isNaN(value) || (at[i + 1] ?? Infinity) < from) {
      gathered?.flush()
      gathered = undefined
      continue
    }
    if (gathered === undefined) {
      gathered = new Gathered()
      runs.push(gathered.run)
    }
    gathered.add(xOf(at[i] ?? NaN), value)
  }
  gathered?.flush()
  return runs
}

/** A run, and the points at its end that fall together. */
class Gathered {
  readonly run: number[] = []
  #beginX = NaN
  #highX = NaN
  #high = NaN
  #lowX = NaN
  #low = NaN

  add (x: number, value: number): void {
    if (!(x - this.#beginX <= LEAST_DISTANCE)) {
      this.flush()
      this.#beginX = this.#highX = this.#lowX = x
      this.#high = this.#low = value
    } else if (value > this.#high) {
      this.#highX = x
      this.#high = value
    } else if (value < this.#low) {
      this.#lowX = x
      this.#low = value
    }
  }

  flush (): void {
    if (Number.isNaN(this.#high)) return
    const isDip = this.#low < this.#high * DIP
    if (isDip && this.#lowX < this.#highX) this.run.push(this.#lowX, this.#low)
    this.run.push(this.#highX, this.#high)
    if (isDip && this.#lowX > this.#highX) this.run.push(this.#lowX, this.#low)
  }
}
