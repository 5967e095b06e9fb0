/** A bounded set of listeners of which none can harm the other: one that throws is reported and the rest are told. */
export class Listeners<T> {
  readonly #bound: number
  readonly #failed: (error: unknown) => void
  // Replaced, never changed: a listener that subscribes or leaves while being told changes the next round only.
  #listeners: ReadonlyArray<(value: T) => void> = []

  /** @throws RangeError from `add`, when more than `bound` listen at a time. */
  constructor (bound: number, failed: (error: unknown) => void) {
    this.#bound = bound
    this.#failed = failed
  }

  get size (): number { return this.#listeners.length }

  /** Returns the way out, which may be called more than once. */
  add (listener: (value: T) => void): () => void {
    if (this.#listeners.length >= this.#bound) {
      throw new RangeError(`at most ${this.#bound} listeners at a time; is one added again and again without being removed?`)
    }
    // Wrapped, so that the same function may listen twice and leave twice.
    const own = (value: T): void => listener(value)
    this.#listeners = [...this.#listeners, own]
    return () => { this.#listeners = this.#listeners.filter((other) => other !== own) }
  }

  tell (value: T): void {
    for (const listener of this.#listeners) {
      try {
        listener(value)
      } catch (error) {
        this.#failed(error)
      }
    }
  }

  clear (): void { this.#listeners = [] }
}
