import { DatabaseSync } from 'node:sqlite'
import { revisionOf, SessionLost, systemClock, Unavailable } from '@plimsoll/core'
import type { Capabilities, Check, Clock, ClockTimer, Commit, CommitResult, CoordinatorDriver, DriverSession, Entry, Operation, Pulse, WatchBatch } from '@plimsoll/core'

export interface SqliteDriverOptions {
  /** Path of the database; all instances open the same. */
  readonly file: string
  /**
   * The longest that anybody may hold what a lost file knew of: `longestLease(timings)` of all instances.
   * @default 15_000
   */
  readonly longestLeaseMs?: number
  /**
   * The file is known to be new, not lost: no quarantine.
   * @default false
   */
  readonly firstUse?: boolean
  /** @default 10 */
  readonly pollMs?: number
  /** The machine's clock, for deadlines that all processes see, and the timer of the poll. @default core's `systemClock` */
  readonly clock?: Pick<Clock, 'wallTime' | 'every'>
}

interface Meta { readonly generation: number, readonly counter: number, readonly calm_at: number }
interface Row { readonly key: string, readonly value: Uint8Array, readonly counter: number, readonly session: string | null, readonly expires_at: number | null }

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS meta (one INTEGER PRIMARY KEY CHECK (one = 1), generation INTEGER, counter INTEGER, calm_at REAL, seen_at REAL);
  CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value BLOB, counter INTEGER, session TEXT, ttl REAL, expires_at REAL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS entries_by_session ON entries (session) WHERE session IS NOT NULL;
  CREATE INDEX IF NOT EXISTS entries_by_expiry ON entries (expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, ttl REAL, expires_at REAL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS operations (id TEXT PRIMARY KEY, outcome TEXT, at REAL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS operations_by_age ON operations (at);
  CREATE TABLE IF NOT EXISTS changes (counter INTEGER, key TEXT);
  CREATE INDEX IF NOT EXISTS changes_by_counter ON changes (counter);
  CREATE TABLE IF NOT EXISTS broadcasts (number INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT, bytes BLOB, at REAL);`

const SHOWN = 'SELECT e.key, e.value, e.counter, e.session, coalesce(s.expires_at, e.expires_at) AS expires_at FROM entries e LEFT JOIN sessions s ON s.id = e.session'

/** A coordinator for the processes of one machine, in a SQLite file. Every call is one transaction. */
export class SqliteDriver implements CoordinatorDriver {
  readonly name = 'sqlite'
  readonly capabilities: Capabilities
  readonly #file: string
  readonly #longestLeaseMs: number
  readonly #firstUse: boolean
  readonly #pollMs: number
  readonly #clock: Pick<Clock, 'wallTime' | 'every'>
  readonly #watchers = new Set<(batch: WatchBatch) => void>()
  readonly #receivers = new Set<(channel: string, bytes: Uint8Array) => void>()
  #database: DatabaseSync | undefined
  #poll: ClockTimer | undefined
  #polled: bigint | undefined
  #heard: number | undefined

  constructor ({ file, longestLeaseMs = 15_000, firstUse = false, pollMs = 10, clock = systemClock }: SqliteDriverOptions) {
    this.#file = file
    this.#longestLeaseMs = longestLeaseMs
    this.#firstUse = firstUse
    this.#pollMs = pollMs
    this.#clock = clock
    this.capabilities = {
      scope: 'cluster',
      consistency: 'linearizable',
      durable: true,
      watch: 'poll',
      minTtlMs: 100,
      granularityMs: 5 * pollMs,
      maxValueBytes: 4 * 1024 * 1024,
      maxBroadcastBytes: 64 * 1024
    }
  }

  async connect (): Promise<void> {
    if (this.#database !== undefined) return
    // A writer waits for another process's transaction this long.
    const database = new DatabaseSync(this.#file, { timeout: 1_000 })
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;')
    database.exec(SCHEMA)
    this.#database = database
    if (this.#watchers.size + this.#receivers.size > 0) this.#startPolling()
  }

  async close (): Promise<void> {
    this.#poll?.cancel()
    this.#poll = undefined
    this.#database?.close()
    this.#database = undefined
  }

  async get (key: string): Promise<Entry | undefined> {
    return this.#transact((now, meta) => this.#read(key, now, meta))
  }

  async list (prefix: string, { limit, after = '' }: { readonly limit: number, readonly after?: string }): Promise<{ readonly entries: readonly Entry[], readonly revision: bigint }> {
    return this.#transact((now, meta) => {
      const rows = this.#all<Row>(`${SHOWN} WHERE e.key >= ? AND e.key < ? AND e.key > ? ORDER BY e.key LIMIT ?`, prefix, `${prefix}\u{10FFFF}`, after, limit)
      return { entries: rows.map((row) => show(row, now, meta)), revision: revisionOf(meta.generation, meta.counter) }
    })
  }

  async commit ({ id, checks, operations }: Commit): Promise<CommitResult> {
    return this.#transact((now, meta): CommitResult => {
      const [before] = this.#all<{ readonly outcome: string }>('SELECT outcome FROM operations WHERE id = ?', id)
      // A remembered conflict tells that it failed, not what stood against it then.
      if (before !== undefined) return revive(before.outcome)
      const result = this.#refusal(checks, operations, now, meta) ?? { ok: true, revision: this.#apply(operations, now, meta) }
      this.#run('INSERT INTO operations VALUES (?, ?, ?)', id, remember(result), now)
      return result
    })
  }

  async openSession (id: string, ttlMs: number): Promise<DriverSession> {
    const pulse = this.#transact((now, meta) => {
      this.#run('INSERT OR IGNORE INTO sessions VALUES (?, ?, ?)', id, ttlMs, now + ttlMs)
      return pulseOf(now, meta)
    })
    return {
      id,
      pulse,
      renew: async (operations, followed = []) => this.#transact((now, meta) => {
        if (this.#run('UPDATE sessions SET expires_at = ? + ttl WHERE id = ?', now, id) === 0) throw new SessionLost(id)
        const revision = this.#apply(operations, now, meta)
        return { ...pulseOf(now, meta), revision, remainingMs: followed.map((session) => this.#remainingMs(session, now)) }
      }),
      revoke: async () => {
        this.#transact((now, meta) => {
          this.#run('DELETE FROM sessions WHERE id = ?', id)
          const keys = this.#all<{ readonly key: string }>('SELECT key FROM entries WHERE session = ?', id)
          this.#apply(keys.map(({ key }) => ({ delete: key })), now, meta)
        })
      }
    }
  }

  watch (listener: (batch: WatchBatch) => void): () => void {
    return this.#listen(this.#watchers, listener)
  }

  async broadcast (channel: string, bytes: Uint8Array): Promise<void> {
    this.#transact((now) => {
      this.#run('INSERT INTO broadcasts (channel, bytes, at) VALUES (?, ?, ?)', channel, bytes, now)
      this.#run('DELETE FROM broadcasts WHERE at < ?', now - 10_000)
    })
  }

  subscribe (listener: (channel: string, bytes: Uint8Array) => void): () => void {
    return this.#listen(this.#receivers, listener)
  }

  #remainingMs (session: string, now: number): number {
    const [found] = this.#all<{ readonly left: number }>('SELECT expires_at - ? AS left FROM sessions WHERE id = ?', now, session)
    return Math.max(0, found?.left ?? 0)
  }

  /** One write transaction, with the clock looked at and what has expired swept first. */
  #transact<T> (work: (now: number, meta: Meta) => T): T {
    const database = this.#database
    if (database === undefined) throw new Unavailable('the database is not open.', { ambiguous: false })
    database.exec('BEGIN IMMEDIATE')
    try {
      const now = this.#clock.wallTime()
      this.#lookAtClock(now)
      this.#sweep(now)
      const result = work(now, this.#meta())
      database.exec('COMMIT')
      return result
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  }

  /**
   * Deadlines are stored by the machine's clock, so its jumps are looked for: data that is missing, time that went back,
   * or a gap that all living sessions would have run out in, begin a quarantine.
   */
  #lookAtClock (now: number): void {
    const [meta] = this.#all<{ readonly seen_at: number }>('SELECT seen_at FROM meta')
    if (meta === undefined) {
      this.#run('INSERT INTO meta VALUES (1, ?, 0, ?, ?)', Math.floor(now), this.#firstUse ? 0 : now + this.#longestLeaseMs, now)
      return
    }
    const jumpedBack = now < meta.seen_at - 50
    const jumpedAhead = now > meta.seen_at + this.#longestLeaseMs && this.#all('SELECT id FROM sessions WHERE expires_at > ? LIMIT 1', meta.seen_at).length > 0
    if (jumpedBack || jumpedAhead) this.#run('UPDATE meta SET calm_at = ?', now + this.#longestLeaseMs)
    // Nothing lives longer than its ttl from now: a clock that went back would keep the dead for ever.
    if (jumpedBack) {
      this.#run('UPDATE sessions SET expires_at = min(expires_at, ? + ttl)', now)
      this.#run('UPDATE entries SET expires_at = min(expires_at, ? + ttl) WHERE ttl IS NOT NULL', now)
    }
    this.#run('UPDATE meta SET seen_at = ?', now)
  }

  #sweep (now: number): void {
    this.#run('DELETE FROM sessions WHERE expires_at <= ?', now)
    this.#run('DELETE FROM operations WHERE at < ?', now - 60_000)
    const gone = this.#all<{ readonly key: string }>('SELECT key FROM entries WHERE expires_at <= ? UNION SELECT key FROM entries WHERE session IS NOT NULL AND session NOT IN (SELECT id FROM sessions)', now)
    if (gone.length > 0) this.#apply(gone.map(({ key }) => ({ delete: key })), now, this.#meta())
  }

  #refusal (checks: readonly Check[], operations: readonly Operation[], now: number, meta: Meta): CommitResult | undefined {
    for (const check of checks) {
      if ('calm' in check) {
        if (meta.calm_at > now) return { ok: false, reason: 'quarantine' }
      } else if ('session' in check) {
        if (!this.#isAlive(check.session)) return { ok: false, reason: 'session' }
      } else {
        const current = this.#read(check.key, now, meta)
        if ((current?.revision ?? 0n) !== check.revision) return { ok: false, reason: 'conflict', key: check.key, ...(current === undefined ? {} : { current }) }
      }
    }
    const sessions = new Set(operations.flatMap((operation) => 'put' in operation && operation.session !== undefined ? [operation.session] : []))
    return [...sessions].every((session) => this.#isAlive(session)) ? undefined : { ok: false, reason: 'session' }
  }

  #isAlive (session: string): boolean {
    return this.#all('SELECT id FROM sessions WHERE id = ?', session).length > 0
  }

  /** The revision after it; nothing that changes nothing makes a new one. */
  #apply (operations: readonly Operation[], now: number, { generation, counter }: Meta): bigint {
    let changed = false
    for (const operation of operations) {
      const key = 'put' in operation ? operation.put : operation.delete
      if ('put' in operation) {
        const { value, session = null, ttlMs = null } = operation
        this.#run('INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?)', key, value, counter + 1, session, ttlMs, ttlMs === null ? null : now + ttlMs)
      } else if (this.#run('DELETE FROM entries WHERE key = ?', key) === 0) {
        continue
      }
      this.#run('INSERT INTO changes VALUES (?, ?)', counter + 1, key)
      changed = true
    }
    if (!changed) return revisionOf(generation, counter)
    this.#run('UPDATE meta SET counter = ?', counter + 1)
    this.#run('DELETE FROM changes WHERE counter < ?', counter - 10_000)
    return revisionOf(generation, counter + 1)
  }

  #read (key: string, now: number, meta: Meta): Entry | undefined {
    const [row] = this.#all<Row>(`${SHOWN} WHERE e.key = ?`, key)
    return row === undefined ? undefined : show(row, now, meta)
  }

  #meta (): Meta {
    const [meta] = this.#all<Meta>('SELECT generation, counter, calm_at FROM meta')
    if (meta === undefined) throw new Unavailable('the database has no meta row.', { ambiguous: false })
    return meta
  }

  #listen<T> (listeners: Set<T>, listener: T): () => void {
    listeners.add(listener)
    if (this.#database !== undefined) this.#startPolling()
    return () => {
      listeners.delete(listener)
      if (this.#watchers.size + this.#receivers.size > 0) return
      this.#poll?.cancel()
      this.#poll = undefined
    }
  }

  #startPolling (): void {
    if (this.#poll !== undefined) return
    this.#polled = undefined
    this.#heard = undefined
    this.#tick()
    this.#poll = this.#clock.every(this.#pollMs, () => { this.#tick() })
  }

  #tick (): void {
    try {
      const { batch, heard } = this.#transact((now, meta) => ({ batch: this.#changesSince(now, meta), heard: this.#broadcastsSince() }))
      if (batch !== undefined) for (const listener of this.#watchers) listener(batch)
      for (const { channel, bytes } of heard) for (const listener of this.#receivers) listener(channel, bytes)
    } catch {
      // Busy or gone: the gap is seen by the next poll, or by the next renewal.
    }
  }

  #changesSince (now: number, meta: Meta): WatchBatch | undefined {
    const revision = revisionOf(meta.generation, meta.counter)
    const after = this.#polled
    this.#polled = revision
    if (after === undefined || after === revision) return undefined
    const keys = this.#all<{ readonly key: string }>('SELECT DISTINCT key FROM changes WHERE counter > ?', Number(after & ((1n << 53n) - 1n)))
    return { after, revision, changes: keys.map(({ key }) => ({ key, entry: this.#read(key, now, meta) ?? null })) }
  }

  #broadcastsSince (): readonly { readonly channel: string, readonly bytes: Uint8Array }[] {
    const rows = this.#all<{ readonly number: number, readonly channel: string, readonly bytes: Uint8Array }>('SELECT number, channel, bytes FROM broadcasts WHERE number > ? ORDER BY number', this.#heard ?? 0)
    const first = this.#heard === undefined
    this.#heard = rows.at(-1)?.number ?? this.#heard ?? 0
    return first ? [] : rows
  }

  /** Rows as the query names them: the statement says what `T` is. */
  #all<T> (sql: string, ...values: (string | number | null)[]): T[] {
    return (this.#database?.prepare(sql).all(...values) ?? []) as T[]
  }

  #run (sql: string, ...values: (string | number | null | Uint8Array)[]): number {
    return Number(this.#database?.prepare(sql).run(...values).changes ?? 0)
  }
}

/** Driver by package name: `coordinator: { backend: '@yours/sqlite-coordinator', options: { file } }`. */
export function createDriver (options: SqliteDriverOptions): CoordinatorDriver {
  return new SqliteDriver(options)
}

function show ({ key, value, counter, session, expires_at: expiresAt }: Row, now: number, { generation }: Meta): Entry {
  return {
    key,
    value,
    revision: revisionOf(generation, counter),
    ...(session === null ? {} : { session }),
    ...(expiresAt === null ? {} : { expiresInMs: Math.max(0, expiresAt - now) })
  }
}

function pulseOf (now: number, meta: Meta): Pulse {
  return { revision: revisionOf(meta.generation, meta.counter), serverTime: now, quarantineMs: Math.max(0, meta.calm_at - now) }
}

function remember (result: CommitResult): string {
  return JSON.stringify(result.ok ? { revision: String(result.revision) } : { reason: result.reason, key: result.key })
}

function revive (outcome: string): CommitResult {
  const { revision, reason, key }: { revision?: string, reason?: 'conflict' | 'session' | 'quarantine', key?: string } = JSON.parse(outcome)
  if (revision !== undefined) return { ok: true, revision: BigInt(revision) }
  return { ok: false, reason: reason ?? 'conflict', ...(key === undefined ? {} : { key }) }
}
