import { HEAT_ROWS } from '../../src/view/heat.ts'
import type { TimeColumns } from '../state/time-columns.ts'
import { levelOf } from './heat-colours.ts'
import { spanOf } from './latency-scale.ts'
import type { RowSpan } from './latency-scale.ts'

const UNSEEN: RowSpan = { low: 9, high: 42 }
/** So many seconds are painted by themselves before everything is painted anew: then colours and rows fit what is left. */
const MOST_ALONE = 60
/** Of a step: seconds are not quite even, and so far from its column a time may be. */
const MOST_DRIFT = 0.25

/** What the image shows. */
interface Painted {
  readonly columns: TimeColumns<string>
  readonly version: number
  readonly colours: Uint32Array
  /** Time of column 0, and the newest time with its column. */
  readonly anchor: number
  readonly newest: number
  readonly column: number
  readonly alone: number
}

/**
 * The heatmap as an image of one pixel a step and row, which the screen's canvas stretches. It is a ring: a new second is
 * one new column, and nothing else is painted. Every column is there twice, so that the newest ones always are in one piece.
 */
export class HeatImage {
  readonly #canvas: HTMLCanvasElement = document.createElement('canvas')
  #image: ImageData | undefined
  #pixels: Uint32Array = new Uint32Array(0)
  #painted: Painted | undefined
  // Of small counts, which are most.
  readonly #levels: Uint8Array = new Uint8Array(1024)
  // Colours are chosen by it: a power of two, so that it seldom changes.
  #against = 0
  // Among what is painted.
  #largest = 1
  #lowest = HEAT_ROWS
  #highest = -1

  /** The rows that are shown. */
  get span (): RowSpan { return this.#highest < 0 ? UNSEEN : spanOf(this.#lowest, this.#highest) }

  /** Paints all steps since `from`. */
  paint (columns: TimeColumns<string>, from: number, colours: Uint32Array): void {
    const before = this.#painted
    if (before?.columns === columns && before.version === columns.version && before.colours === colours) return
    if (before === undefined || !this.#paintNewest(before, columns, colours)) this.#paintAll(columns, from, colours)
  }

  /** Stretches the shown rows of the newest `steps` steps over a box whose top is 0. */
  draw (context: CanvasRenderingContext2D, { steps, x, width, height }: { readonly steps: number, readonly x: number, readonly width: number, readonly height: number }): void {
    const { low, high } = this.span
    const capacity = this.#canvas.width / 2
    const end = placeOf(this.#painted?.column ?? 0, capacity) + capacity + 1
    context.imageSmoothingEnabled = false
    context.drawImage(this.#canvas, end - steps, HEAT_ROWS - high, steps, high - low, x, 0, width, height)
  }

  /** Whether one step more is all that is new, and fits in: its time its column, its counts the colours. */
  #paintNewest (before: Painted, columns: TimeColumns<string>, colours: Uint32Array): boolean {
    const { at, length, newest, step } = columns
    const position = (newest - before.anchor) / step
    const column = Math.round(position)
    if (before.columns !== columns || before.colours !== colours || before.version !== columns.version - 1) return false
    if (at[length - 2] !== before.newest || before.alone >= MOST_ALONE || Math.abs(position - column) > MOST_DRIFT || column - before.column >= columns.capacity) return false
    this.#clear(before.column + 1, column)
    this.#paintStep(columns, length - 1, { begin: beginOf(newest, before.newest, { column, before: before.column, step }), end: column, colours })
    if (this.#largest > this.#against) return false
    this.#show(Math.min(before.column + 1, column), column)
    this.#painted = { ...before, version: columns.version, newest, column, alone: before.alone + 1 }
    return true
  }

  #paintAll (columns: TimeColumns<string>, from: number, colours: Uint32Array): void {
    this.#fit(columns.capacity)
    this.#paintSteps(columns, from, colours)
    const against = 2 ** Math.ceil(Math.log2(this.#largest))
    if (against !== this.#against) {
      this.#countAgainst(against)
      this.#paintSteps(columns, from, colours)
    }
    this.#show(0, columns.capacity - 1)
    this.#painted = { columns, version: columns.version, colours, anchor: columns.newest, newest: columns.newest, column: 0, alone: 0 }
  }

  #paintSteps (columns: TimeColumns<string>, from: number, colours: Uint32Array): void {
    const { at, length, newest, step } = columns
    this.#pixels.fill(0)
    this.#largest = 1
    this.#lowest = HEAT_ROWS
    this.#highest = -1
    let timeBefore = NaN
    let before = NaN
    for (let index = Math.max(0, columns.indexNear(from)); index < length; index++) {
      const time = at[index] ?? NaN
      const column = Math.max(1 - columns.capacity, Math.round((time - newest) / step))
      this.#paintStep(columns, index, { begin: beginOf(time, timeBefore, { column, before, step }), end: column, colours })
      timeBefore = time
      before = column
    }
  }

  #paintStep ({ heat, capacity }: TimeColumns<string>, index: number, { begin, end, colours }: { readonly begin: number, readonly end: number, readonly colours: Uint32Array }): void {
    for (let row = 0; row < HEAT_ROWS; row++) {
      const count = heat[index * HEAT_ROWS + row] ?? 0
      if (count === 0) continue
      if (count > this.#largest) this.#largest = count
      if (row < this.#lowest) this.#lowest = row
      if (row > this.#highest) this.#highest = row
      const colour = colours[this.#levels[count] ?? levelOf(count, this.#against)] ?? 0
      const line = (HEAT_ROWS - 1 - row) * 2 * capacity
      for (let column = begin; column <= end; column++) {
        const x = line + placeOf(column, capacity)
        this.#pixels[x] = this.#pixels[x + capacity] = colour
      }
    }
  }

  #clear (begin: number, end: number): void {
    const width = this.#canvas.width
    for (let column = begin; column <= end; column++) {
      for (let x = placeOf(column, width / 2); x < this.#pixels.length; x += width / 2) this.#pixels[x] = 0
    }
  }

  /** On the canvas, of which the whole is some hundred kilobytes. */
  #show (begin: number, end: number): void {
    const context = this.#canvas.getContext('2d')
    const capacity = this.#canvas.width / 2
    if (this.#image === undefined) return
    if (end - begin + 1 >= capacity) {
      context?.putImageData(this.#image, 0, 0)
      return
    }
    for (let column = begin; column <= end; column++) {
      for (const x of [placeOf(column, capacity), placeOf(column, capacity) + capacity]) context?.putImageData(this.#image, 0, 0, x, 0, 1, HEAT_ROWS)
    }
  }

  #countAgainst (largest: number): void {
    this.#against = largest
    for (let count = 1; count < this.#levels.length; count++) this.#levels[count] = levelOf(count, largest)
  }

  #fit (capacity: number): void {
    if (this.#canvas.width === 2 * capacity && this.#image !== undefined) return
    this.#canvas.width = 2 * capacity
    this.#canvas.height = HEAT_ROWS
    this.#image = new ImageData(2 * capacity, HEAT_ROWS)
    this.#pixels = new Uint32Array(this.#image.data.buffer)
  }
}

/** The first column of a step. What falls between two columns is no gap. */
function beginOf (time: number, timeBefore: number, { column, before, step }: { readonly column: number, readonly before: number, readonly step: number }): number {
  return time - timeBefore < 1.6 * step ? Math.min(before + 1, column) : column
}

/** Where a column is in the first half of the ring. */
function placeOf (column: number, capacity: number): number {
  return ((column % capacity) + capacity) % capacity
}
