import type { CapacityShare } from '../../../src/coordinator/capacity-share.ts'
import { Coordinator } from '../../../src/coordinator/coordinator.ts'
import type { DistributedQueue } from '../../../src/coordinator/distributed-queue.ts'
import type { Election } from '../../../src/coordinator/election.ts'
import { isAmbiguous, isCoordinatorError } from '../../../src/coordinator/errors.ts'
import type { LocalStore } from '../../../src/coordinator/local-store.ts'
import { SimulatedDriver } from './simulated-driver.ts'
import type { FaultCounts, Line } from './simulated-driver.ts'
import type { History } from './history.ts'
import type { Node, World } from './world.ts'

export const TTL_MS = 1_000
export const GRACE_MS = 500
export const TOTAL = 5

export interface InstanceOptions {
  readonly id: string
  readonly world: World
  readonly server: Node
  readonly store: LocalStore
  readonly counts: FaultCounts
  readonly history: History
}

/** One process of the service: a coordinator over a faulty line, and work that uses all of it. */
export class Instance {
  readonly id: string
  readonly node: Node
  readonly line: Line = { requests: 'open', replies: 'open', loss: 0, duplication: 0, maxDelayMs: 4 }
  readonly coordinator: Coordinator
  readonly share: CapacityShare
  readonly watched: Map<string, unknown> = new Map()
  readonly #election: Election
  readonly #queue: DistributedQueue<number>
  readonly #stop = new AbortController()
  readonly #world: World
  readonly #history: History
  /** Up to where the store was sure to keep the last session, and the holder's work may go on for the grace. */
  #deadline = 0

  constructor ({ id, world, server, store, counts, history }: InstanceOptions) {
    this.id = id
    this.node = world.node()
    this.#world = world
    this.#history = history
    const clock = world.clockOf(this.node)
    this.coordinator = new Coordinator({
      id,
      clock,
      driver: new SimulatedDriver({ world, node: this.node, server, store, line: this.line, counts }),
      timings: { ttlMs: TTL_MS, graceMs: GRACE_MS, commandTimeoutMs: 150, reconnectMs: 100 }
    })
    this.#election = this.coordinator.elect('boss')
    this.share = this.coordinator.capacity('db', { total: TOTAL })
    this.#queue = this.coordinator.queue<number>('q', { visibilityMs: 400, maxAttempts: 1_000 })
    this.coordinator.connect()
    this.#watch()
  }

  get held (): boolean { return this.#election.leadership?.fence.scope === 'shared' }

  /** Starts the work; each step is one operation. */
  start (): void {
    this.#lead()
    this.#steps(25, 85, () => { this.#work() })
    this.#steps(200, 500, () => { this.#increment() })
    this.#steps(200, 500, () => { this.#push() })
    this.#steps(200, 500, () => { this.#consume() })
    this.#steps(300, 600, () => { this.#write() })
    this.#steps(80, 240, () => {
      this.#history.operations += 1
      this.share.want(Math.floor(this.#world.between(0, TOTAL + 2)))
    })
  }

  /** Ends the work; the coordinator stays. */
  stop (): void { this.#stop.abort() }

  kill (): void {
    this.node.state = 'dead'
    this.#stop.abort()
  }

  #steps (low: number, high: number, step: () => void): void {
    const next = (): void => {
      if (this.#stop.signal.aborted) return
      step()
      this.#world.schedule(this.node, this.#world.between(low, high), next)
    }
    this.#world.schedule(this.node, this.#world.between(0, high), next)
  }

  async #lead (): Promise<void> {
    const { coordinator, sleep } = this
    while (!this.#stop.signal.aborted) {
      await this.#election.run(async (leadership) => {
        const terms = Math.floor(this.#world.between(2, 20))
        for (let i = 0; i < terms && !leadership.signal.aborted; i++) {
          this.#history.operations += 1
          // A write that was decided on while it led, and is sent whatever has happened since.
          if (leadership.isHeld()) coordinator.set('ledger', { epoch: Number(leadership.fence.epoch), by: this.id }, { fence: leadership.fence }).catch(() => {})
          await sleep(this.#world.between(30, 120))
        }
        // Ignores its signal for a while.
        if (this.#world.chance(0.3)) await sleep(this.#world.between(0, TTL_MS / 2))
      }, { signal: this.#stop.signal }).catch(() => {})
      await sleep(this.#world.between(5, 50))
    }
  }

  readonly sleep = (ms: number): Promise<void> => new Promise((resolve) => { this.#world.schedule(this.node, ms, resolve) })

  /** Takes a permit, works for a while, gives it back; stops within the grace when the lease is lost. */
  #work (): void {
    this.#history.operations += 1
    const { share } = this
    const { signal } = share
    if (!share.tryAcquire()) return
    let done = false
    const finish = (): void => {
      if (done) return
      done = true
      signal.removeEventListener('abort', abort)
      share.release()
    }
    const abort = (): void => {
      const until = Math.min(this.#deadline, this.#world.now) + GRACE_MS * 0.9
      if (until <= this.#world.now) finish()
      else this.#world.schedule(this.node, this.#world.between(0, until - this.#world.now), finish)
    }
    signal.addEventListener('abort', abort)
    this.#world.schedule(this.node, this.#world.between(5, this.#world.chance(0.35) ? 1.3 * TTL_MS : 150), finish)
  }

  /** To be called after every event: what the abort handlers go by. */
  observe (): void {
    const tenure = this.coordinator.tenure
    if (tenure !== undefined) this.#deadline = tenure.deadline
  }

  #increment (): void {
    const history = this.#history
    history.operations += 1
    ;(async () => {
      const before = await this.coordinator.get<number>('counter')
      if (before?.stale === true) return
      // Counted while it is unknown; one whose process is killed meanwhile stays so.
      history.ambiguousIncrements += 1
      await this.coordinator.set('counter', (before?.value ?? 0) + 1, { ifRevision: before?.revision ?? 0n }).then(() => {
        history.increments += 1
        history.ambiguousIncrements -= 1
      }, (error: unknown) => {
        if (isCoordinatorError(error, 'CONFLICT') || !isAmbiguous(error)) history.ambiguousIncrements -= 1
      })
    })().catch(() => {})
  }

  #push (): void {
    const history = this.#history
    history.operations += 1
    const item = history.items++
    this.#queue.push(item).then(() => { history.durable.add(item) }, () => {})
  }

  #consume (): void {
    const history = this.#history
    history.operations += 1
    ;(async () => {
      const deliveries = await this.#queue.claim(3)
      for (const delivery of deliveries) {
        history.delivered(delivery.body, delivery.attempt)
        await this.sleep(this.#world.between(1, this.#world.chance(0.1) ? 800 : 50))
        if (this.#world.chance(0.1)) await delivery.release(this.#world.between(0, 100))
        else {
          // Counted while it is unknown; one whose process is killed meanwhile stays so.
          history.ambiguousAcknowledgements += 1
          const acknowledged = await delivery.ack()
          history.ambiguousAcknowledgements -= 1
          if (acknowledged) history.acknowledged(delivery.body)
        }
      }
    })().catch(() => {})
  }

  #write (): void {
    this.#history.operations += 1
    const key = `w/${Math.floor(this.#world.between(0, 6))}`
    if (this.#world.chance(0.3)) this.coordinator.delete(key).catch(() => {})
    else this.coordinator.set(key, this.#world.now).catch(() => {})
  }

  async #watch (): Promise<void> {
    for await (const { key, value } of this.coordinator.watch('w/')) {
      if (value === undefined) this.watched.delete(key)
      else this.watched.set(key, value)
    }
  }
}
