/**
 * Keeps a table still: the server sorts each second's rows by that second, which would shuffle them all the time. Here
 * rows are ordered by a mean that forgets within ten seconds, one passes another only when it is clearly heavier, and one
 * that has gone quiet stays for a minute, at zero.
 */

const FORGET = 0.1
const STAYS_MS = 60_000
/** Times the weight of the row above it that a row needs to pass it. */
const PASSES = 1.25
/** Rows remembered at most. */
export const MAX_RANKED = 100

interface Ranked<Row> {
  row: Row
  weight: number
  seenAt: number
  isNew: boolean
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
    this.#sort()
    return Array.from(this.#ranked.values(), ({ row }) => row)
  }

  clear (): void {
    this.#ranked.clear()
  }

  /** From how they stood: new ones at their place, the others where they were, unless one is clearly heavier than who is above. */
  #sort (): void {
    const sorted: Array<readonly [key: string, ranked: Ranked<Row>]> = []
    for (const entry of this.#ranked) {
      const [key, { weight, isNew }] = entry
      let place = sorted.length
      for (; place > 0; place--) {
        const [aboveKey, above] = sorted[place - 1]!
        if (isNew ? weight < above.weight || (weight === above.weight && key > aboveKey) : weight <= above.weight * PASSES) break
      }
      sorted.splice(place, 0, entry)
    }
    this.#ranked.clear()
    for (const [key, ranked] of sorted.slice(0, MAX_RANKED)) {
      ranked.isNew = false
      this.#ranked.set(key, ranked)
    }
  }

  #see (row: Row, at: number): void {
    const key = this.#keyOf(row)
    const weight = this.#weightOf(row)
    const known = this.#ranked.get(key)
    if (known === undefined) {
      this.#ranked.set(key, { row, weight: weight * FORGET, seenAt: at, isNew: true })
      return
    }
    known.row = row
    known.weight += weight * FORGET
    known.seenAt = at
  }
}
