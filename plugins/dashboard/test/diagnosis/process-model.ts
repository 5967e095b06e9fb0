import { bucketOf } from '@plimsoll/core'
import type { ClassTable, ComponentFigures, Frame, HealthReason, JournalEntry, Json, OutcomeClass } from '@plimsoll/core'
import { emptyFrame } from '@plimsoll/core/testing'
import { EventQueue } from './event-queue.ts'
import { Random } from '@plimsoll/core/testing'

/** A route of a modelled service; a scenario changes its figures while it runs. */
export interface ModelRoute {
  readonly name: `${string} ${string}`
  /** Requests a second, before chance. */
  rate: number
  /** Milliseconds of the event loop that a request takes. */
  cpuMs: number
  /** Milliseconds that it waits for something that nobody sees, such as a database. */
  waitMs: number
  /** Standard deviation of the logarithm of both. */
  spread: number
  /** Share that fails. */
  errors: number
  /** Share of answers with 404. */
  missing: number
  /** Share that takes `tailMs` longer. */
  tail: number
  tailMs: number
  /** Upstream that it calls. */
  upstream?: string
  priority: string
  /** Share that a limit refuses. */
  limited: number
}

export interface ModelUpstream {
  ms: number
  errors: number
  /** Calls that never come back. */
  hangs: number
  /** While it is open, calls are refused. */
  breaker: 'none' | 'closed' | 'open' | 'half-open'
}

/** What a process is like apart from its routes. */
export interface ModelState {
  readonly routes: ModelRoute[]
  readonly upstreams: Record<string, ModelUpstream>
  /** Blocks the loop: so many milliseconds, every so many. */
  blockMs: number
  blockEveryMs: number
  /** Milliseconds for which the process does not run, from its next second on. */
  stoppedMs: number
  floor: number
  gcMs: number
  majorEverySeconds: number
  utilization: number
  throttled: number
  coordinator: 'none' | 'cluster' | 'degraded'
  reasons: HealthReason[]
  /** The limit's clients: all, and those over it. */
  clients: number
  limitedClients: number
  clientName: string
  /** Refuses when requests wait longer than this for the loop. */
  shedAboveMs: number
  components: ComponentFigures[]
}

export function calmState (routes: readonly (Partial<ModelRoute> & Pick<ModelRoute, 'name' | 'rate'>)[], upstreams: Record<string, Partial<ModelUpstream>> = {}): ModelState {
  return {
    routes: routes.map((route) => ({ cpuMs: 0.5, waitMs: 0, spread: 0.3, errors: 0, missing: 0, tail: 0, tailMs: 0, priority: 'normal', limited: 0, ...route })),
    upstreams: Object.fromEntries(Object.entries(upstreams).map(([origin, given]) => [origin, { ms: 20, errors: 0, hangs: 0, breaker: 'none' as const, ...given }])),
    blockMs: 0,
    blockEveryMs: 1000,
    stoppedMs: 0,
    floor: 60 * 2 ** 20,
    gcMs: 3,
    majorEverySeconds: 20,
    utilization: 0.2,
    throttled: 0,
    coordinator: 'none',
    reasons: [],
    clients: 0,
    limitedClients: 0,
    clientName: '(not shown)',
    shedAboveMs: Infinity,
    components: []
  }
}

type Task =
  | { readonly kind: 'arrival', readonly route: ModelRoute }
  | { readonly kind: 'answer', readonly route: ModelRoute, readonly arrivedAt: number, readonly failed: number }
  | { readonly kind: 'returned', readonly route: ModelRoute, readonly arrivedAt: number, readonly origin: string, readonly calledAt: number, readonly failed: number, readonly broke: number }
  | { readonly kind: 'block' | 'sample' | 'frame' }

interface Counted { count: number, time: number, readonly buckets: Map<number, number> }

const SAMPLE_MS = 50
const LONG_AGO_MS = 600_000
const WALL_START = Date.UTC(2026, 0, 5, 2)

/**
 * A process with one event loop, its requests and what they wait for: whoever comes waits until all that came before is
 * done, as in Node. Gives the frames that core would.
 */
export class ProcessModel {
  readonly state: ModelState
  readonly #id: string
  readonly #random: Random
  readonly #queue: EventQueue<Task> = new EventQueue()
  readonly #weight: number
  #freeAt = 0
  #busyMs = 0
  #frameAt = 0
  #sequence = 0
  #delays: number[] = []
  #routes: Map<string, Map<OutcomeClass, Counted>> = new Map()
  #upstreams: Map<string, Map<OutcomeClass, Counted>> = new Map()
  readonly #inFlight: Map<string, number> = new Map()
  readonly #calls: Map<string, number> = new Map()
  readonly #arrived: Record<string, number> = {}
  readonly #shed: Record<string, number> = {}
  #limited = 0
  #allowed = 0
  #breakerRefused: Record<string, number> = {}
  #refused = 0
  #settled = 0
  #stopped = 0
  readonly #bornAt: number

  /** @param weight requests that one modelled request stands for @param bornAt milliseconds since the start of the trace; before it, where left out */
  constructor (id: string, state: ModelState, seed: number, { weight = 1, bornAt }: { readonly weight?: number, readonly bornAt?: number | undefined } = {}) {
    this.#id = id
    this.state = state
    this.#random = new Random(seed)
    this.#weight = weight
    const from = bornAt ?? 0
    this.#bornAt = bornAt ?? -LONG_AGO_MS
    this.#freeAt = this.#frameAt = from
    for (const route of state.routes) this.#plan(route, from)
    this.#queue.push(from + SAMPLE_MS, { kind: 'sample' })
    this.#queue.push(from + 1000, { kind: 'frame' })
    this.#queue.push(from + state.blockEveryMs, { kind: 'block' })
  }

  /** Lets it run to `until` milliseconds. @returns the newest frame of that time, if there is one: a loop that stands still makes none */
  run (until: number): Frame | undefined {
    let frame: Frame | undefined
    if (this.state.stoppedMs > 0) {
      this.#freeAt = Math.max(this.#freeAt, until - 1000) + this.state.stoppedMs
      this.#stopped += this.state.stoppedMs
      this.state.stoppedMs = 0
    }
    // What is due while the loop is still busy is done when it is free, perhaps in a later second.
    while (Math.max(this.#queue.nextAt, this.#freeAt) <= until && this.#queue.nextAt <= until) {
      const { at, task } = this.#queue.pop()
      frame = this.#do(at, task) ?? frame
    }
    return frame
  }

  #do (at: number, task: Task): Frame | undefined {
    const start = Math.max(at, this.#freeAt)
    switch (task.kind) {
      case 'arrival': this.#arrive(task.route, at, start); break
      case 'returned': this.#return(task, start); break
      case 'answer': this.#answer(task.route, task.failed, start - task.arrivedAt); break
      case 'block':
        if (this.state.blockMs > 0) this.#work(start, this.state.blockMs * this.#random.between(0.8, 1.2))
        this.#queue.push(at + this.state.blockEveryMs, { kind: 'block' })
        break
      case 'sample':
        this.#delays.push(start - at)
        this.#queue.push(start + SAMPLE_MS, { kind: 'sample' })
        break
      case 'frame':
        this.#queue.push(start + 1000, { kind: 'frame' })
        return this.#frame(start)
    }
    return undefined
  }

  #plan (route: ModelRoute, after: number): void {
    // A route without requests is asked now and then whether it has some.
    const rate = route.rate / this.#weight
    this.#queue.push(after + (rate > 0.001 ? this.#random.exponential(1000 / rate) : 1000), { kind: 'arrival', route })
  }

  #arrive (route: ModelRoute, at: number, start: number): void {
    this.#plan(route, at)
    if (route.rate / this.#weight <= 0.001) return
    this.#arrived[route.priority] = (this.#arrived[route.priority] ?? 0) + this.#weight
    if (this.#random.chance(route.limited)) {
      this.#limited += this.#weight
      // The gate counts what other checks refuse as well.
      this.#shed[route.priority] = (this.#shed[route.priority] ?? 0) + this.#weight
      return this.#refuse(route, start)
    }
    this.#allowed += this.#weight
    if (route.priority !== 'critical' && start - at > this.state.shedAboveMs) {
      this.#shed[route.priority] = (this.#shed[route.priority] ?? 0) + this.#weight
      return this.#refuse(route, start)
    }
    this.#bump(this.#inFlight, route.name, this.#weight)
    const done = this.#work(start, route.cpuMs * this.#weight * this.#random.logNormal(route.spread))
    const failed = this.#some(route.errors)
    const wait = route.waitMs * this.#random.logNormal(route.spread) + (this.#random.chance(route.tail) ? route.tailMs : 0)
    if (wait === 0 && route.upstream === undefined) this.#answer(route, failed, done - at)
    else if (route.upstream === undefined) this.#queue.push(done + wait, { kind: 'answer', route, arrivedAt: at, failed })
    else this.#call(route, route.upstream, { arrivedAt: at, calledAt: done + wait, failed })
  }

  #call (route: ModelRoute, origin: string, { arrivedAt, calledAt, failed }: { readonly arrivedAt: number, readonly calledAt: number, readonly failed: number }): void {
    const upstream = this.state.upstreams[origin]!
    if (upstream.breaker === 'open' || (upstream.breaker === 'half-open' && this.#random.chance(0.9))) {
      this.#breakerRefused[origin] = (this.#breakerRefused[origin] ?? 0) + this.#weight
      this.#queue.push(calledAt + 0.1, { kind: 'answer', route, arrivedAt, failed: this.#weight })
      return
    }
    this.#bump(this.#calls, origin, this.#weight)
    if (this.#random.chance(upstream.hangs)) return
    const broke = this.#some(upstream.errors)
    this.#queue.push(calledAt + upstream.ms * this.#random.logNormal(0.3), { kind: 'returned', route, arrivedAt, origin, calledAt, broke, failed: Math.max(broke, failed) })
  }

  #return ({ route, arrivedAt, origin, calledAt, failed, broke }: Extract<Task, { kind: 'returned' }>, start: number): void {
    this.#bump(this.#calls, origin, -this.#weight)
    count(this.#upstreams, origin, '5xx', start - calledAt, broke)
    count(this.#upstreams, origin, '2xx', start - calledAt, this.#weight - broke)
    this.#queue.push(this.#work(start, 0.1), { kind: 'answer', route, arrivedAt, failed })
  }

  #refuse (route: ModelRoute, start: number): void {
    this.#work(start, 0.03)
    count(this.#routes, route.name, 'refused', 0.1, this.#weight)
    this.#refused += this.#weight
  }

  #answer (route: ModelRoute, failed: number, ms: number): void {
    this.#bump(this.#inFlight, route.name, -this.#weight)
    const missing = Math.min(this.#weight - failed, this.#some(route.missing))
    count(this.#routes, route.name, '5xx', ms, failed)
    count(this.#routes, route.name, '4xx', ms, missing)
    count(this.#routes, route.name, '2xx', ms, this.#weight - failed - missing)
    this.#settled += this.#weight
  }

  /** So many of the requests that one stands for: a binomial number, nearly. */
  #some (share: number): number {
    if (this.#weight === 1) return this.#random.chance(share) ? 1 : 0
    const mean = this.#weight * share
    return Math.max(0, Math.min(this.#weight, Math.round(mean + Math.sqrt(mean * (1 - share)) * this.#random.normal())))
  }

  #work (start: number, ms: number): number {
    this.#busyMs += ms
    this.#freeAt = start + ms
    return this.#freeAt
  }

  #bump (map: Map<string, number>, key: string, by: number): void { map.set(key, (map.get(key) ?? 0) + by) }

  #frame (now: number): Frame {
    const window = now - this.#frameAt
    const { state } = this
    const running = Math.max(1, window - this.#stopped)
    const utilization = Math.min(1, this.#busyMs / window)
    const major = this.#sequence % state.majorEverySeconds === 0 ? 1 : 0
    const noise = this.#random.normal() * 2 ** 19
    const max = Math.max(0, ...this.#delays)
    const frame = emptyFrame({
      instance: this.#id,
      sequence: ++this.#sequence,
      at: WALL_START + now,
      clock: now - this.#bornAt,
      window,
      vitals: {
        at: now,
        window,
        eventLoop: { utilization, delay: { mean: max / 10, p50: 0.5, p99: max, max } },
        cpu: { used: utilization * running / window + 0.02, available: 2, throttled: state.throttled },
        memory: { rss: state.floor + 60e6, heapUsed: state.floor + 20e6, heapLimit: 1e9, external: 0, arrayBuffers: 0, limit: 4e9, limitedBy: 'cgroup', cgroup: undefined, utilization: Math.max(state.utilization, (state.floor + 20e6) / 1e9), oldSpaceFloor: state.floor + noise },
        gc: { share: Math.min(utilization, state.gcMs / window), longestPause: state.gcMs, minor: 1, major }
      },
      health: { live: true, ready: state.reasons.every(({ status }) => status !== 'failing'), degraded: state.reasons.length > 0, reasons: state.reasons },
      requests: {
        inFlight: [...this.#inFlight.values()].reduce((sum, some) => sum + some, 0),
        leased: 0,
        openStreams: 0,
        settled: { completed: this.#settled, 'client-abort': 0, reset: 0, timeout: 0, refused: this.#refused, upgraded: 0, stream: 0 }
      },
      components: this.#components(),
      routes: this.#tables(this.#routes, this.#inFlight).map(({ name, inFlight, classes }) => {
        const [method = '', route = ''] = name.split(' ')
        return { method, route, inFlight, classes }
      }),
      upstreams: this.#tables(this.#upstreams, this.#calls).map(({ name, inFlight, classes }) => ({ origin: name, inFlight, classes })),
      journal: this.#journal(now)
    })
    this.#frameAt = now
    this.#busyMs = this.#stopped = this.#settled = this.#refused = 0
    this.#delays = []
    this.#routes = new Map()
    this.#upstreams = new Map()
    return frame
  }

  #tables (counted: ReadonlyMap<string, ReadonlyMap<OutcomeClass, Counted>>, inFlight: ReadonlyMap<string, number>): Array<{ readonly name: string, readonly inFlight: number, readonly classes: ClassTable }> {
    const names = new Set([...counted.keys(), ...[...inFlight].filter(([, some]) => some > 0).map(([name]) => name)])
    return [...names].map((name) => ({
      name,
      inFlight: inFlight.get(name) ?? 0,
      classes: Object.fromEntries([...counted.get(name) ?? []].map(([outcome, { count, time, buckets }]) =>
        [outcome, { count, time, buckets: [...buckets].sort(([a], [b]) => a - b).flat(), requestBytes: 0, responseBytes: 0 }]))
    }))
  }

  #components (): ComponentFigures[] {
    const { state } = this
    const component = (kind: string, name: string, snapshot: { readonly [key: string]: Json }, status: 'ok' | 'degraded' = 'ok'): ComponentFigures =>
      ({ kind, name, health: status === 'ok' ? { status } : { status, reason: 'The backend redis is away' }, snapshot })
    const breakers = Object.entries(state.upstreams).filter(([, { breaker }]) => breaker !== 'none')
    return [
      ...state.components,
      ...state.coordinator === 'none' ? [] : [component('coordinator', 'coordinator', { mode: state.coordinator, backend: 'redis' }, state.coordinator === 'degraded' ? 'degraded' : 'ok')],
      ...state.clients === 0 ? [] : [component('rate-limiter', 'rate-limiter', { limits: [{ name: 'default', algorithm: 'gcra', allowed: this.#allowed, refused: this.#limited, keys: state.clients, limitedKeys: state.limitedClients }] })],
      ...breakers.length === 0 ? [] : [component('circuit-breaker', 'circuit-breakers', { breakers: breakers.map(([name, { breaker, errors }]) => ({ name, state: breaker, failureRate: errors, slowRate: 0, calls: 20, refused: this.#breakerRefused[name] ?? 0, openForMs: 5000, retryAfterMs: 1000, inFlight: 0 })) })],
      ...state.shedAboveMs === Infinity ? [] : [component('load-shedder', 'load-shedder', { force: 'auto', arrived: { ...this.#arrived }, refused: { ...this.#shed } })]
    ]
  }

  #journal (now: number): JournalEntry[] {
    const { limitedClients, clientName } = this.state
    if (limitedClients === 0 || this.#sequence % 10 !== 0) return []
    return [{ sequence: this.#sequence, at: WALL_START + now, component: 'rate-limiter', event: 'refused', message: 'refused', severity: 'warning', data: { limit: 'default', client: clientName } }]
  }
}

function count (table: Map<string, Map<OutcomeClass, Counted>>, name: string, outcome: OutcomeClass, ms: number, weight: number): void {
  if (weight === 0) return
  let classes = table.get(name)
  if (classes === undefined) table.set(name, classes = new Map())
  let counted = classes.get(outcome)
  if (counted === undefined) classes.set(outcome, counted = { count: 0, time: 0, buckets: new Map() })
  const us = Math.round(1000 * Math.max(0, ms))
  counted.count += weight
  counted.time += us * weight
  counted.buckets.set(bucketOf(us), (counted.buckets.get(bucketOf(us)) ?? 0) + weight)
}
