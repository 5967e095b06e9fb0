import type { Capabilities, Commit, CommitResult, CoordinatorDriver, DriverSession, Entry, Operation, Pulse, WatchBatch } from '../../../src/coordinator/driver.ts'
import { LocalDriver } from '../../../src/coordinator/local-driver.ts'
import type { LocalStore } from '../../../src/coordinator/local-store.ts'
import type { Node, World } from './world.ts'

/** What a line does to messages; counted as it does it. */
export interface Line {
  requests: 'open' | 'cut'
  replies: 'open' | 'cut'
  loss: number
  duplication: number
  maxDelayMs: number
}

export interface FaultCounts {
  delayed: number
  lost: number
  duplicated: number
  cut: number
  paused: number
  partitions: number
  kills: number
  wipes: number
}

export interface SimulatedDriverOptions {
  readonly world: World
  readonly node: Node
  readonly server: Node
  readonly store: LocalStore
  readonly line: Line
  readonly counts: FaultCounts
}

/** A client of a store at the far end of a line: requests and replies are each delayed, lost, doubled or reordered. */
export class SimulatedDriver implements CoordinatorDriver {
  readonly name = 'simulated'
  readonly capabilities: Capabilities
  readonly #options: SimulatedDriverOptions
  readonly #remote: LocalDriver
  #lastPush = 0

  constructor (options: SimulatedDriverOptions) {
    this.#options = options
    this.#remote = new LocalDriver({ clock: options.world.clockOf(options.server), store: options.store })
    this.capabilities = this.#remote.capabilities
  }

  async connect (): Promise<void> {}

  async close (): Promise<void> { await this.#remote.close() }

  get (key: string): Promise<Entry | undefined> { return this.#send(() => this.#remote.get(key)) }

  list (prefix: string, options: { readonly limit: number, readonly after?: string }): Promise<{ readonly entries: readonly Entry[], readonly revision: bigint }> {
    return this.#send(() => this.#remote.list(prefix, options))
  }

  commit (commit: Commit): Promise<CommitResult> { return this.#send(() => this.#remote.commit(commit)) }

  async openSession (id: string, ttlMs: number): Promise<DriverSession> {
    const session = await this.#send(() => this.#remote.openSession(id, ttlMs))
    return {
      id,
      pulse: session.pulse,
      renew: (operations: readonly Operation[], followed?: readonly string[]): Promise<Pulse> => this.#send(() => session.renew(operations, followed)),
      revoke: () => this.#send(() => session.revoke())
    }
  }

  watch (listener: (batch: WatchBatch) => void): () => void {
    const { world, node, line, counts } = this.#options
    return this.#remote.watch((batch) => {
      if (line.replies === 'cut' || world.chance(line.loss)) {
        counts.lost += 1
        return
      }
      // One connection: pushes keep their order.
      this.#lastPush = Math.max(this.#lastPush, world.now + this.#delay())
      world.schedule(node, this.#lastPush - world.now, () => { listener(batch) })
    })
  }

  broadcast (channel: string, bytes: Uint8Array): Promise<void> { return this.#send(() => this.#remote.broadcast(channel, bytes)) }

  subscribe (listener: (channel: string, bytes: Uint8Array) => void): () => void { return this.#remote.subscribe(listener) }

  #send<T> (command: () => Promise<T>): Promise<T> {
    const { world, server, line, counts } = this.#options
    return new Promise((resolve, reject) => {
      const arrive = (): void => {
        command().then((value) => { this.#reply(() => { resolve(value) }) }, (error: unknown) => { this.#reply(() => { reject(error) }) })
      }
      if (line.requests === 'cut') counts.cut += 1
      else if (world.chance(line.loss)) counts.lost += 1
      else world.schedule(server, this.#delay(), arrive)
      if (line.requests === 'open' && world.chance(line.duplication)) {
        counts.duplicated += 1
        world.schedule(server, this.#delay() + world.between(0, 3 * line.maxDelayMs), arrive)
      }
    })
  }

  #reply (run: () => void): void {
    const { world, node, line, counts } = this.#options
    if (line.replies === 'cut') counts.cut += 1
    else if (world.chance(line.loss)) counts.lost += 1
    else world.schedule(node, this.#delay(), run)
  }

  #delay (): number {
    const { world, line, counts } = this.#options
    if (line.maxDelayMs > 20) counts.delayed += 1
    return world.between(0.5, line.maxDelayMs)
  }
}
