import { countIn, ERROR_CLASSES, SERVED_CLASSES, totalOf } from '@plimsoll/core'
import type { Frame } from '@plimsoll/core'
import { SlidingSums } from '@plimsoll/core/statistics'
import type { ObservedFrame } from '../view/observed-frame.ts'
import { named } from './figures.ts'
import { InstanceMemory, routeName } from './instance-memory.ts'
import { SERVICE_ERROR_SHARE, SPANS } from './thresholds.ts'
import { TrafficMemory } from './traffic-memory.ts'
import { TrafficTable } from './traffic-table.ts'

const MAX_ROUTES = 200
const MAX_UPSTREAMS = 50
const MAX_INSTANCES = 50
const MAX_CLIENTS = 20
const CLIENT_MEMORY_S = 60

/** A client that a limit refused, by the journal. */
interface RefusedClient { readonly second: number, readonly limit: string, readonly client: string }

const SETTLED = 0
const REFUSED = 1

/** What is remembered of a service, or of the one instance that is looked at: the last minutes, in bounded memory. */
export class ServiceMemory {
  readonly routes: TrafficTable = new TrafficTable(MAX_ROUTES)
  readonly upstreams: TrafficTable = new TrafficTable(MAX_UPSTREAMS)
  /** All routes together. */
  readonly total: TrafficMemory = new TrafficMemory('requests', SERVICE_ERROR_SHARE)
  readonly #settled: SlidingSums = new SlidingSums(2, SPANS)
  readonly #instances: Map<string, InstanceMemory> = new Map()
  #clients: RefusedClient[] = []
  #second = -1

  /** The newest frames of all instances, once a second. */
  take (seen: readonly ObservedFrame[], at: number): void {
    this.#second = Math.max(this.#second + 1, Math.floor(at / 1000))
    for (const table of [this.routes, this.upstreams]) table.moveTo(this.#second)
    this.total.moveTo(this.#second)
    this.#settled.moveTo(this.#second)
    for (const instance of this.#instances.values()) instance.moveTo(this.#second)
    this.#forget(seen)
    const alone = seen.length === 1
    for (const { frame, stale } of seen) this.#see(frame, stale, alone)
    this.#clients = this.#clients.filter(({ second }) => this.#second - second < CLIENT_MEMORY_S)
  }

  /** @param disturbed nothing that came now is usual */
  judge (disturbed: boolean): void {
    for (const table of [this.routes, this.upstreams]) for (const memory of table.all()) memory.judge(disturbed)
    this.total.judge(disturbed)
  }

  /** Whole seconds since the Unix epoch, rising by at least one. */
  get second (): number { return this.#second }

  get instances (): readonly InstanceMemory[] { return [...this.#instances.values()] }

  /** Those that were heard of just now. */
  get living (): readonly InstanceMemory[] { return this.instances.filter(({ isStale }) => !isStale) }

  /** Its id where there are several; null where it says nothing. */
  whose (instance: InstanceMemory): string | null { return this.living.length > 1 ? named(instance.id) : null }

  /** Requests that ended, and those of them that were refused: there also without the monitor. */
  settled (span: 10 | 30 | 60 | 300): { readonly all: number, readonly refused: number } {
    return { all: this.#settled.sum(SETTLED, span), refused: this.#settled.sum(REFUSED, span) }
  }

  /** Clients of a limit that the journal named within the last minute. */
  refusedClients (limit: string): readonly string[] {
    return this.#clients.filter((one) => one.limit === limit).map(({ client }) => client)
  }

  #see (frame: Frame, stale: boolean, alone: boolean): void {
    const known = this.#instances.get(frame.instance)
    if (known === undefined) {
      if (this.#instances.size >= MAX_INSTANCES) return
      const instance = new InstanceMemory(frame, this.#second)
      this.#instances.set(frame.instance, instance)
      // A stale one has nothing to tell of now, but that it is silent.
      if (stale) instance.see(frame, true)
      else this.#take(frame, instance, alone)
    } else if (known.see(frame, stale) && !stale) {
      this.#take(frame, known, alone)
    }
  }

  #take (frame: Frame, instance: InstanceMemory, alone: boolean): void {
    const timed = !instance.isStarting
    for (const figures of frame.routes) {
      const name = routeName(figures)
      const slow = this.routes.at(name, this.#second)?.add(figures.classes, figures.inFlight, timed) ?? 0
      if (!alone) instance.addRoute(name, countIn(figures.classes, SERVED_CLASSES), countIn(figures.classes, ERROR_CLASSES), slow)
    }
    for (const { origin, inFlight, classes } of frame.upstreams) this.upstreams.at(origin, this.#second)?.add(classes, inFlight, timed)
    this.total.add(totalOf(frame.routes.map(({ classes }) => classes)), frame.requests.inFlight, timed)
    const { settled } = frame.requests
    this.#settled.add(SETTLED, Object.values(settled).reduce((sum, count) => sum + count, 0))
    this.#settled.add(REFUSED, settled.refused)
    for (const { event, data } of frame.journal) if (event === 'refused') this.#refused(data['limit'], data['client'])
  }

  #refused (limit: unknown, client: unknown): void {
    if (typeof limit !== 'string' || typeof client !== 'string') return
    this.#clients.push({ second: this.#second, limit, client })
    if (this.#clients.length > MAX_CLIENTS) this.#clients.shift()
  }

  #forget (seen: readonly ObservedFrame[]): void {
    const ids = new Set(seen.map(({ frame }) => frame.instance))
    for (const id of this.#instances.keys()) if (!ids.has(id)) this.#instances.delete(id)
  }
}
