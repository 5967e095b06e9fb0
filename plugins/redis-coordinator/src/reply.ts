/** What a script returned, read field by field: it came over the network, so nothing is taken on trust. */
export class Reply {
  readonly #values: readonly unknown[]

  /** @throws RangeError where it is no list */
  constructor (values: unknown) {
    if (!Array.isArray(values)) throw new RangeError('the script returned no list')
    this.#values = values
  }

  get length (): number { return this.#values.length }

  bytes (index: number): Buffer {
    const value = this.#values[index]
    if (!Buffer.isBuffer(value)) throw new RangeError(`the script returned no bytes at ${index}`)
    return value
  }

  text (index: number): string { return this.bytes(index).toString() }

  /** Of an integer, or of the text of a number. */
  number (index: number): number {
    const value = this.#values[index]
    const number = typeof value === 'number' ? value : this.bytes(index).length === 0 ? NaN : Number(this.text(index))
    if (!Number.isFinite(number)) throw new RangeError(`the script returned no number at ${index}`)
    return number
  }

  /** As {@link number}; `undefined` for an empty field. */
  numberOrNone (index: number): number | undefined {
    const value = this.#values[index]
    return Buffer.isBuffer(value) && value.length === 0 ? undefined : this.number(index)
  }
}
