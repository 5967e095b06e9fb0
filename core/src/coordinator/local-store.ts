import type { Clock, ClockTimer } from '../clock.ts'
import { DueQueue } from './due-queue.ts'
import type { Check, Commit, CommitResult, Entry, Operation, Pulse, WatchBatch } from './driver.ts'
import { OperationMemory } from './operation-memory.ts'
import { ABSENT, revisionOf } from './revision.ts'
import { SortedKeys } from './sorted-keys.ts'

interface Stored {
  readonly value: Uint8Array
  readonly revision: bigint
  readonly session: Session | undefined
  /** By its own ttl; Infinity without one. */
  readonly expiresAt: number
}

interface Session {
  readonly id: string
  readonly ttlMs: number
  readonly keys: Set<string>
  expiresAt: number
}

interface Watchers {
  readonly batches: Set<(batch: WatchBatch) => void>
  readonly broadcasts: Set<(channel: string, bytes: Uint8Array) => void>
}

/** What a server would be: the data of one namespace in the memory of this process. One or many `LocalDriver`s share it. */
export class LocalStore {
  readonly watchers: Watchers = { batches: new Set(), broadcasts: new Set() }
  readonly #clock: Clock
  readonly #entries = new Map<string, Stored>()
  readonly #keys = new SortedKeys()
  readonly #sessions = new Map<string, Session>()
  readonly #due = new DueQueue<string | Session>()
  readonly #operations = new OperationMemory()
  #timer: ClockTimer | undefined
  #timerAt = Infinity
  #generation: number
  #counter = 0
  #calmAt = 0

  constructor (clock: Clock) {
    this.#clock = clock
    this.#generation = Math.max(1, Math.floor(clock.wallTime()))
  }

  get revision (): bigint { return revisionOf(this.#generation, this.#counter) }

  get pulse (): Pulse {
    return { revision: this.revision, serverTime: this.#clock.wallTime(), quarantineMs: Math.max(0, this.#calmAt - this.#clock.now()) }
  }

  get (key: string): Entry | undefined {
    this.sweep()
    const stored = this.#entries.get(key)
    return stored === undefined ? undefined : this.#show(key, stored)
  }

  list (prefix: string, limit: number, after?: string): { readonly entries: readonly Entry[], readonly revision: bigint } {
    this.sweep()
    const entries: Entry[] = []
    for (const key of this.#keys.startingWith(prefix, after)) {
      if (entries.length >= limit) break
      const stored = this.#entries.get(key)
      if (stored !== undefined) entries.push(this.#show(key, stored))
    }
    return { entries, revision: this.revision }
  }

  commit ({ id, checks, operations }: Commit): CommitResult {
    this.sweep()
    const now = this.#clock.now()
    const before = this.#operations.recall(id)
    if (before !== undefined) return before
    for (const check of checks) {
      const refusal = this.#refusalOf(check, now)
      if (refusal !== undefined) return this.#operations.remember(id, refusal, now)
    }
    if (!this.#sessionsAlive(operations)) return this.#operations.remember(id, { ok: false, reason: 'session' }, now)
    this.#apply(operations, now)
    return this.#operations.remember(id, { ok: true, revision: this.revision }, now)
  }

  openSession (id: string, ttlMs: number): void {
    this.sweep()
    if (this.#sessions.has(id)) return
    const session: Session = { id, ttlMs, keys: new Set(), expiresAt: this.#clock.now() + ttlMs }
    this.#sessions.set(id, session)
    this.#expect(session.expiresAt, session)
  }

  /** `false`: it is not alive. */
  renew (id: string, operations: readonly Operation[]): boolean {
    this.sweep()
    const session = this.#sessions.get(id)
    if (session === undefined) return false
    session.expiresAt = this.#clock.now() + session.ttlMs
    if (operations.length > 0) this.#apply(operations, this.#clock.now())
    return true
  }

  /** Until the session ends; 0 when it is not alive. */
  remainingMs (session: string): number {
    return Math.max(0, (this.#sessions.get(session)?.expiresAt ?? 0) - this.#clock.now())
  }

  revoke (id: string): void {
    this.sweep()
    const session = this.#sessions.get(id)
    if (session === undefined) return
    this.#sessions.delete(id)
    this.#apply([...session.keys].map((key) => ({ delete: key })), this.#clock.now())
  }

  broadcast (channel: string, bytes: Uint8Array): void {
    for (const listener of this.watchers.broadcasts) listener(channel, bytes)
  }

  /** Deletes what is due; a deletion is a change like any other. */
  sweep (): void {
    const now = this.#clock.now()
    if (this.#due.next > now) return
    const expired: Operation[] = []
    for (let due = this.#due.take(now); due !== undefined; due = this.#due.take(now)) {
      if (typeof due === 'string') {
        const at = this.#entries.get(due)?.expiresAt ?? Infinity
        if (at <= now) expired.push({ delete: due })
        // A later ttl has its own place in the queue.
      } else if (due.expiresAt > now) {
        this.#expect(due.expiresAt, due)
      } else if (this.#sessions.get(due.id) === due) {
        this.#sessions.delete(due.id)
        for (const key of due.keys) expired.push({ delete: key })
      }
    }
    this.#apply(expired, now)
  }

  /** Loses all data, as a server that restarts empty does: a new generation, and a quarantine of the longest lease. */
  wipe (quarantineMs: number): void {
    this.#entries.clear()
    this.#sessions.clear()
    this.#operations.clear()
    this.#due.clear()
    for (const key of [...this.#keys.startingWith('')]) this.#keys.delete(key)
    this.#generation = Math.max(this.#generation + 1, Math.floor(this.#clock.wallTime()))
    this.#counter = 0
    this.#calmAt = this.#clock.now() + quarantineMs
  }

  close (): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#timerAt = Infinity
  }

  #refusalOf (check: Check, now: number): CommitResult | undefined {
    if ('calm' in check) return now < this.#calmAt ? { ok: false, reason: 'quarantine' } : undefined
    if ('session' in check) return this.#sessions.has(check.session) ? undefined : { ok: false, reason: 'session' }
    const current = this.#entries.get(check.key)
    if ((current?.revision ?? ABSENT) === check.revision) return undefined
    return { ok: false, reason: 'conflict', key: check.key, ...(current === undefined ? {} : { current: this.#show(check.key, current) }) }
  }

  #sessionsAlive (operations: readonly Operation[]): boolean {
    return operations.every((operation) => 'delete' in operation || operation.session === undefined || this.#sessions.has(operation.session))
  }

  #apply (operations: readonly Operation[], now: number): void {
    const changing = operations.filter((operation) => 'put' in operation || this.#entries.has(operation.delete))
    if (changing.length === 0) return
    const after = this.revision
    this.#counter += 1
    const changes = changing.map((operation) => 'put' in operation ? this.#put(operation, now) : this.#delete(operation.delete))
    const batch = { after, revision: this.revision, changes }
    for (const listener of this.watchers.batches) listener(batch)
  }

  #put (operation: Extract<Operation, { put: string }>, now: number): { readonly key: string, readonly entry: Entry } {
    const key = operation.put
    this.#entries.get(key)?.session?.keys.delete(key)
    const session = operation.session === undefined ? undefined : this.#sessions.get(operation.session)
    const expiresAt = operation.ttlMs === undefined ? Infinity : now + operation.ttlMs
    const stored: Stored = { value: operation.value, revision: this.revision, session, expiresAt }
    session?.keys.add(key)
    this.#entries.set(key, stored)
    this.#keys.add(key)
    if (expiresAt < Infinity) this.#expect(expiresAt, key)
    return { key, entry: this.#show(key, stored) }
  }

  #delete (key: string): { readonly key: string, readonly entry: null } {
    this.#entries.get(key)?.session?.keys.delete(key)
    this.#entries.delete(key)
    this.#keys.delete(key)
    return { key, entry: null }
  }

  #show (key: string, { value, revision, session, expiresAt }: Stored): Entry {
    const expiresInMs = Math.max(0, Math.min(expiresAt, session?.expiresAt ?? Infinity) - this.#clock.now())
    return {
      key,
      value,
      revision,
      ...(session === undefined ? {} : { session: session.id }),
      ...(expiresInMs < Infinity ? { expiresInMs } : {})
    }
  }

  #expect (at: number, what: string | Session): void {
    this.#due.add(at, what)
    this.#arm()
  }

  /** One timer, for what is due first: expiry is told to watchers without anybody asking. */
  #arm (): void {
    const at = this.#due.next
    if (at >= this.#timerAt) return
    this.#timer?.cancel()
    this.#timerAt = at
    // A timeout beyond 2^31 would fire at once: look again after an hour at the latest.
    this.#timer = this.#clock.after(Math.min(Math.max(0, at - this.#clock.now()), 3_600_000), () => {
      this.#timerAt = Infinity
      this.sweep()
      this.#arm()
    })
  }
}
