import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Coordinator } from '@plimsoll/core'
import type { DistributedQueue } from '@plimsoll/core'
import type { Random } from '../../../tools/load/random.ts'
import type { Disturbance, Span } from './checkers/queue-items.ts'
import type { Observation } from './checkers/stale-writes.ts'
import { FaultyProxy } from './faulty-proxy.ts'
import { removeOnExit } from './leave-nothing.ts'
import { monotonicMs } from './monotonic.ts'
import { openDriver } from './open-driver.ts'
import type { ProcessLog } from './record.ts'
import { RedisServer } from './redis-server.ts'
import { STALL_MS } from './sampler.ts'
import { PERMITS, timings, TTL_MS, VISIBILITY_MS } from './scene-timings.ts'
import { RIGHT_CONDUCT } from './worker-config.ts'
import type { Conduct, Task, ToWorker, WorkerConfig } from './worker-config.ts'
import { WorkerProcess } from './worker-process.ts'

export interface SceneOptions {
  readonly workers: number
  readonly random: Random
  /** @default all */
  readonly tasks?: readonly Task[]
  readonly conduct?: Partial<Conduct>
  readonly redisArgs?: readonly string[]
  /** Fenced writes sent together. @default 8 */
  readonly writeBatch?: number
  /** @default 20 */
  readonly permits?: number
  /** @default well within the visibility */
  readonly workMs?: WorkerConfig['workMs']
  /** What the clocks of two neighbours are apart, for a control that goes by them. */
  readonly wallSkewMs?: number
}

export interface Start {
  /** Through the environment: libfaketime. */
  readonly env?: Readonly<Record<string, string>>
  readonly monotonicAheadMs?: number
  readonly wallAheadMs?: number
}

const OBSERVE_MS = 5

const DEFAULTS = {
  tasks: ['lead', 'items', 'permits'],
  conduct: RIGHT_CONDUCT,
  redisArgs: [],
  writeBatch: 8,
  permits: PERMITS,
  workMs: { least: 0, most: 0.3 * VISIBILITY_MS },
  wallSkewMs: 0
} as const

/** A redis-server, worker processes with a line of their own each, and a reader that watches the ledger beside them. */
export class Scene {
  readonly redis: RedisServer
  readonly random: Random
  readonly permits: number
  /** Whoever is or was at work. */
  readonly lives: WorkerProcess[] = []
  readonly observations: Observation[] = []
  readonly disturbances: Disturbance[] = []
  readonly wipes: number[] = []
  readonly unwritten: Span[] = []
  /** What herds wrote down, which stood for an election of their own. */
  readonly herds: (readonly ProcessLog[])[] = []
  readonly folder: string
  readonly #options: Required<SceneOptions>
  readonly #proxies = new Map<string, FaultyProxy>()
  readonly #current = new Map<string, WorkerProcess>()
  readonly #observer: Coordinator
  #wake: () => void = () => {}
  #observing: NodeJS.Timeout | undefined
  #observedAt = monotonicMs()
  #nextItem = 0
  #incarnations = 0

  private constructor (redis: RedisServer, folder: string, observer: Coordinator, options: Required<SceneOptions>) {
    this.redis = redis
    this.folder = folder
    this.random = options.random
    this.permits = options.permits
    this.#observer = observer
    this.#options = options
  }

  static async open (given: SceneOptions): Promise<Scene> {
    const options: Required<SceneOptions> = { ...DEFAULTS, ...given }
    const folder = mkdtempSync(join(tmpdir(), 'plimsoll-faults-'))
    removeOnExit(folder)
    const redis = await RedisServer.start({ folder: join(folder, 'redis'), args: options.redisArgs })
    const observer = new Coordinator({ id: 'observer', driver: openDriver({ kind: 'redis', port: redis.port }, timings), timings })
    const scene = new Scene(redis, folder, observer, options)
    await observer.connect()
    for (let number = 1; number <= options.workers; number++) {
      const id = `w${number}`
      scene.#proxies.set(id, await FaultyProxy.listen(redis.port, options.random))
      scene.start(id, { wallAheadMs: options.wallSkewMs * number })
    }
    scene.#observing = setInterval(() => { scene.#observe() }, OBSERVE_MS)
    return scene
  }

  get workers (): readonly WorkerProcess[] { return [...this.#current.values()] }

  get ids (): readonly string[] { return [...this.#proxies.keys()] }

  /** Shared by all runs: a worker is up in half the time. */
  get compileCache (): string { return join(tmpdir(), 'plimsoll-faults-compile-cache') }

  /** The one that says so of the highest epoch. */
  get leader (): WorkerProcess | undefined {
    const leaders = this.workers.filter(({ leadsInEpoch }) => leadsInEpoch > 0)
    return leaders.sort((a, b) => b.leadsInEpoch - a.leadsInEpoch)[0]
  }

  get pushed (): number { return this.#nextItem }

  get proxies (): readonly FaultyProxy[] { return [...this.#proxies.values()] }

  lineOf (worker: WorkerProcess): FaultyProxy {
    const line = this.#proxies.get(worker.config.id)
    if (line === undefined) throw new Error(`${worker.config.id} has no line`)
    return line
  }

  any (): WorkerProcess { return this.#pick(this.workers) }

  anyBut (worker: WorkerProcess): WorkerProcess { return this.#pick(this.workers.filter((each) => each !== worker)) }

  /** A new life of `id`; the one before it has ended. */
  start (id: string, { env = {}, monotonicAheadMs = 0, wallAheadMs = 0 }: Start = {}): WorkerProcess {
    const proxy = this.#proxies.get(id)
    if (proxy === undefined) throw new Error(`${id} has no line`)
    const name = `${id}.${this.#incarnations++}`
    const config: WorkerConfig = {
      id,
      driver: { kind: 'redis', port: proxy.port },
      timings: { ttlMs: TTL_MS },
      logFile: join(this.folder, `${name}.log`),
      seed: Math.floor(this.random() * 2 ** 32),
      tasks: this.#options.tasks,
      conduct: { ...RIGHT_CONDUCT, ...this.#options.conduct },
      monotonicAheadMs,
      wallAheadMs,
      visibilityMs: VISIBILITY_MS,
      workMs: this.#options.workMs,
      permits: this.permits,
      writeBatch: this.#options.writeBatch,
      claimLimit: 64
    }
    const worker = new WorkerProcess(name, config, { NODE_COMPILE_CACHE: this.compileCache, ...env }, () => { this.#wake() })
    this.#current.set(id, worker)
    this.lives.push(worker)
    return worker
  }

  all (order: ToWorker): void { for (const worker of this.workers) worker.order(order) }

  /** Hands out work: items to push, and fenced writes for whoever leads. */
  demand (items: number, writes: number): void {
    const share = Math.ceil(items / this.workers.length)
    for (const worker of this.workers) {
      if (items > 0) worker.order({ order: 'produce', first: this.#nextItem, count: share })
      this.#nextItem += share
      worker.order({ order: 'write', count: writes })
    }
  }

  /** Runs `work`, during which items in the hands of `processes` may come twice. */
  async disturb<T> (work: () => Promise<T>, processes?: readonly WorkerProcess[]): Promise<T> {
    const from = monotonicMs()
    const result = await work()
    const to = monotonicMs()
    this.disturbances.push({ from, to, ...(processes === undefined ? {} : { processes: new Set(processes.map(({ name }) => name)) }) })
    return result
  }

  /** Whether `condition` came true within `ms`. */
  async until (condition: () => boolean, ms: number): Promise<boolean> {
    const deadline = monotonicMs() + ms
    while (!condition()) {
      const left = deadline - monotonicMs()
      if (left <= 0) return false
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      await Promise.race([promise, delay(Math.min(left, 20))])
    }
    return true
  }

  /** One leader, and everybody in touch with the store. */
  settled (ms: number): Promise<boolean> {
    return this.until(() => this.leader !== undefined && this.workers.every(({ mode, alive }) => alive && mode === 'cluster'), ms)
  }

  wait (ms: number): Promise<unknown> { return delay(ms) }

  /** Until the workers have emptied the queue. @throws when they have not within `ms` */
  async emptied (ms: number): Promise<void> {
    await this.#untilEmpty(ms, async () => {})
  }

  /** All items that are still somewhere in the queue now that nobody works any more: what was pushed last is among them. */
  async leftItems (ms: number): Promise<ReadonlySet<number>> {
    const left = new Set<number>()
    await this.#untilEmpty(ms, async () => {
      const deliveries = await this.#items.claim(1_000)
      for (const { body } of deliveries) left.add(body)
      await Promise.all(deliveries.map((delivery) => delivery.ack()))
    })
    for (const { body } of await this.#items.dead(1_000_000)) left.add(body)
    return left
  }

  /** Ends all work in order; what everybody wrote down. */
  async end (): Promise<readonly ProcessLog[]> {
    clearInterval(this.#observing)
    await Promise.all(this.workers.map((worker) => worker.terminate()))
    return this.lives.map((life) => life.log())
  }

  async close (): Promise<void> {
    clearInterval(this.#observing)
    await Promise.all(this.workers.map((worker) => worker.kill()))
    await this.#observer.close()
    for (const proxy of this.#proxies.values()) await proxy.close()
    await this.redis.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }

  get #items (): DistributedQueue<number> {
    return this.#observer.queue<number>('items', { visibilityMs: VISIBILITY_MS, maxAttempts: 1_000_000, maxLength: 1_000_000 })
  }

  async #untilEmpty (ms: number, work: () => Promise<void>): Promise<void> {
    const deadline = monotonicMs() + ms
    let last = 'nothing was answered'
    for (;;) {
      try {
        await work()
        const { ready, leased, delayed } = await this.#items.stats()
        if (ready + leased + delayed === 0) return
        last = `${ready} items ready and ${leased} leased`
      } catch (error) {
        // A machine that has much to do answers late: asked again.
        last = String(error)
      }
      if (monotonicMs() > deadline) throw new Error(`${last}, ${ms} ms after the last fault`)
      await delay(50)
    }
  }

  #observe (): void {
    // The lines run in this process: while it stands still, they do.
    const now = monotonicMs()
    if (now - this.#observedAt > STALL_MS) this.disturbances.push({ from: this.#observedAt, to: now })
    this.#observedAt = now
    this.#observer.get<number>('ledger').then((seen) => {
      if (seen !== undefined && !seen.stale) this.observations.push({ epoch: seen.value, revision: String(seen.revision), at: monotonicMs() })
    }, () => {})
  }

  #pick<T> (from: readonly T[]): T {
    const picked = from[Math.floor(this.random() * from.length)]
    if (picked === undefined) throw new Error('nobody is there')
    return picked
  }
}
