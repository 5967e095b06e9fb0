import type { CircuitBreaker } from './circuit-breaker.ts'

/** A circuit's place among those that may be given up. */
export class CircuitEntry {
  readonly breaker: CircuitBreaker
  /** Never given up. */
  readonly isPinned: boolean
  /** @internal */ isListed = false
  /** @internal */ newer: CircuitEntry | undefined
  /** @internal */ older: CircuitEntry | undefined

  constructor (breaker: CircuitBreaker, isPinned: boolean) {
    this.breaker = breaker
    this.isPinned = isPinned
  }
}

/** Closed circuits in the order of their last use: the one that was not used for longest is given up first. */
export class IdleCircuits {
  #newest: CircuitEntry | undefined
  #oldest: CircuitEntry | undefined

  get oldest (): CircuitEntry | undefined { return this.#oldest }

  /** The newest first. */
  * [Symbol.iterator] (): IterableIterator<CircuitEntry> {
    for (let entry = this.#newest; entry !== undefined; entry = entry.older) yield entry
  }

  /** It was used: makes it the newest, where it is one of these. */
  touch (entry: CircuitEntry): void {
    if (!entry.isListed || entry === this.#newest) return
    this.remove(entry)
    this.add(entry)
  }

  /** As the newest; does nothing where it is there. */
  add (entry: CircuitEntry): void {
    if (entry.isListed || entry.isPinned) return
    entry.isListed = true
    entry.older = this.#newest
    if (this.#newest === undefined) this.#oldest = entry
    else this.#newest.newer = entry
    this.#newest = entry
  }

  /** Does nothing where it is not there. */
  remove (entry: CircuitEntry): void {
    if (!entry.isListed) return
    const { newer, older } = entry
    if (newer === undefined) this.#newest = older
    else newer.older = older
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    entry.newer = entry.older = undefined
    entry.isListed = false
  }
}
