import { longestLease, revisionOf } from '@plimsoll/core'
import type { Capabilities, CapacityDriver, Commit, CommitResult, CoordinatorDriver, DriverPorts, DriverSession, Entry, Operation, Pulse, QueueDriver, QueueLimits, QuotaDriver, WatchBatch } from '@plimsoll/core'
import { ChangeFeed } from './change-feed.ts'
import { Connection } from './connection.ts'
import { commitArgs, commitResultFrom, entryFrom, operationArgs, pulseFrom } from './entry-codec.ts'
import { unavailable } from './failure.ts'
import { Inspection } from './inspection.ts'
import type { Namespace } from './namespace.ts'
import { readFields, writeFields } from './netstring.ts'
import { endsSession, RedisCapacity, sharesMessage } from './redis-capacity.ts'
import { ReadyFeed } from './ready-feed.ts'
import { createClient } from './redis-client.ts'
import type { RedisTarget } from './redis-client.ts'
import { RedisQueue } from './redis-queue.ts'
import { RedisQuota } from './redis-quota.ts'
import { RedisSession } from './redis-session.ts'
import { Reply } from './reply.ts'
import { RevisionSeen } from './revision-seen.ts'
import { ScriptRunner } from './script-runner.ts'
import type { Argument } from './script-runner.ts'
import { commit } from './scripts/commit.ts'
import { get } from './scripts/get.ts'
import { list } from './scripts/list.ts'
import { openSession } from './scripts/open-session.ts'
import { renew } from './scripts/renew.ts'
import { revoke } from './scripts/revoke.ts'
import { checkServer, UNKNOWN_SERVER } from './server-check.ts'
import type { ServerFacts } from './server-check.ts'
import { Subscriptions } from './subscriptions.ts'

export interface RedisDriverOptions {
  readonly target: RedisTarget
  readonly namespace: Namespace
  /** Data that is missing was never there, and is not lost. */
  readonly firstUse: boolean
}

export interface DriverState {
  readonly connected: boolean
  /** Times that the connection for commands was ready. */
  readonly connects: number
  readonly scriptLoads: number
  /** Unknown before the first connection. */
  readonly server: ServerFacts
}

/** A coordinator's driver on one Redis namespace. Every call is one script; every reply is checked. */
export class RedisDriver implements CoordinatorDriver {
  readonly name = 'redis'
  readonly #namespace: Namespace
  readonly #ports: DriverPorts
  readonly #firstUse: boolean
  readonly #connection: Connection
  readonly #scripts: ScriptRunner
  readonly #subscriptions: Subscriptions
  readonly #seen = new RevisionSeen()
  readonly #feed: ChangeFeed
  readonly #ready: ReadyFeed
  readonly #capacities = new Set<RedisCapacity>()
  #facts = UNKNOWN_SERVER
  #warned = false
  /** Of the messages and renewals: what a message that was lost told of. */
  #sharesVersion = 0

  constructor ({ target, namespace, firstUse }: RedisDriverOptions, ports: DriverPorts) {
    const connect = (): Connection => new Connection(() => createClient(target, ports.clock, ports.timings, `plimsoll:${namespace.name}`), { clock: ports.clock, timeoutMs: Math.max(ports.timings.commandTimeoutMs, LEAST_SILENCE_MS) })
    this.#namespace = namespace
    this.#ports = ports
    this.#firstUse = firstUse
    this.#connection = connect()
    this.#scripts = new ScriptRunner(this.#connection)
    this.#subscriptions = new Subscriptions(connect(), namespace, ports.clock)
    this.#feed = new ChangeFeed(this.#subscriptions, this.#seen)
    this.#ready = new ReadyFeed(this.#subscriptions)
  }

  get capabilities (): Capabilities {
    return {
      scope: 'cluster',
      consistency: 'single-primary',
      durable: this.#facts.persistent,
      watch: 'push',
      minTtlMs: 50,
      granularityMs: 5,
      maxValueBytes: 4 * 1024 * 1024,
      maxBroadcastBytes: 64 * 1024
    }
  }

  /** For pages and metrics. */
  get state (): DriverState {
    return { connected: this.#connection.isReady, connects: this.#connection.connects, scriptLoads: this.#scripts.loads, server: this.#facts }
  }

  /** For the console. */
  get inspection (): Inspection { return new Inspection(this.#connection, this.#scripts, this.#namespace) }

  async connect (signal: AbortSignal): Promise<void> {
    await this.#connection.open(signal)
    this.#facts = await checkServer(this.#connection)
    this.#warnOfEviction(this.#facts)
    this.#subscriptions.activate()
  }

  async close (): Promise<void> {
    this.#subscriptions.close()
    this.#connection.close()
  }

  async get (key: string): Promise<Entry | undefined> {
    const answer = await this.#run(get, key)
    if (answer === null) return undefined
    const reply = new Reply(answer)
    return entryFrom(reply, 1, key, reply.number(0))
  }

  async list (prefix: string, { limit, after = '' }: { readonly limit: number, readonly after?: string }): Promise<{ readonly entries: readonly Entry[], readonly revision: bigint }> {
    const reply = new Reply(await this.#run(list, prefix, after, String(limit)))
    const generation = reply.number(0)
    const entries: Entry[] = []
    for (let at = 2; at < reply.length; at += 5) entries.push(entryFrom(reply, at + 1, reply.text(at), generation))
    return { entries, revision: this.#seen.see(revisionOf(generation, reply.number(1))) }
  }

  async commit (request: Commit): Promise<CommitResult> {
    const result = commitResultFrom(new Reply(await this.#run(commit, ...commitArgs(request))))
    if (result.ok) this.#seen.see(result.revision)
    return result
  }

  async openSession (id: string, ttlMs: number): Promise<DriverSession> {
    const pulse = pulseFrom(new Reply(await this.#run(openSession, id, String(ttlMs))))
    this.#seen.see(pulse.revision)
    return new RedisSession(id, pulse, {
      ttlMs,
      renew: (session, ttl, payload, followed) => this.#renew(session, ttl, payload, followed),
      revoke: async (session) => { await this.#run(revoke, session) }
    })
  }

  watch (listener: (batch: WatchBatch) => void): () => void { return this.#feed.watch(listener) }

  async broadcast (channel: string, bytes: Uint8Array): Promise<void> {
    try {
      await this.#connection.publish(this.#namespace.channel('broadcasts'), writeFields([Buffer.from(channel), bytes]))
    } catch (error) {
      throw unavailable(error, this.#connection.lastError)
    }
  }

  subscribe (listener: (channel: string, bytes: Uint8Array) => void): () => void {
    return this.#subscriptions.listen('broadcasts', (message) => {
      const fields = fieldsOf(message)
      if (fields?.[0] !== undefined && fields[1] !== undefined) listener(fields[0].toString(), fields[1])
    })
  }

  queue (name: string, limits: QueueLimits): QueueDriver {
    return new RedisQueue(name, limits, { namespace: this.#namespace, scripts: this.#scripts, ready: this.#ready })
  }

  capacity (name: string): CapacityDriver {
    const capacity = new RedisCapacity(name, { namespace: this.#namespace, scripts: this.#scripts, clock: this.#ports.clock, graceMs: this.#ports.timings.graceMs })
    if (this.#capacities.size === 0) this.#listenToShares()
    this.#capacities.add(capacity)
    return capacity
  }

  quota (name: string): QuotaDriver { return new RedisQuota(name, this.#namespace, this.#scripts) }

  /** A script of `entries`. */
  async #run (script: string, ...args: Argument[]): Promise<unknown> {
    return await this.#scripts.run(script, this.#namespace.entries, [
      ...this.#seen.args(), String(longestLease(this.#ports.timings)), this.#firstUse ? '1' : '0', this.#namespace.channel('changes'), ...args
    ])
  }

  async #renew (session: string, ttlMs: number, operations: readonly Operation[], followed: readonly string[]): Promise<Pulse | undefined> {
    const answer = await this.#run(renew, session, String(ttlMs), String(followed.length), ...followed, ...operationArgs(operations))
    if (answer === null) return undefined
    const reply = new Reply(answer)
    const pulse = pulseFrom(reply)
    this.#feed.told(this.#seen.see(pulse.revision))
    this.#sharesAre(reply.number(4))
    this.#ready.told(reply.number(5))
    return { ...pulse, remainingMs: followed.map((_, index) => reply.number(6 + index)) }
  }

  /** Until the driver is closed. */
  #listenToShares (): void {
    this.#subscriptions.listen('shares', (message) => {
      const heard = sharesMessage(message)
      if (heard === undefined) return
      const missed = heard.version !== this.#sharesVersion + 1
      this.#sharesVersion = heard.version
      if (missed) this.#tellCapacities()
      else for (const capacity of this.#capacities) capacity.heard(heard.fields)
    })
    this.#feed.watch((batch) => { if (endsSession(batch)) this.#tellCapacities() })
  }

  #sharesAre (version: number): void {
    if (version === this.#sharesVersion) return
    this.#sharesVersion = version
    this.#tellCapacities()
  }

  #tellCapacities (): void {
    for (const capacity of this.#capacities) capacity.tell()
  }

  #warnOfEviction ({ evicts }: ServerFacts): void {
    if (evicts === undefined || this.#warned) return
    this.#warned = true
    this.#ports.journal.record({ component: 'redis-coordinator', event: 'eviction', severity: 'warning', message: `Redis deletes keys when it is full (maxmemory-policy ${evicts}): leases, queues and counts may go at any time. Set noeviction, or use another server.` })
  }
}

/** A server that is busy for a moment is not gone. */
const LEAST_SILENCE_MS = 500

function fieldsOf (message: Buffer): Buffer[] | undefined {
  try {
    return readFields(message)
  } catch {
    return undefined
  }
}
