import type { PriorityRank } from '@plimsoll/core'
import { IntrusiveList } from './intrusive-list.ts'
import type { Link } from './intrusive-list.ts'

export interface Waiting<Self> extends Link<Self> {
  readonly rank: PriorityRank
  readonly arrivedAt: number
}

/** One take in so many goes to `low` or `batch` while more important work waits, so that they don't starve. */
export const LOW_SHARE_EVERY = 20

const CLASSES = 6
const LAST_GUARDED_RANK = 1
const LOW: PriorityRank = 4
const BATCH: PriorityRank = 5

/**
 * Requests waiting to be started: a list for each class, the most important class first, any entry removable at once.
 *
 * ```
 * rank 1   oldest → … → newest        take: the first class that has one, its oldest or (from rank 2 on) its newest
 * rank 3   oldest → … → newest        each 20th take: low or batch in turn, unless system or critical wait
 * rank 5   oldest → … → newest        to give up: the oldest of the last class that has one
 * ```
 */
export class ClassQueue<Entry extends Waiting<Entry>> {
  /** Entries by rank. */
  readonly sizes: Uint32Array = new Uint32Array(CLASSES)
  readonly #lists: ReadonlyArray<IntrusiveList<Entry>> = Array.from({ length: CLASSES }, () => new IntrusiveList<Entry>())
  #size = 0
  #takesSinceShare = 0
  #lastShare: PriorityRank = BATCH

  get size (): number { return this.#size }

  push (entry: Entry): void {
    this.#list(entry.rank).push(entry)
    this.#count(entry.rank, 1)
  }

  /** The entry has to be queued. */
  remove (entry: Entry): void {
    this.#list(entry.rank).remove(entry)
    this.#count(entry.rank, -1)
  }

  /** The longest-waiting entry of a class. */
  oldest (rank: PriorityRank): Entry | undefined { return this.#list(rank).oldest }

  /** The longest-waiting entry of all. */
  oldestOfAll (): Entry | undefined {
    let found: Entry | undefined
    // By index: this is asked at every arrival, start and finish while something waits.
    for (let rank = 0; rank < CLASSES; rank++) {
      const { oldest } = this.#list(rank)
      if (oldest !== undefined && (found === undefined || oldest.arrivedAt < found.arrivedAt)) found = oldest
    }
    return found
  }

  /** The longest-waiting entry of the least important class, where that class is less important than `rank`. */
  lessImportantThan (rank: PriorityRank): Entry | undefined {
    return this.#lists.findLast((list, candidate) => candidate > rank && list.size > 0)?.oldest
  }

  /** Whether {@link take} would find one. */
  has (leastRank: PriorityRank): boolean {
    return this.#lists.some((list, rank) => rank <= leastRank && list.size > 0)
  }

  /** Takes the entry to start next, of the classes from `system` to `leastRank`; of `system` and `critical` always the oldest. */
  take (newestFirst: boolean, leastRank: PriorityRank): Entry | undefined {
    const first = this.#lists.findIndex(list => list.size > 0)
    if (first === -1 || first > leastRank) return undefined
    const list = this.#shared(first, leastRank) ?? this.#list(first)
    const entry = newestFirst && first > LAST_GUARDED_RANK ? list.newest : list.oldest
    if (entry !== undefined) this.remove(entry)
    return entry
  }

  // The list that the small share of the low classes goes to, if this take is theirs.
  #shared (first: number, leastRank: PriorityRank): IntrusiveList<Entry> | undefined {
    if (first <= LAST_GUARDED_RANK || first >= LOW || leastRank < BATCH) return undefined
    const turn = this.#lastShare === BATCH ? LOW : BATCH
    const other = this.#lastShare
    const rank = this.#list(turn).size > 0 ? turn : other
    if (this.#list(rank).size === 0 || ++this.#takesSinceShare < LOW_SHARE_EVERY) return undefined
    this.#takesSinceShare = 0
    this.#lastShare = rank
    return this.#list(rank)
  }

  #list (rank: number): IntrusiveList<Entry> {
    const list = this.#lists[rank]
    if (list === undefined) throw new RangeError(`rank ${rank} is not a class`)
    return list
  }

  #count (rank: PriorityRank, by: 1 | -1): void {
    this.sizes[rank]! += by
    this.#size += by
  }
}
