import { HEAT_ROWS } from '../../src/view/heat.ts'
import type { TimeColumns } from '../state/time-columns.ts'
import { levelOf } from './heat-colours.ts'
import { spanOf } from './latency-scale.ts'
import type { RowSpan } from './latency-scale.ts'

const UNSEEN: RowSpan = { low: 9, high: 42 }

/** The heatmap as an image of one pixel a step and row, which the screen's canvas stretches. */
export class HeatImage {
  readonly #canvas: HTMLCanvasElement = document.createElement('canvas')
  #image: ImageData | undefined
  #span: RowSpan = UNSEEN
  // Of small counts, which are most.
  readonly #levels: Uint8Array = new Uint8Array(1024)
  // A power of two, so that it seldom changes.
  #largest = 0
  #pixels: Uint32Array = new Uint32Array(0)

  /** The rows that are shown. */
  get span (): RowSpan { return this.#span }

  /** Paints all steps since `from`. */
  paint (columns: TimeColumns<string>, from: number, colours: Uint32Array): void {
    const image = this.#imageOf(columns.capacity)
    // Counted against what was largest the last time; only when that has changed, everything is painted again.
    if (this.#paintSteps(columns, from, colours) !== this.#largest) this.#paintSteps(columns, from, colours)
    this.#canvas.getContext('2d')?.putImageData(image, 0, 0)
  }

  /** Stretches the shown rows of the first `steps` steps over a box whose top is 0. */
  draw (context: CanvasRenderingContext2D, { steps, x, width, height }: { readonly steps: number, readonly x: number, readonly width: number, readonly height: number }): void {
    const { low, high } = this.#span
    context.imageSmoothingEnabled = false
    context.drawImage(this.#canvas, 0, HEAT_ROWS - high, steps, high - low, x, 0, width, height)
  }

  /** Returns the largest count that colours were chosen by; it may have been too small or too large for these. */
  #paintSteps (columns: TimeColumns<string>, from: number, colours: Uint32Array): number {
    const { at, heat, length, capacity, step } = columns
    const pixels = this.#pixels
    const levels = this.#levels
    const against = this.#largest
    pixels.fill(0)
    let largest = 1
    let lowest = HEAT_ROWS
    let highest = -1
    let timeBefore = NaN
    let xBefore = -1
    for (let index = Math.max(0, columns.indexNear(from)); index < length; index++) {
      const time = at[index] ?? NaN
      const x = Math.min(capacity - 1, Math.round((time - from) / step) - 1)
      // Seconds are not quite even: what falls between two steps is no gap.
      const begin = Math.max(0, time - timeBefore < 1.6 * step ? Math.min(xBefore + 1, x) : x)
      for (let row = 0; row < HEAT_ROWS; row++) {
        const count = heat[index * HEAT_ROWS + row] ?? 0
        if (count === 0) continue
        if (count > largest) largest = count
        if (row < lowest) lowest = row
        if (row > highest) highest = row
        const colour = colours[levels[count] ?? levelOf(count, against)] ?? 0
        for (let filled = begin; filled <= x; filled++) pixels[(HEAT_ROWS - 1 - row) * capacity + filled] = colour
      }
      timeBefore = time
      xBefore = x
    }
    this.#span = highest < 0 ? UNSEEN : spanOf(lowest, highest)
    this.#countAgainst(2 ** Math.ceil(Math.log2(largest)))
    return against
  }

  #countAgainst (largest: number): void {
    if (largest === this.#largest) return
    this.#largest = largest
    for (let count = 1; count < this.#levels.length; count++) this.#levels[count] = levelOf(count, largest)
  }

  #imageOf (width: number): ImageData {
    if (this.#image?.width !== width) {
      this.#canvas.width = width
      this.#canvas.height = HEAT_ROWS
      this.#image = new ImageData(width, HEAT_ROWS)
      this.#pixels = new Uint32Array(this.#image.data.buffer)
    }
    return this.#image
  }
}
