import type { CapacityDriver } from './capacity-driver.ts'
import type { QueueDriver, QueueLimits } from './queue-driver.ts'
import type { QuotaDriver } from './quota-driver.ts'

/** One key as the store has it. */
export interface Entry {
  readonly key: string
  readonly value: Uint8Array
  /** Of the commit that wrote it; see `revisionOf`. All keys of one commit share its revision. */
  readonly revision: bigint
  /** Session it dies with. */
  readonly session?: string
  /** Milliseconds until it expires by its ttl or its session, by the store's clock; left out when it never does. */
  readonly expiresInMs?: number
}

/** What must be true for a commit to be applied. */
export type Check =
  /** `key` is at `revision`; `0n` asks that it is absent. */
  | { readonly key: string, readonly revision: bigint }
  /** The session is alive. */
  | { readonly session: string }
  /** The store is not in quarantine; see {@link Pulse.quarantineMs}. */
  | { readonly calm: true }

export type Operation =
  /** Replaces value, ttl and session. `ttlMs` is a lower bound: the entry lives at least that long. */
  | { readonly put: string, readonly value: Uint8Array, readonly ttlMs?: number, readonly session?: string }
  | { readonly delete: string }

export interface Commit {
  /**
   * Chosen by the caller, unique. A store remembers the outcome, refusals too, for at least a minute, and answers a
   * repeated id with it: so a retry after a lost reply is harmless, and a request overtaken by its own retry has no
   * effect.
   */
  readonly id: string
  readonly checks: readonly Check[]
  /** A put under a session that is not alive makes the commit fail as a session check would. */
  readonly operations: readonly Operation[]
}

export type CommitResult =
  | { readonly ok: true, readonly revision: bigint }
  | {
    readonly ok: false
    /** Which kind of check failed first. */
    readonly reason: 'conflict' | 'session' | 'quarantine'
    /** On a conflict, the key that failed … */
    readonly key?: string
    /** … and what it is now; left out when it is absent. */
    readonly current?: Entry
  }

/** Told with every renewal: what a client cannot learn from a push that was lost. */
export interface Pulse {
  /** The store's revision: of its last commit or expiry. */
  readonly revision: bigint
  /** The store's Unix milliseconds. */
  readonly serverTime: number
  /**
   * Above 0 while the store has lost data (or its clock has jumped) less than the longest lease and grace ago: somebody
   * may hold what the store no longer knows of. `calm` checks fail until it is over.
   */
  readonly quarantineMs: number
  /**
   * For each session that the renewal asked about, in that order: milliseconds until it ends by the store's clock; 0 for one
   * that is not alive. A driver that leaves it out costs its followers a command a lease.
   */
  readonly remainingMs?: readonly number[]
}

export interface DriverSession {
  readonly id: string
  readonly pulse: Pulse
  /**
   * Puts the session's end off to ttl from now, applies `operations` (its own keys only) and sweeps what has expired. Tells
   * of the `followed` sessions; see {@link Pulse.remainingMs}. Rejects with `SessionLost`.
   */
  renew (operations: readonly Operation[], followed?: readonly string[]): Promise<Pulse>
  /** Ends it and deletes its entries at once; idempotent. */
  revoke (): Promise<void>
}

export interface WatchBatch {
  /** Revision before and after: where they do not join the last batch, one was lost. */
  readonly after: bigint
  readonly revision: bigint
  /** `null`: deleted; left out: changed, and the receiver is to read it. */
  readonly changes: readonly { readonly key: string, readonly entry?: Entry | null }[]
}

export interface Capabilities {
  /** `process`: nobody else can see this store, so nothing is ever lost and leases need no end. */
  readonly scope: 'process' | 'cluster'
  /** What an acknowledged commit is worth when a server dies. */
  readonly consistency: 'local' | 'single-primary' | 'linearizable'
  readonly durable: boolean
  readonly watch: 'push' | 'poll'
  /** The shortest ttl that is honoured. */
  readonly minTtlMs: number
  /** How late an expiry may be, beyond the ttl. */
  readonly granularityMs: number
  readonly maxValueBytes: number
  readonly maxBroadcastBytes: number
}

/**
 * What a backend writes: nine methods over one namespace. Everything else is built on them, once, in core.
 *
 * Every method rejects with `Unavailable` when the store cannot be reached; `ambiguous: true` where the request may have
 * been applied all the same. It may be retried by the caller with the same operation id.
 */
export interface CoordinatorDriver {
  readonly name: string
  readonly capabilities: Capabilities
  /** Called again until it succeeds; after that the driver itself gets a lost connection back. */
  connect (signal: AbortSignal): Promise<void>
  /** Ends connections and timers; idempotent. Sessions are left to expire. */
  close (): Promise<void>
  get (key: string): Promise<Entry | undefined>
  /** At most `limit` entries whose key begins with `prefix`, in one order of the store's, after the key `after`. */
  list (prefix: string, options: { readonly limit: number, readonly after?: string }): Promise<{ readonly entries: readonly Entry[], readonly revision: bigint }>
  /** All or nothing, and atomic with its checks. */
  commit (commit: Commit): Promise<CommitResult>
  /** `id` is the caller's and unique: opening it again returns the same session. */
  openSession (id: string, ttlMs: number): Promise<DriverSession>
  /** Every change of the namespace, expiry included, in order. May lose batches: the gap shows. */
  watch (listener: (batch: WatchBatch) => void): () => void
  /** At most once, to the instances that listen now, this one included. */
  broadcast (channel: string, bytes: Uint8Array): Promise<void>
  /** `listener` gets every broadcast of the namespace. */
  subscribe (listener: (channel: string, bytes: Uint8Array) => void): () => void
  /** Native forms of what core would otherwise build with commits. */
  queue? (name: string, limits: QueueLimits): QueueDriver | undefined
  capacity? (name: string): CapacityDriver | undefined
  quota? (name: string): QuotaDriver | undefined
}
