import { decodeJson, encodeJson } from './codec.ts'
import type { Check, CommitResult, Entry, Operation } from './driver.ts'
import { Conflict, Fenced, SessionLost, Unavailable } from './errors.ts'
import { fenceCheck } from './fence.ts'
import type { Fence } from './fence.ts'
import { keys } from './keys.ts'
import type { Link } from './link.ts'
import { ABSENT } from './revision.ts'
import type { Tenure } from './tenure.ts'

export interface Value<T> {
  readonly value: T
  /** For `ifRevision`; never matches data that was lost and begun anew. */
  readonly revision: bigint
  /** The backend is away: this is what was last read; kept are the last thousand values of up to 16 KiB. */
  readonly stale: boolean
}

export interface WriteOptions {
  /** Write only if the key is at this revision; `0n`: only if it is absent. */
  readonly ifRevision?: bigint
  /** Write only as the leader it was issued to. */
  readonly fence?: Fence
}

export interface SetOptions extends WriteOptions {
  /** Lower bound of the value's life. */
  readonly ttlMs?: number
  /** The value dies with this instance's session. */
  readonly ephemeral?: boolean
}

export interface KeyValuePorts {
  readonly link: Link
  readonly scope: Fence['scope']
  readonly tenure: () => Tenure | undefined
}

const REMEMBERED = 1_000
const REMEMBERED_BYTES = 16 * 1024

/** JSON values under keys, with ttl, compare-and-set on revisions, and writes that only a leader can make. */
export class KeyValue {
  readonly #link: Link
  readonly #scope: Fence['scope']
  readonly #tenure: () => Tenure | undefined
  /** Last seen values, the most recent last. */
  readonly #seen = new Map<string, Entry | undefined>()

  constructor ({ link, scope, tenure }: KeyValuePorts) {
    this.#link = link
    this.#scope = scope
    this.#tenure = tenure
  }

  /** While the backend is away: the last value seen, marked stale. Never rejects for that. */
  async get<T> (key: string): Promise<Value<T> | undefined> {
    try {
      return show<T>(this.#remember(key, await this.#link.get(keys.value(key))), false)
    } catch {
      return show<T>(this.#seen.get(key), true)
    }
  }

  /**
   * Returns the new revision.
   * @throws Conflict, Fenced, InvalidValue, SessionLost (ephemeral), Unavailable
   */
  async set (key: string, value: unknown, options: SetOptions = {}): Promise<bigint> {
    const bytes = encodeJson(key, value, this.#link.driver.capabilities.maxValueBytes)
    const session = options.ephemeral === true ? this.#session() : undefined
    const put: Operation = {
      put: keys.value(key),
      value: bytes,
      ...(options.ttlMs === undefined ? {} : { ttlMs: options.ttlMs }),
      ...(session === undefined ? {} : { session })
    }
    const result = await this.#write(key, options, put)
    if (!result.ok) throw this.#refusal(key, options, result, session)
    this.#remember(key, { key: put.put, value: bytes, revision: result.revision })
    return result.revision
  }

  /**
   * Whether it was there.
   * @throws Conflict, Fenced, Unavailable
   */
  async delete (key: string, options: WriteOptions = {}): Promise<boolean> {
    for (;;) {
      const revision = options.ifRevision ?? (await this.#link.get(keys.value(key)))?.revision ?? ABSENT
      const result = await this.#write(key, { ...options, ifRevision: revision }, { delete: keys.value(key) })
      if (result.ok) {
        this.#remember(key, undefined)
        return revision !== ABSENT
      }
      // It was written between the read and the delete.
      if (options.ifRevision === undefined && result.key === keys.value(key)) continue
      throw this.#refusal(key, { ...options, ifRevision: revision }, result, undefined)
    }
  }

  #write (key: string, { ifRevision, fence }: WriteOptions, operation: Operation): Promise<CommitResult> {
    const checks: Check[] = []
    if (fence !== undefined) checks.push(fenceCheck(fence, this.#scope))
    if (ifRevision !== undefined) checks.push({ key: keys.value(key), revision: ifRevision })
    return this.#link.commit(checks, [operation])
  }

  #refusal (key: string, { ifRevision, fence }: WriteOptions, result: Extract<CommitResult, { ok: false }>, session: string | undefined): Error {
    if (result.reason === 'session') return new SessionLost(String(session))
    if (fence !== undefined && result.key === keys.epoch(fence.name)) {
      const current = result.current === undefined ? 'the store knows no epoch of this name' : `the epoch is ${String(decodeJson(result.current.value))} now`
      return new Fenced(fence, current)
    }
    this.#remember(key, result.current)
    return new Conflict(key, ifRevision, result.current)
  }

  #session (): string {
    const tenure = this.#tenure()
    if (tenure === undefined) throw new Unavailable('there is no session with the backend', { ambiguous: false })
    return tenure.session
  }

  #remember (key: string, entry: Entry | undefined): Entry | undefined {
    this.#seen.delete(key)
    if (entry !== undefined && entry.value.length > REMEMBERED_BYTES) return entry
    this.#seen.set(key, entry)
    const [oldest] = this.#seen.keys()
    if (this.#seen.size > REMEMBERED && oldest !== undefined) this.#seen.delete(oldest)
    return entry
  }
}

function show<T> (entry: Entry | undefined, stale: boolean): Value<T> | undefined {
  if (entry === undefined) return undefined
  return { value: decodeJson(entry.value) as T, revision: entry.revision, stale }
}
