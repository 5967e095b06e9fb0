import { randomUUID } from 'node:crypto'
import { resolveTimings, systemClock } from '@plimsoll/core'
import type { Entry, QueueStats } from '@plimsoll/core'
import { NoNamespaceError } from '../errors.ts'
import type { CapacityHolders } from '../inspection.ts'
import { RedisDriver } from '../redis-driver.ts'
import type { RedisDriverOptions } from '../redis-driver.ts'

/** An operator's view of a namespace: looks, and does what it is told, without being an instance. */
export class Operator {
  readonly #driver: RedisDriver
  readonly #namespace: RedisDriverOptions['namespace']

  constructor (options: RedisDriverOptions) {
    this.#namespace = options.namespace
    this.#driver = new RedisDriver(options, { clock: systemClock, timings: resolveTimings({ connectTimeoutMs: 3_000 }), journal: { record: () => {} } })
  }

  /** @throws Unavailable, PLM_REDIS_COORDINATOR_NO_NAMESPACE */
  async connect (): Promise<void> {
    await this.#driver.connect(AbortSignal.timeout(5_000))
    // A look into a namespace of another name must not make it.
    if (!await this.#driver.inspection.exists()) throw new NoNamespaceError(this.#namespace.name)
  }

  async close (): Promise<void> { await this.#driver.close() }

  async status (): Promise<Status> {
    const { version = null, role = null, persistent, evicts = null } = this.#driver.state.server
    const { revision } = await this.#driver.list('', { limit: 1 })
    return {
      server: { version, role, persistent, evicts },
      namespace: this.#namespace.name,
      revision: String(revision),
      quarantineMs: await this.#driver.inspection.quarantineMs(),
      instances: (await this.#all('in/')).map((entry) => ({ ...part(entry, 'id', 'incarnation', 'health', 'meta'), expiresInMs: entry.expiresInMs ?? null }))
    }
  }

  async leaders (): Promise<readonly LeaderView[]> {
    return (await this.#all('el/')).filter(({ key }) => key.endsWith('/leader')).map((entry) => ({
      ...part(entry, 'id', 'epoch'),
      election: nameOf(entry.key.slice(0, -'/leader'.length), 'el/'),
      session: entry.session ?? null,
      expiresInMs: entry.expiresInMs ?? null
    }))
  }

  async shares (): Promise<readonly CapacityView[]> {
    return await Promise.all((await this.#driver.inspection.names('capacities')).map(async (name) => ({ name, ...await this.#driver.inspection.holders(name) })))
  }

  async queues (): Promise<readonly ({ readonly name: string } & QueueStats)[]> {
    return await Promise.all((await this.#driver.inspection.names('queues')).map(async (name) => ({ name, ...await this.#queue(name).stats() })))
  }

  async deadLetters (queue: string, limit: number): Promise<readonly DeadLetter[]> {
    return (await this.#queue(queue).dead(limit)).map(({ id, attempt, body }) => ({ id, attempts: attempt, body: shown(Buffer.from(body)) }))
  }

  /** Of those that were dead. */
  async requeue (queue: string, ids: readonly string[]): Promise<number> {
    let requeued = 0
    for (const id of ids) if (await this.#queue(queue).revive(randomUUID(), id)) requeued += 1
    return requeued
  }

  /** Whether somebody led. A leader that is elected meanwhile is not touched. */
  async release (election: string): Promise<boolean> {
    const key = `el/${encodeURIComponent(election)}/leader`
    const entry = await this.#driver.get(key)
    if (entry === undefined) return false
    const result = await this.#driver.commit({ id: randomUUID(), checks: [{ key, revision: entry.revision }], operations: [{ delete: key }] })
    return result.ok
  }

  #queue (name: string): ReturnType<RedisDriver['queue']> {
    return this.#driver.queue(name, { visibilityMs: 30_000, maxAttempts: Infinity, maxLength: Infinity, dedupeMs: 60_000 })
  }

  async #all (prefix: string): Promise<readonly Entry[]> {
    return (await this.#driver.list(prefix, { limit: 10_000 })).entries
  }
}

export interface Status {
  readonly server: { readonly version: string | null, readonly role: string | null, readonly persistent: boolean, readonly evicts: string | null }
  readonly namespace: string
  readonly revision: string
  readonly quarantineMs: number
  readonly instances: readonly Readonly<Record<string, unknown>>[]
}

export type LeaderView = Readonly<Record<string, unknown>>

export interface CapacityView extends CapacityHolders { readonly name: string }

export interface DeadLetter {
  readonly id: string
  readonly attempts: number
  /** As JSON says it, or else as text; cut at 2,000 characters. */
  readonly body: string
}

/** What a console may show of what others wrote: the fields that are known, whatever they hold. */
function part ({ value }: Entry, ...fields: readonly string[]): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  try {
    const record: unknown = JSON.parse(Buffer.from(value).toString())
    for (const field of fields) if (typeof record === 'object' && record !== null && Object.hasOwn(record, field)) found[field] = Reflect.get(record, field)
  } catch {
    // No JSON: it is shown by its key alone.
  }
  return found
}

function nameOf (key: string, prefix: string): string {
  try {
    return decodeURIComponent(key.slice(prefix.length))
  } catch {
    return key
  }
}

function shown (body: Buffer): string { return body.toString().slice(0, 2_000) }
