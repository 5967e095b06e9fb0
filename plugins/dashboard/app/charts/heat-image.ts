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
  #levelsOf = 0

  /** The rows that are shown. */
  get span (): RowSpan { return this.#span }

  /** Paints all steps since `from`. */
  paint (columns: TimeColumns<string>, from: number, colours: Uint32Array): void {
    const image = this.#imageOf(columns.capacity)
    const pixels = new Uint32Array(image.data.buffer)
    pixels.fill(0)
    const { at, length, capacity, step } = columns
    let largest = 0
    let lowest = HEAT_ROWS
    let highest = -1
    const first = Math.max(0, columns.indexNear(from))
    for (let index = first; index < length; index++) {
      const counts = columns.heatAt(index)
      for (let row = 0; row < HEAT_ROWS; row++) {
        const count = counts[row] ?? 0
        if (count === 0) continue
        if (count > largest) largest = count
        if (row < lowest) lowest = row
        if (row > highest) highest = row
      }
    }
    this.#span = highest < 0 ? UNSEEN : spanOf(lowest, highest)
    this.#knowLevels(largest)
    let before = { at: NaN, x: -1 }
    for (let index = first; index < length; index++) {
      const time = at[index] ?? NaN
      const x = Math.min(capacity - 1, Math.round((time - from) / step) - 1)
      // Seconds are not quite even: what falls between two steps is no gap.
      const begin = time - before.at < 1.6 * step ? Math.min(before.x + 1, x) : x
      const counts = columns.heatAt(index)
      for (let row = lowest; row <= highest; row++) {
        const count = counts[row] ?? 0
        if (count === 0) continue
        const colour = colours[this.#levels[count] ?? levelOf(count, largest)] ?? 0
        for (let filled = Math.max(0, begin); filled <= x; filled++) pixels[(HEAT_ROWS - 1 - row) * capacity + filled] = colour
      }
      before = { at: time, x }
    }
    this.#canvas.getContext('2d')?.putImageData(image, 0, 0)
  }

  /** Stretches the shown rows of the first `steps` steps over a box whose top is 0. */
  draw (context: CanvasRenderingContext2D, { steps, x, width, height }: { readonly steps: number, readonly x: number, readonly width: number, readonly height: number }): void {
    const { low, high } = this.#span
    context.imageSmoothingEnabled = false
    context.drawImage(this.#canvas, 0, HEAT_ROWS - high, steps, high - low, x, 0, width, height)
  }

  #knowLevels (largest: number): void {
    if (largest === this.#levelsOf) return
    this.#levelsOf = largest
    for (let count = 1; count < this.#levels.length; count++) this.#levels[count] = levelOf(count, largest)
  }

  #imageOf (width: number): ImageData {
    if (this.#image?.width !== width) {
      this.#canvas.width = width
      this.#canvas.height = HEAT_ROWS
      this.#image = new ImageData(width, HEAT_ROWS)
    }
    return this.#image
  }
}
