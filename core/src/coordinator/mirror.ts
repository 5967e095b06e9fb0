import type { Entry, WatchBatch } from './driver.ts'
import { ABSENT, generationOf } from './revision.ts'

/** `entry` left out: the key was deleted or has expired. */
export interface EntryChange {
  readonly key: string
  readonly entry?: Entry
}

/** What a watched prefix was last known to hold, by revision: what a list is compared with after a gap. */
export class Mirror {
  readonly prefix: string
  readonly listeners: Set<(change: EntryChange) => void> = new Set<(change: EntryChange) => void>()
  readonly #known = new Map<string, Entry>()
  /** Of the last list, or of the last batch that joined it; 0 before the first list. */
  revision: bigint = ABSENT

  constructor (prefix: string) { this.prefix = prefix }

  get size (): number { return this.#known.size }

  entries (): IterableIterator<Entry> { return this.#known.values() }

  get (key: string): Entry | undefined { return this.#known.get(key) }

  /** What this instance has written itself, ahead of the push that will show it; nothing once the watch is past it. */
  learn (entry: Entry): void {
    if (!this.#isAtOrBeyond(entry.revision)) this.#change(entry.key, entry, entry.revision)
  }

  /** `false`: it does not join what is known, or lacks a value; a list is needed. */
  apply (batch: WatchBatch): boolean {
    if (this.#isAtOrBeyond(batch.revision)) return true
    if (batch.after !== this.revision) return false
    for (const { key, entry } of batch.changes) if (entry === undefined && key.startsWith(this.prefix)) return false
    this.revision = batch.revision
    for (const { key, entry } of batch.changes) if (key.startsWith(this.prefix)) this.#change(key, entry ?? undefined, batch.revision)
    return true
  }

  /** Brings it to what a list shows, with a change for every difference, deletions too. */
  replace (entries: readonly Entry[], revision: bigint): void {
    // Batches that came while the list was on its way may have brought it further already.
    if (this.#isAtOrBeyond(revision)) return
    this.revision = revision
    const present = new Set(entries.map(({ key }) => key))
    for (const key of [...this.#known.keys()]) if (!present.has(key)) this.#change(key, undefined, revision)
    for (const entry of entries) if (this.#known.get(entry.key)?.revision !== entry.revision) this.#change(entry.key, entry, revision)
  }

  #isAtOrBeyond (revision: bigint): boolean {
    return this.revision === revision || isBeyond(this.revision, revision)
  }

  #change (key: string, entry: Entry | undefined, at: bigint): void {
    // What was learnt ahead of the watch is not undone by what the watch shows of the time before.
    if (isBeyond(this.#known.get(key)?.revision ?? ABSENT, at)) return
    if (entry === undefined) {
      if (!this.#known.delete(key)) return
    } else {
      this.#known.set(key, entry)
    }
    for (const listener of this.listeners) listener(entry === undefined ? { key } : { key, entry })
  }
}

/** In another generation nothing compares. */
function isBeyond (revision: bigint, other: bigint): boolean {
  return revision > other && generationOf(revision) === generationOf(other)
}
