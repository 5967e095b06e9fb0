/** A link of an {@link IntrusiveList}; all three fields are the list's own. */
export interface Link<Self> {
  older: Self | undefined
  newer: Self | undefined
  /** Stands in a list; an entry can be in one at a time. */
  listed: boolean
}

/** A double-ended list that runs through its entries: appending and removing anywhere allocate nothing. */
export class IntrusiveList<Entry extends Link<Entry>> {
  #oldest: Entry | undefined
  #newest: Entry | undefined
  #size = 0

  get oldest (): Entry | undefined { return this.#oldest }
  get newest (): Entry | undefined { return this.#newest }
  get size (): number { return this.#size }

  push (entry: Entry): void {
    entry.older = this.#newest
    entry.newer = undefined
    entry.listed = true
    if (this.#newest === undefined) this.#oldest = entry
    else this.#newest.newer = entry
    this.#newest = entry
    this.#size++
  }

  /** The entry has to be in this list. */
  remove (entry: Entry): void {
    const { older, newer } = entry
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
    entry.older = entry.newer = undefined
    entry.listed = false
    this.#size--
  }
}
