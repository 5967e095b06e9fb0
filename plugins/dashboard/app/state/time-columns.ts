/**
 * Figures over time for the charts: columns of one length in Float64Arrays, oldest first, so that a chart takes them as
 * they are. NaN is "no figure"; where frames are missing a row of NaN tells the chart to leave a gap.
 */

export interface ColumnSpec<Name extends string> {
  readonly name: Name
  /** How samples of one step become one point: the mean, or the worst. */
  readonly fold: 'mean' | 'max'
}

export type Row<Name extends string> = { readonly [N in Name]: number | null }

export class TimeColumns<Name extends string> {
  readonly capacity: number
  readonly step: number
  readonly heatRows: number
  readonly #at: Float64Array
  readonly #names: readonly Name[]
  readonly #folds: ReadonlyArray<'mean' | 'max'>
  readonly #columns: readonly Float64Array[]
  // Counts of the heatmap, one run of heatRows to a step.
  readonly #heat: Uint32Array
  #length = 0
  // Samples in the newest step.
  #samples = 0
  #version = 0

  /** `step` in milliseconds; `heatRows` 0 for none. */
  constructor (columns: ReadonlyArray<ColumnSpec<Name>>, { capacity, step, heatRows = 0 }: { readonly capacity: number, readonly step: number, readonly heatRows?: number }) {
    this.capacity = capacity
    this.step = step
    this.heatRows = heatRows
    this.#names = columns.map(({ name }) => name)
    this.#folds = columns.map(({ fold }) => fold)
    this.#at = new Float64Array(capacity)
    this.#columns = columns.map(() => new Float64Array(capacity))
    this.#heat = new Uint32Array(capacity * heatRows)
  }

  get length (): number { return this.#length }

  /** Rises with every change, for those who keep something derived. */
  get version (): number { return this.#version }

  /** Milliseconds since the epoch of the newest sample; NaN when empty. */
  get newest (): number { return this.#length === 0 ? NaN : this.#at[this.#length - 1] ?? NaN }

  /** Of the oldest sample; NaN when empty. */
  get oldest (): number { return this.#length === 0 ? NaN : this.#at[0] ?? NaN }

  get at (): Float64Array { return this.#at.subarray(0, this.#length) }

  column (name: Name): Float64Array {
    return this.#columnOf(name).subarray(0, this.#length)
  }

  /** Counts by row, one step after the other; as many steps as there is room for. */
  get heat (): Uint32Array { return this.#heat }

  /** Counts by row of the step at `index`. */
  heatAt (index: number): Uint32Array { return this.#heat.subarray(index * this.heatRows, (index + 1) * this.heatRows) }

  /**
   * Adds a sample, or folds it into the newest step. Samples that are not newer than the newest are dropped: a replay
   * repeats what is known. `heat`: row and count alternately.
   */
  push (at: number, row: Row<Name>, heat: readonly number[] = []): void {
    this.#add(at, (name) => row[name] ?? NaN, heat)
  }

  /** Puts older samples before what is there, as many as there is room for. `columnOf` gives a column's values, one for each of `at`. */
  prepend (at: readonly number[], columnOf: (name: Name) => ReadonlyArray<number | null>, heat: readonly (readonly number[])[] = []): void {
    const first = this.#length === 0 ? Infinity : this.#at[0] ?? Infinity
    const older = at.filter((time) => time < first).length
    const count = Math.min(older, this.capacity - this.#length)
    const skipped = older - count
    this.#version++
    this.#shift(count)
    this.#names.forEach((name, i) => {
      const values = columnOf(name)
      for (let index = 0; index < count; index++) this.#write(i, index, values[skipped + index] ?? NaN)
    })
    for (let index = 0; index < count; index++) {
      this.#at[index] = at[skipped + index] ?? NaN
      this.heatAt(index).fill(0)
      this.#addHeat(index, heat[skipped + index] ?? [])
    }
  }

  /** Takes over what another one has, whose steps are not coarser. */
  takeFrom (other: TimeColumns<Name>): void {
    for (let index = 0; index < other.length; index++) {
      const heat = [...other.heatAt(index)].flatMap((count, row) => count === 0 ? [] : [row, count])
      this.#add(other.at[index] ?? NaN, (name) => other.column(name)[index] ?? NaN, heat)
    }
  }

  clear (): void {
    this.#length = 0
    this.#samples = 0
    this.#version++
  }

  /** Index of the sample nearest to `at`, -1 when empty. */
  indexNear (at: number): number {
    let low = 0
    let high = this.#length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#at[middle] ?? 0) < at) low = middle + 1
      else high = middle
    }
    return low > 0 && at - (this.#at[low - 1] ?? 0) < (this.#at[low] ?? 0) - at ? low - 1 : this.#length === 0 ? -1 : low
  }

  /** Mean of a column between two times, without what is missing; NaN where there is nothing. */
  meanBetween (name: Name, from: number, to: number): number {
    const column = this.#columnOf(name)
    let sum = 0
    let count = 0
    for (let i = this.#length - 1; i >= 0; i--) {
      const at = this.#at[i] ?? 0
      if (at <= from) break
      const value = column[i] ?? NaN
      if (at > to || Number.isNaN(value)) continue
      sum += value
      count++
    }
    return count === 0 ? NaN : sum / count
  }

  /** Largest value since a time; 0 where there is nothing. */
  maxSince (name: Name, from: number): number {
    const column = this.#columnOf(name)
    let largest = 0
    for (let i = this.#length - 1; i >= 0 && (this.#at[i] ?? 0) >= from; i--) {
      const value = column[i] ?? NaN
      if (value > largest) largest = value
    }
    return largest
  }

  #columnOf (name: Name): Float64Array {
    const column = this.#columns[this.#names.indexOf(name)]
    if (column === undefined) throw new RangeError(`there is no column ${name}`)
    return column
  }

  #add (at: number, valueOf: (name: Name) => number, heat: readonly number[]): void {
    if (!Number.isFinite(at) || at <= this.newest) return
    this.#version++
    if (this.#belongsToNewest(at)) {
      this.#fold(at, valueOf, heat)
      return
    }
    if (at - this.newest > 2.5 * this.step) this.#append(this.newest + this.step, () => NaN, [])
    this.#append(at, valueOf, heat)
  }

  // Frames come once a second, not quite evenly: only coarser steps are folded.
  #belongsToNewest (at: number): boolean {
    return this.#length > 0 && this.step > 1000 && Math.floor(at / this.step) === Math.floor(this.newest / this.step)
  }

  #append (at: number, valueOf: (name: Name) => number, heat: readonly number[]): void {
    if (this.#length === this.capacity) this.#dropOldest()
    const index = this.#length++
    this.#samples = 1
    this.#at[index] = at
    this.#names.forEach((name, i) => { this.#write(i, index, valueOf(name)) })
    this.heatAt(index).fill(0)
    this.#addHeat(index, heat)
  }

  #fold (at: number, valueOf: (name: Name) => number, heat: readonly number[]): void {
    const index = this.#length - 1
    this.#samples++
    this.#at[index] = at
    this.#names.forEach((name, i) => {
      const before = this.#columns[i]?.[index] ?? NaN
      const value = valueOf(name)
      if (Number.isNaN(value)) return
      if (Number.isNaN(before)) this.#write(i, index, value)
      else this.#write(i, index, this.#folds[i] === 'max' ? Math.max(before, value) : before + (value - before) / this.#samples)
    })
    this.#addHeat(index, heat)
  }

  #write (column: number, index: number, value: number): void {
    const values = this.#columns[column]
    if (values !== undefined) values[index] = value
  }

  #addHeat (index: number, heat: readonly number[]): void {
    const counts = this.heatAt(index)
    for (let i = 0; i + 1 < heat.length; i += 2) {
      const row = heat[i] ?? 0
      if (row >= 0 && row < counts.length) counts[row] = (counts[row] ?? 0) + (heat[i + 1] ?? 0)
    }
  }

  #shift (count: number): void {
    this.#at.copyWithin(count, 0, this.#length)
    for (const column of this.#columns) column.copyWithin(count, 0, this.#length)
    this.#heat.copyWithin(count * this.heatRows, 0, this.#length * this.heatRows)
    this.#length += count
  }

  // Moves everything by one: some kilobytes a second, and charts need them contiguous.
  #dropOldest (): void {
    this.#at.copyWithin(0, 1)
    for (const column of this.#columns) column.copyWithin(0, 1)
    this.#heat.copyWithin(0, this.heatRows)
    this.#length--
  }
}
