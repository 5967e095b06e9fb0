const CHUNK = 512

/** Strings in the order of code units, as a list of short sorted lists: an insertion moves at most one of them. */
export class SortedKeys {
  #chunks: string[][] = []

  add (key: string): void {
    const at = Math.max(0, this.#chunkOf(key))
    const chunk = this.#chunks[at]
    if (chunk === undefined) {
      this.#chunks.push([key])
      return
    }
    const position = lowerBound(chunk, key)
    if (chunk[position] === key) return
    chunk.splice(position, 0, key)
    if (chunk.length > CHUNK) this.#chunks.splice(at + 1, 0, chunk.splice(CHUNK / 2))
  }

  delete (key: string): void {
    const at = this.#chunkOf(key)
    const chunk = this.#chunks[at]
    if (chunk === undefined) return
    const position = lowerBound(chunk, key)
    if (chunk[position] !== key) return
    chunk.splice(position, 1)
    if (chunk.length === 0) this.#chunks.splice(at, 1)
  }

  /** Keys that begin with `prefix`, those after `after` only. */
  * startingWith (prefix: string, after: string = ''): Generator<string> {
    const from = after > prefix ? after : prefix
    for (let at = Math.max(0, this.#chunkOf(from)); at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at]!
      for (let position = lowerBound(chunk, from); position < chunk.length; position++) {
        const key = chunk[position]!
        if (!key.startsWith(prefix)) return
        if (key !== after) yield key
      }
    }
  }

  /** The last chunk whose first key is not above `key`; -1 where all are. */
  #chunkOf (key: string): number {
    let low = 0
    let high = this.#chunks.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#chunks[middle]![0]! <= key) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}

function lowerBound (sorted: readonly string[], key: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}
