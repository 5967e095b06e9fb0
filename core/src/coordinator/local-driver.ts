import type { Clock } from '../clock.ts'
import type { Capabilities, Commit, CommitResult, CoordinatorDriver, DriverSession, Entry, Operation, Pulse, WatchBatch } from './driver.ts'
import { SessionLost } from './errors.ts'
import { LocalStore } from './local-store.ts'

export interface LocalDriverOptions {
  readonly clock: Clock
  /**
   * Drivers with one store are instances of one cluster, all in this process: for tests.
   * @default a store of its own
   */
  readonly store?: LocalStore
}

/** The fallback where no backend is configured: the full semantics in the memory of this process, for this process. */
export class LocalDriver implements CoordinatorDriver {
  readonly name: string = 'local'
  readonly capabilities: Capabilities
  readonly #store: LocalStore
  readonly #ownsStore: boolean
  readonly #stops = new Set<() => void>()

  constructor ({ clock, store }: LocalDriverOptions) {
    this.#store = store ?? new LocalStore(clock)
    this.#ownsStore = store === undefined
    this.capabilities = {
      scope: store === undefined ? 'process' : 'cluster',
      consistency: 'local',
      durable: false,
      watch: 'push',
      minTtlMs: 1,
      granularityMs: 5,
      maxValueBytes: 4 * 1024 * 1024,
      maxBroadcastBytes: 64 * 1024
    }
  }

  async connect (): Promise<void> {}

  async close (): Promise<void> {
    for (const stop of this.#stops) stop()
    if (this.#ownsStore) this.#store.close()
  }

  async get (key: string): Promise<Entry | undefined> { return this.#store.get(key) }

  async list (prefix: string, { limit, after }: { readonly limit: number, readonly after?: string }): Promise<{ readonly entries: readonly Entry[], readonly revision: bigint }> {
    return this.#store.list(prefix, limit, after)
  }

  async commit (commit: Commit): Promise<CommitResult> { return this.#store.commit(commit) }

  async openSession (id: string, ttlMs: number): Promise<DriverSession> {
    this.#store.openSession(id, ttlMs)
    return new LocalSession(this.#store, id)
  }

  watch (listener: (batch: WatchBatch) => void): () => void {
    return this.#listen(this.#store.watchers.batches, listener)
  }

  async broadcast (channel: string, bytes: Uint8Array): Promise<void> { this.#store.broadcast(channel, bytes) }

  subscribe (listener: (channel: string, bytes: Uint8Array) => void): () => void {
    return this.#listen(this.#store.watchers.broadcasts, listener)
  }

  #listen<T> (listeners: Set<T>, listener: T): () => void {
    listeners.add(listener)
    const stop = (): void => {
      listeners.delete(listener)
      this.#stops.delete(stop)
    }
    this.#stops.add(stop)
    return stop
  }
}

class LocalSession implements DriverSession {
  readonly id: string
  readonly pulse: Pulse
  readonly #store: LocalStore

  constructor (store: LocalStore, id: string) {
    this.id = id
    this.pulse = store.pulse
    this.#store = store
  }

  async renew (operations: readonly Operation[], followed: readonly string[] = []): Promise<Pulse> {
    if (!this.#store.renew(this.id, operations)) throw new SessionLost(this.id)
    return { ...this.#store.pulse, remainingMs: followed.map((session) => this.#store.remainingMs(session)) }
  }

  async revoke (): Promise<void> { this.#store.revoke(this.id) }
}
