import type { HistoryColumn } from './history-columns.ts'

/** Frames of one minute. */
export const FRAMES_PER_MINUTE = 60

/** Columns of numbers for many rows (routes, say) over the frames of one minute, in one typed array that grows by rows. */
export class HistoryTable<T> {
  readonly #columns: ReadonlyArray<HistoryColumn<T>>
  readonly #rows: Map<string, number> = new Map()
  #cells: Float32Array = new Float32Array(0)

  constructor (columns: ReadonlyArray<HistoryColumn<T>>) {
    this.#columns = columns
  }

  get bytes (): number { return this.#cells.byteLength + this.#rows.size * MAP_ENTRY_BYTES }

  write (key: string, frame: number, source: T): void {
    const row = this.#rows.get(key) ?? this.#newRow(key)
    this.#columns.forEach(({ read }, column) => { this.#cells[this.#at(row, column, frame)] = read(source) })
  }

  /** NaN where the row has nothing in that frame. */
  read (key: string, column: number, frame: number): number {
    const row = this.#rows.get(key)
    return row === undefined ? NaN : this.#cells[this.#at(row, column, frame)]!
  }

  /** Gives back what was grown in advance: no row comes any more. */
  trim (): void { this.#cells = this.#cells.slice(0, this.#at(this.#rows.size, 0, 0)) }

  #at (row: number, column: number, frame: number): number {
    return (row * this.#columns.length + column) * FRAMES_PER_MINUTE + frame
  }

  #newRow (key: string): number {
    const row = this.#rows.size
    this.#rows.set(key, row)
    const needed = this.#at(row + 1, 0, 0)
    if (needed > this.#cells.length) {
      const grown = new Float32Array(Math.ceil(needed * GROWTH)).fill(NaN)
      grown.set(this.#cells)
      this.#cells = grown
    }
    return row
  }
}

const GROWTH = 1.5
/** Of a string key and its place in the map, roughly; the string itself belongs to the route. */
const MAP_ENTRY_BYTES = 40
