import type { Clock } from '../clock.ts'
import { count, decodeRecord, encodeJson } from './codec.ts'
import type { Check, Entry, Operation } from './driver.ts'
import { keys } from './keys.ts'
import type { Link } from './link.ts'
import type { ClaimedItem, NothingYet, QueueDriver, QueueItem, QueueLimits, QueueStats, Receipt } from './queue-driver.ts'
import { decodeItem, encodeItem } from './queue-item.ts'
import type { StoredItem } from './queue-item.ts'
import { ABSENT } from './revision.ts'
import type { WatchHub } from './watch-hub.ts'

export interface CommitQueuePorts {
  readonly link: Link
  readonly hub: WatchHub
  readonly clock: Clock
}

/** What proves a claim to the store: the item and its hold are as the claim wrote them. */
interface Claim {
  readonly place: string
  readonly item: StoredItem
  readonly itemRevision: bigint
  readonly holdRevision: bigint
  /** Clock milliseconds after which the store has let it go. */
  readonly until: number
}

const ATTEMPTS = 16
const PLACES = 16

/**
 * A queue with commits. Items stand under rising places; one that is held, by a consumer or for a delay, has a second key
 * with a ttl, and is there for anybody as soon as that is gone: so what a dead consumer held comes back by itself.
 *
 *     meta      next place, and a length that is never below the true one
 *     i/<place> the item     h/<place> its hold     x/<place> it is dead     k/<id> its id is taken
 */
export class CommitQueue implements QueueDriver {
  readonly #prefix: string
  readonly #limits: QueueLimits
  readonly #link: Link
  readonly #hub: WatchHub
  readonly #clock: Clock
  readonly #claims = new Map<string, Claim>()
  #claiming: Promise<unknown> = Promise.resolve()

  constructor (name: string, limits: QueueLimits, { link, hub, clock }: CommitQueuePorts) {
    this.#prefix = keys.queue(name)
    this.#limits = limits
    this.#link = link
    this.#hub = hub
    this.#clock = clock
  }

  async push (operation: string, items: readonly QueueItem[], delayMs: number): Promise<boolean> {
    const at = Math.floor(this.#clock.wallTime())
    const wanted = new Map(items.map((item) => [item.id, item]))
    const entering = (place: string, item: QueueItem): Operation[] => [
      { put: this.#key('i', place), value: encodeItem({ ...item, attempt: 0, at }) },
      ...(item.deduplicate ? [{ put: this.#key('k', item.id), value: encodeJson('place', place, 1_024) }] : []),
      ...(delayMs > 0 ? [{ put: this.#key('h', place), value: DELAY, ttlMs: delayMs }] : [])
    ]
    for (let attempt = 1; wanted.size > 0; attempt++) {
      const taken = [...wanted.values()].filter(({ deduplicate }) => deduplicate).map(({ id }) => this.#key('k', id))
      const outcome = await this.#enter(`${operation}.${attempt}`, wanted.size, taken.map((key) => ({ key, revision: ABSENT })), (next) => {
        return [...wanted.values()].flatMap((item, index) => entering(place(next + index), item))
      })
      if (outcome === true) return true
      if (outcome === false) return false
      // An id that is there already was pushed before: that is what deduplication is.
      for (const id of wanted.keys()) if (this.#key('k', id) === outcome) wanted.delete(id)
    }
    return true
  }

  /** One after the other: claims of one instance at the same time would be after the same items. */
  claim (operation: string, limit: number): Promise<readonly ClaimedItem[] | NothingYet> {
    const claimed = this.#claiming.then(() => this.#claim(operation, limit))
    this.#claiming = claimed.catch(() => {})
    return claimed
  }

  ack (operation: string, receipt: Receipt): Promise<boolean> {
    return this.#settle(operation, receipt, ({ place, item }) => [
      { delete: this.#key('i', place) },
      { delete: this.#key('h', place) },
      ...(item.deduplicate ? [{ put: this.#key('k', item.id), value: LEASE, ttlMs: this.#limits.dedupeMs }] : [])
    ])
  }

  release (operation: string, receipt: Receipt, delayMs: number): Promise<boolean> {
    return this.#settle(operation, receipt, ({ place }) => {
      const key = this.#key('h', place)
      return [delayMs > 0 ? { put: key, value: DELAY, ttlMs: delayMs } : { delete: key }]
    })
  }

  async extend (operation: string, { id, attempt }: Receipt, ms: number): Promise<boolean> {
    const claim = this.#claims.get(id)
    if (claim === undefined || claim.item.attempt !== attempt) return false
    const sentAt = this.#clock.now()
    const result = await this.#link.commit(this.#proof(claim), [{ put: this.#key('h', claim.place), value: LEASE, ttlMs: ms }], operation)
    if (result.ok) this.#claims.set(id, { ...claim, holdRevision: result.revision, until: sentAt + ms })
    return result.ok
  }

  async stats (): Promise<QueueStats> {
    const [items, holds, dead] = await Promise.all([this.#all('i'), this.#all('h'), this.#all('x')])
    const delayed = holds.filter(({ value }) => value[0] === DELAY[0]).length
    const oldest = items[0] === undefined ? 0 : this.#clock.wallTime() - decodeItem(items[0].value).at
    return { ready: Math.max(0, items.length - holds.length), leased: holds.length - delayed, delayed, dead: dead.length, oldestMs: Math.max(0, oldest) }
  }

  async dead (limit: number): Promise<readonly ClaimedItem[]> {
    const { entries } = await this.#link.list(this.#key('x', ''), limit)
    return entries.map(({ value }) => decodeItem(value))
  }

  async revive (operation: string, id: string): Promise<boolean> {
    const entry = (await this.#all('x')).find(({ value }) => decodeItem(value).id === id)
    if (entry === undefined) return false
    const outcome = await this.#enter(operation, 1, [{ key: entry.key, revision: entry.revision }], (next) => [
      { delete: entry.key },
      { put: this.#key('i', place(next)), value: encodeItem({ ...decodeItem(entry.value), attempt: 0 }) }
    ])
    return outcome === true
  }

  onReady (listener: () => void): () => void {
    return this.#hub.nudge(this.#prefix, listener)
  }

  async #claim (operation: string, limit: number): Promise<readonly ClaimedItem[] | NothingYet> {
    this.#forget()
    const refused = new Set<string>()
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const holds = await this.#all('h')
      const candidates = await this.#candidates(limit, new Set([...refused, ...holds.map(({ key }) => key.slice(-PLACES))]))
      const buried = candidates.filter(({ item }) => item.attempt >= this.#limits.maxAttempts)
      for (const { key, place, item, revision } of buried) {
        await this.#link.commit([{ key, revision }, { key: this.#key('h', place), revision: ABSENT }], [
          { delete: key },
          { put: this.#key('x', place), value: encodeItem(item) }
        ])
      }
      if (buried.length > 0) continue
      if (candidates.length === 0) return { nextInMs: holds.reduce((soonest, { expiresInMs = Infinity }) => Math.min(soonest, expiresInMs), Infinity) }
      const sentAt = this.#clock.now()
      const claimed = candidates.map((candidate) => ({ ...candidate, item: { ...candidate.item, attempt: candidate.item.attempt + 1 } }))
      const result = await this.#link.commit(
        candidates.flatMap(({ key, place, revision }) => [{ key, revision }, { key: this.#key('h', place), revision: ABSENT }]),
        claimed.flatMap(({ key, place, item }) => [
          { put: key, value: encodeItem(item) },
          { put: this.#key('h', place), value: LEASE, ttlMs: this.#limits.visibilityMs }
        ]),
        `${operation}.${attempt}`)
      if (result.ok) {
        return claimed.map(({ place, item }) => {
          this.#claims.set(item.id, { place, item, itemRevision: result.revision, holdRevision: result.revision, until: sentAt + this.#limits.visibilityMs })
          return { id: item.id, attempt: item.attempt, body: item.body }
        })
      }
      // Another consumer was faster with this one.
      if (result.key !== undefined) refused.add(result.key.slice(-PLACES))
    }
    return []
  }

  /** Writes new items under the next places; the key that stands against it, or `false` at the maximum length. */
  async #enter (operation: string, items: number, checks: readonly Check[], operations: (next: number) => readonly Operation[]): Promise<boolean | string> {
    const key = `${this.#prefix}meta`
    let entry = await this.#link.get(key)
    let outcome: boolean | string | undefined
    for (let attempt = 1; outcome === undefined; attempt++) {
      const meta = entry === undefined ? undefined : decodeRecord(entry.value)
      const next = count(meta?.['next'])
      let length = count(meta?.['length'])
      // What was acknowledged since is not in this length: before anything is refused, the items are counted.
      if (length + items > this.#limits.maxLength) length = (await this.#all('i')).length
      if (length + items > this.#limits.maxLength) return false
      const value = encodeJson(key, { next: next + items, length: length + items }, 1_024)
      const result = await this.#link.commit([{ key, revision: entry?.revision ?? ABSENT }, ...checks], [{ put: key, value }, ...operations(next)], `${operation}.${attempt}`)
      if (result.ok) outcome = true
      else if (result.key === key) entry = result.current
      else outcome = result.key!
    }
    return outcome
  }

  /** Items whose places are not `taken`, in their order. */
  async #candidates (limit: number, taken: ReadonlySet<string>): Promise<readonly { readonly key: string, readonly place: string, readonly item: StoredItem, readonly revision: bigint }[]> {
    const found = []
    const page = Math.min(1_000, limit + taken.size)
    let after: string | undefined
    for (;;) {
      const { entries } = await this.#link.list(this.#key('i', ''), page, after)
      for (const { key, value, revision } of entries) {
        const place = key.slice(-PLACES)
        if (!taken.has(place)) found.push({ key, place, item: decodeItem(value), revision })
        if (found.length === limit) return found
      }
      if (entries.length < page) return found
      after = entries.at(-1)?.key
    }
  }

  async #settle (operation: string, { id, attempt }: Receipt, operations: (claim: Claim) => readonly Operation[]): Promise<boolean> {
    const claim = this.#claims.get(id)
    if (claim === undefined || claim.item.attempt !== attempt) return false
    const { ok } = await this.#link.commit(this.#proof(claim), operations(claim), operation)
    if (this.#claims.get(id) === claim) this.#claims.delete(id)
    return ok
  }

  #proof ({ place, itemRevision, holdRevision }: Claim): readonly Check[] {
    return [{ key: this.#key('i', place), revision: itemRevision }, { key: this.#key('h', place), revision: holdRevision }]
  }

  /** Bounds the claims to those that the store can still hold. */
  #forget (): void {
    const now = this.#clock.now()
    for (const [id, { until }] of this.#claims) if (until + this.#limits.visibilityMs < now) this.#claims.delete(id)
  }

  async #all (kind: 'i' | 'h' | 'x'): Promise<readonly Entry[]> {
    return (await this.#link.listAll(this.#key(kind, ''), Infinity))!.entries
  }

  #key (kind: 'i' | 'h' | 'x' | 'k', id: string): string { return `${this.#prefix}${kind}/${id}` }
}

const LEASE = new TextEncoder().encode('lease')
const DELAY = new TextEncoder().encode('delay')

function place (number: number): string { return String(number).padStart(PLACES, '0') }
