import type { Clock } from '../clock.ts'
import type { CapacityDriver } from '../coordinator/capacity-driver.ts'
import type { Capabilities, Commit, CommitResult, CoordinatorDriver, DriverSession, Entry, Operation, Pulse, WatchBatch } from '../coordinator/driver.ts'
import { Unavailable } from '../coordinator/errors.ts'
import type { QueueDriver, QueueLimits } from '../coordinator/queue-driver.ts'
import type { QuotaDriver } from '../coordinator/quota-driver.ts'

const MUTATIONS: ReadonlySet<string> = new Set(['commit', 'queue', 'capacity', 'quota'])

/** A driver behind a line that can fail in the ways that lines do. */
export class FaultyDriver implements CoordinatorDriver {
  readonly name: string
  /** `hang`: nothing gets through and nothing is told; `refuse`: the connection is known to be down. */
  line: 'open' | 'hang' | 'refuse' = 'open'
  /** So many of the next answers to mutations are lost, though the request arrives. */
  loseReplies = 0
  losePushes = false
  /** Of each direction, in milliseconds. */
  latencyMs = 0
  /** Commands since the start, by method. */
  readonly calls: Map<string, number> = new Map()
  readonly #driver: CoordinatorDriver
  readonly #clock: Clock

  constructor (driver: CoordinatorDriver, clock: Clock) {
    this.#driver = driver
    this.#clock = clock
    this.name = driver.name
  }

  get capabilities (): Capabilities { return this.#driver.capabilities }

  get commands (): number { return [...this.calls.values()].reduce((sum, calls) => sum + calls, 0) }

  connect (signal: AbortSignal): Promise<void> { return this.#through('connect', () => this.#driver.connect(signal)) }

  close (): Promise<void> { return this.#driver.close() }

  get (key: string): Promise<Entry | undefined> { return this.#through('get', () => this.#driver.get(key)) }

  list (prefix: string, options: { readonly limit: number, readonly after?: string }): Promise<{ readonly entries: readonly Entry[], readonly revision: bigint }> {
    return this.#through('list', () => this.#driver.list(prefix, options))
  }

  commit (commit: Commit): Promise<CommitResult> { return this.#through('commit', () => this.#driver.commit(commit)) }

  async openSession (id: string, ttlMs: number): Promise<DriverSession> {
    const session = await this.#through('openSession', () => this.#driver.openSession(id, ttlMs))
    return {
      id: session.id,
      pulse: session.pulse,
      renew: (operations: readonly Operation[], followed?: readonly string[]): Promise<Pulse> => this.#through('renew', () => session.renew(operations, followed)),
      revoke: () => this.#through('revoke', () => session.revoke())
    }
  }

  watch (listener: (batch: WatchBatch) => void): () => void {
    return this.#driver.watch((batch) => { if (!this.losePushes && this.line === 'open') listener(batch) })
  }

  broadcast (channel: string, bytes: Uint8Array): Promise<void> { return this.#through('broadcast', () => this.#driver.broadcast(channel, bytes)) }

  subscribe (listener: (channel: string, bytes: Uint8Array) => void): () => void {
    return this.#driver.subscribe((channel, bytes) => { if (!this.losePushes && this.line === 'open') listener(channel, bytes) })
  }

  queue (name: string, limits: QueueLimits): QueueDriver | undefined {
    const queue = this.#driver.queue?.(name, limits)
    if (queue === undefined) return undefined
    return {
      push: (operation, items, delayMs) => this.#through('queue', () => queue.push(operation, items, delayMs)),
      claim: (operation, limit) => this.#through('queue', () => queue.claim(operation, limit)),
      ack: (operation, receipt) => this.#through('queue', () => queue.ack(operation, receipt)),
      extend: (operation, receipt, ms) => this.#through('queue', () => queue.extend(operation, receipt, ms)),
      release: (operation, receipt, delayMs) => this.#through('queue', () => queue.release(operation, receipt, delayMs)),
      stats: () => this.#through('queue', () => queue.stats()),
      dead: (limit) => this.#through('queue', () => queue.dead(limit)),
      revive: (operation, id) => this.#through('queue', () => queue.revive(operation, id)),
      onReady: (listener) => queue.onReady(listener)
    }
  }

  capacity (name: string): CapacityDriver | undefined {
    const capacity = this.#driver.capacity?.(name)
    if (capacity === undefined) return undefined
    return {
      report: (operation, report) => this.#through('capacity', () => capacity.report(operation, report)),
      leave: (operation, session) => this.#through('capacity', () => capacity.leave(operation, session)),
      onChange: (listener) => capacity.onChange(listener)
    }
  }

  quota (name: string): QuotaDriver | undefined {
    const quota = this.#driver.quota?.(name)
    if (quota === undefined) return undefined
    return { take: (operation, key, tokens, rate) => this.#through('quota', () => quota.take(operation, key, tokens, rate)) }
  }

  async #through<T> (method: string, command: () => Promise<T>): Promise<T> {
    this.calls.set(method, (this.calls.get(method) ?? 0) + 1)
    if (this.line === 'refuse') throw new Unavailable('connection refused.', { ambiguous: false })
    if (this.latencyMs > 0) await this.#wait(this.latencyMs)
    if (this.line !== 'open') return await never()
    const answer = await command()
    if (this.loseReplies > 0 && MUTATIONS.has(method)) {
      this.loseReplies -= 1
      return await never()
    }
    if (this.latencyMs > 0) await this.#wait(this.latencyMs)
    return this.line === 'open' ? answer : await never()
  }

  #wait (ms: number): Promise<void> {
    return new Promise((resolve) => { this.#clock.after(ms, resolve) })
  }
}

function never (): Promise<never> { return new Promise(() => {}) }
