/**
 * Keeps a table still: the server sorts each second's rows by that second, which would shuffle them all the time. Here
 * rows are ordered by a mean that forgets within ten seconds, and one that has gone quiet stays for a minute, at zero.
 */

const FORGET = 0.1
const STAYS_MS = 60_000
/** Rows remembered at most. */
export const MAX_RANKED = 100

interface Ranked<Row> {
  row: Row
  weight: number
  seenAt: number
}

export class Ranking<Row> {
  readonly #keyOf: (row: Row) => string
  readonly #weightOf: (row: Row) => number
  readonly #quiet: (row: Row) => Row
  readonly #ranked: Map<string, Ranked<Row>> = new Map()

  /** `quiet` gives the row as it is shown when nothing was seen of it. */
  constructor ({ keyOf, weightOf, quiet }: { readonly keyOf: (row: Row) => string, readonly weightOf: (row: Row) => number, readonly quiet: (row: Row) => Row }) {
    this.#keyOf = keyOf
    this.#weightOf = weightOf
    this.#quiet = quiet
  }

  /** Takes the rows of a second and returns all that are shown, heaviest first. */
  update (rows: readonly Row[], at: number): readonly Row[] {
    for (const ranked of this.#ranked.values()) ranked.weight *= 1 - FORGET
    for (const row of rows) this.#see(row, at)
    for (const [key, ranked] of this.#ranked) {
      if (at - ranked.seenAt > STAYS_MS) this.#ranked.delete(key)
      else if (ranked.seenAt !== at) ranked.row = this.#quiet(ranked.row)
    }
    const sorted = [...this.#ranked].sort(([aKey, a], [bKey, b]) => b.weight - a.weight || (aKey < bKey ? -1 : 1))
    for (const [key] of sorted.splice(MAX_RANKED)) this.#ranked.delete(key)
    return sorted.map(([, { row }]) => row)
  }

  clear (): void {
    this.#ranked.clear()
  }

  #see (row: Row, at: number): void {
    const key = this.#keyOf(row)
    const weight = this.#weightOf(row)
    const known = this.#ranked.get(key)
    if (known === undefined) {
      this.#ranked.set(key, { row, weight: weight * FORGET, seenAt: at })
      return
    }
    known.row = row
    known.weight += weight * FORGET
    known.seenAt = at
  }
}
