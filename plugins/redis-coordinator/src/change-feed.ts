import { ABSENT } from '@plimsoll/core'
import type { WatchBatch } from '@plimsoll/core'
import { batchFrom } from './entry-codec.ts'
import type { RevisionSeen } from './revision-seen.ts'
import type { Subscriptions } from './subscriptions.ts'

/** Changes of the namespace, read once for all who watch. Notices when none come though the server tells of some. */
export class ChangeFeed {
  readonly #subscriptions: Subscriptions
  readonly #seen: RevisionSeen
  readonly #listeners = new Set<(batch: WatchBatch) => void>()
  #stop: (() => void) | undefined
  #delivered: bigint = ABSENT
  /** What the last renewal told of … */
  #told: bigint | undefined
  /** … and what was told of longer ago, and ought to be here. */
  #owed: bigint = ABSENT

  constructor (subscriptions: Subscriptions, seen: RevisionSeen) {
    this.#subscriptions = subscriptions
    this.#seen = seen
  }

  watch (listener: (batch: WatchBatch) => void): () => void {
    this.#listeners.add(listener)
    this.#stop ??= this.#subscriptions.listen('changes', (message) => { this.#receive(message) })
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size > 0) return
      this.#stop?.()
      this.#stop = undefined
      this.#told = undefined
    }
  }

  /**
   * With each renewal. A connection can be dead without anybody having closed it, and one that only listens never finds
   * out: what was committed between the last two renewals has to have come by the next.
   */
  told (revision: bigint): void {
    if (this.#stop === undefined) return
    const deaf = this.#delivered < this.#owed
    this.#owed = !deaf && this.#told !== undefined && revision > this.#told ? revision : ABSENT
    this.#told = deaf ? undefined : revision
    if (deaf) this.#subscriptions.deaf()
  }

  #receive (message: Buffer): void {
    let batch: WatchBatch
    try {
      batch = batchFrom(message)
    } catch {
      // Not ours, though on our channel. If it was, the gap shows.
      return
    }
    this.#delivered = this.#seen.see(batch.revision)
    for (const listener of this.#listeners) listener(batch)
  }
}
