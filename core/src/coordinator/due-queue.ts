/** A binary min-heap of things that fall due; the same thing may stand in it more than once. */
export class DueQueue<T> {
  readonly #heap: { readonly at: number, readonly what: T }[] = []

  /** When the next falls due; Infinity for never. */
  get next (): number { return this.#heap[0]?.at ?? Infinity }

  add (at: number, what: T): void {
    const heap = this.#heap
    let index = heap.push({ at, what }) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (this.#at(parent) <= at) break
      this.#swap(index, parent)
      index = parent
    }
  }

  /** Takes out what is due first, if that is at or before `now`. */
  take (now: number): T | undefined {
    const heap = this.#heap
    const first = heap[0]
    if (first === undefined || first.at > now) return undefined
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return first.what
    heap[0] = last
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      const least = this.#at(left + 1) < this.#at(left) ? left + 1 : left
      if (this.#at(least) >= last.at) return first.what
      this.#swap(index, least)
      index = least
    }
  }

  clear (): void { this.#heap.length = 0 }

  #at (index: number): number { return this.#heap[index]?.at ?? Infinity }

  #swap (a: number, b: number): void {
    const one = this.#heap[a]!
    this.#heap[a] = this.#heap[b]!
    this.#heap[b] = one
  }
}
