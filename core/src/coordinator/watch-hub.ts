import type { Pulse, WatchBatch } from './driver.ts'
import { WatchTooWide } from './errors.ts'
import type { Link } from './link.ts'
import { Mirror } from './mirror.ts'
import type { EntryChange } from './mirror.ts'
import { ABSENT, generationOf } from './revision.ts'

const MAX_KEYS = 10_000
const MAX_PENDING = 1_000

export interface Subscription {
  readonly mirror: Mirror
  /** Settles after the first list; rejects with `WatchTooWide`. */
  readonly ready: Promise<void>
  stop (): void
}

interface Watched {
  readonly mirror: Mirror
  ready: Promise<void>
  listing: boolean
  again: boolean
  /** What came while a list was on its way. */
  readonly pending: WatchBatch[]
}

/**
 * One driver watch for all watchers of an instance. A push that was lost is found by its gap, and a lost LAST push by the
 * revision that rides on every renewal; both lead to a list whose differences are told as changes.
 */
export class WatchHub {
  resyncs = 0
  readonly #link: Link
  readonly #watched = new Map<string, Watched>()
  /** Revision up to which no push was lost. */
  #joined: bigint = ABSENT
  readonly #nudges = new Set<{ readonly prefix: string, readonly listener: () => void }>()
  #stop: (() => void) | undefined

  constructor (link: Link) { this.#link = link }

  /** Prefixes that are watched. */
  get watching (): number { return this.#watched.size }

  subscribe (prefix: string, listener: (change: EntryChange) => void): Subscription {
    this.#stop ??= this.#link.driver.watch((batch) => { this.#receive(batch) })
    let watched = this.#watched.get(prefix)
    if (watched === undefined) {
      watched = { mirror: new Mirror(prefix), ready: Promise.resolve(), listing: false, again: false, pending: [] }
      this.#watched.set(prefix, watched)
      watched.ready = this.#list(watched)
      watched.ready.catch(() => {})
    } else {
      for (const entry of watched.mirror.entries()) listener({ key: entry.key, entry })
    }
    const { mirror, ready } = watched
    mirror.listeners.add(listener)
    return {
      mirror,
      ready,
      stop: () => {
        mirror.listeners.delete(listener)
        if (mirror.listeners.size === 0) this.#forget(prefix, mirror)
      }
    }
  }

  /**
   * Calls `listener` when something under `prefix` may have changed, without keeping what is there: for prefixes of any
   * width. May be called for nothing.
   */
  nudge (prefix: string, listener: () => void): () => void {
    this.#stop ??= this.#link.driver.watch((batch) => { this.#receive(batch) })
    const nudge = { prefix, listener }
    this.#nudges.add(nudge)
    return () => {
      this.#nudges.delete(nudge)
      this.#rest()
    }
  }

  /** After every renewal and every new session. */
  synchronise ({ revision }: Pulse): void {
    for (const watched of this.#watched.values()) {
      const { mirror } = watched
      const behind = mirror.revision < revision || generationOf(mirror.revision) !== generationOf(revision)
      if (behind) this.#relist(watched)
    }
    if (revision !== this.#joined) this.#nudgeAll()
    this.#joined = revision
  }

  close (): void {
    this.#stop?.()
    this.#stop = undefined
    this.#watched.clear()
    this.#nudges.clear()
  }

  #receive (batch: WatchBatch): void {
    for (const watched of this.#watched.values()) {
      if (watched.listing && watched.pending.length < MAX_PENDING) watched.pending.push(batch)
      else if (!watched.mirror.apply(batch)) this.#relist(watched)
    }
    const gap = batch.after !== this.#joined
    for (const { prefix, listener } of this.#nudges) {
      if (gap) listener()
      else if (batch.changes.some(({ key }) => key.startsWith(prefix))) listener()
    }
    this.#joined = batch.revision
  }

  #nudgeAll (): void {
    for (const { listener } of this.#nudges) listener()
  }

  #relist (watched: Watched): void {
    this.resyncs += 1
    this.#list(watched).catch(() => {})
  }

  /** One list at a time a prefix; what comes meanwhile asks for one more. */
  async #list (watched: Watched): Promise<void> {
    if (watched.listing) {
      watched.again = true
      return
    }
    watched.listing = true
    try {
      do {
        watched.again = false
        const { prefix } = watched.mirror
        const listed = await this.#link.listAll(prefix, MAX_KEYS)
        if (listed === undefined) throw new WatchTooWide(MAX_KEYS, prefix)
        watched.mirror.replace(listed.entries, listed.revision)
        for (const batch of watched.pending.splice(0)) if (!watched.mirror.apply(batch)) watched.again = true
      } while (watched.again)
    } finally {
      watched.listing = false
      watched.pending.length = 0
    }
  }

  #forget (prefix: string, mirror: Mirror): void {
    if (this.#watched.get(prefix)?.mirror === mirror) this.#watched.delete(prefix)
    this.#rest()
  }

  #rest (): void {
    if (this.#watched.size + this.#nudges.size > 0) return
    this.#stop?.()
    this.#stop = undefined
  }
}
