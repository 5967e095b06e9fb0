import { SERVED_CLASSES, countIn, timeIn } from '@plimsoll/core'
import type { ComponentFigures, Frame, Json, RouteFigures } from '@plimsoll/core'
import { SlidingSums } from '@plimsoll/core/statistics'
import { Counters } from './counters.ts'
import { HeapTrend } from './heap-trend.ts'
import { LoopShares } from './loop-shares.ts'
import type { CostBounds, LoopUse } from './loop-shares.ts'
import { BUSY, LONG_STALL_MS, SATURATED, STALL_MS, START_MS } from './thresholds.ts'

/** Spans of an instance's figures, in seconds. */
const VITAL_SPANS = [10, 30] as const
export type VitalSpan = typeof VITAL_SPANS[number]

const WINDOW = 0
const BUSY_MS = 1
const GC_MS = 2
const CPU_MS = 3
const THROTTLED_MS = 4
const STALLS = 5
const STALLED_MS = 6
const STALL_CPU_MS = 7
const FIGURES = 8

/** Of a route on one instance, so that instances can be compared on what they both serve. */
const PEER_FIGURES = 3
const SERVED = 0
const ERRORS = 1
const SLOW = 2
const MAX_PEER_ROUTES = 100
const FORGET_S = 60

/** With each calm second the usual goes this far towards it: about a minute. */
const PACE = 1 / 60
/** Seconds of calm before the usual means something, and between two looks at who uses the loop. */
const USUAL_AFTER = 15
const SHARES_EVERY = 5

/** A delay in milliseconds that counts as pressure on the loop, and the seconds until that is over. */
const PRESSED_MS = STALL_MS / 2
const PRESSED_S = 10
const TELLING_S = 6
const MAX_DELAYS = 10
/** By how much what is no request's may grow unseen, as a factor and in milliseconds a second. */
const REST_MARGIN = 1.5
const REST_MARGIN_MS = 100

interface PeerRoute { readonly seconds: SlidingSums, seenAt: number }

/** What a frame may say at most: of a window or delay in milliseconds, and of processors. */
const LONGEST_MS = 3_600_000
const MOST_CORES = 1024

const NO_USE: LoopUse = { costMs: 0, shareMs: 0, errorMs: Infinity }

/** The last seconds of one process. */
export class InstanceMemory {
  readonly id: string
  readonly heap: HeapTrend = new HeapTrend()
  readonly counters: Counters = new Counters()
  readonly #seconds: SlidingSums = new SlidingSums(FIGURES, VITAL_SPANS)
  /** Of seconds in which all is well, and of those since the loop was pressed. */
  readonly #calmLoop: LoopShares = new LoopShares()
  readonly #pressedLoop: LoopShares = new LoopShares()
  #pressedAt = -Infinity
  readonly #routes: Map<string, PeerRoute> = new Map()
  #frame: Frame
  #stale = false
  #second: number
  #calm = 0
  #usualBusyMs = 0
  #usualUse: Map<string, LoopUse> = new Map()
  /** Longest delay of each of the last ten frames, in milliseconds. */
  #delays: readonly number[] = []

  constructor (frame: Frame, second: number) {
    this.id = frame.instance
    this.#frame = frame
    this.#second = second
    this.moveTo(second)
    this.#take(frame)
  }

  moveTo (second: number): void {
    this.#second = second
    this.#seconds.moveTo(second)
    this.counters.moveTo(second)
    for (const [name, { seconds, seenAt }] of this.#routes) {
      if (second - seenAt > FORGET_S) this.#routes.delete(name)
      else seconds.moveTo(second)
    }
  }

  /** Returns whether the frame is news. */
  see (frame: Frame, stale: boolean): boolean {
    this.#stale = stale
    if (frame.sequence === this.#frame.sequence) return false
    this.#frame = frame
    this.#take(frame)
    return true
  }

  /** A route's part of the second, for comparison with other instances. */
  addRoute (name: string, served: number, errors: number, slow: number): void {
    let route = this.#routes.get(name)
    if (route === undefined) {
      if (this.#routes.size >= MAX_PEER_ROUTES) return
      route = { seconds: new SlidingSums(PEER_FIGURES, VITAL_SPANS), seenAt: this.#second }
      route.seconds.moveTo(this.#second)
      this.#routes.set(name, route)
    }
    route.seenAt = this.#second
    route.seconds.add(SERVED, served)
    route.seconds.add(ERRORS, errors)
    route.seconds.add(SLOW, slow)
  }

  /** Learns who uses the loop while all is well. @param mostOf of the milliseconds that one request of a route may take */
  learn (mostOf: (name: string) => number): void {
    if (this.isStarting || this.#second - this.#pressedAt <= PRESSED_S) return
    this.#usualBusyMs += (this.#calm < USUAL_AFTER ? 1 / (this.#calm + 1) : PACE) * (this.loop(10) * 1000 - this.#usualBusyMs)
    this.#calm++
    if (this.#calm >= USUAL_AFTER && this.#calm % SHARES_EVERY === 0) this.#usualUse = this.#calmLoop.solve((name) => ({ guess: this.usualUse(name).costMs, least: 0, most: mostOf(name) }), { guess: 0, least: 0, most: Infinity })
  }

  get frame (): Frame { return this.#frame }

  /** Nothing was heard of it for a while. */
  get isStale (): boolean { return this.#stale }

  /** The monotonic clock of a process begins with it. */
  get isStarting (): boolean { return this.#frame.clock < START_MS }

  /** It takes no new requests because it is coming or going. */
  get isComingOrGoing (): boolean { return this.#frame.health.reasons.some(({ component }) => component === 'life-cycle') }

  /** Share of the time in which the event loop did not wait, 0 to 1. */
  loop (span: VitalSpan): number { return this.#share(BUSY_MS, span) }

  gc (span: VitalSpan): number { return this.#share(GC_MS, span) }

  throttled (span: VitalSpan): number { return this.#share(THROTTLED_MS, span) }

  /** Cores used. */
  cpu (span: VitalSpan): number { return this.#share(CPU_MS, span) }

  /** Milliseconds: the longest delay of each of the last ten seconds, on the average. */
  get meanDelay (): number { return this.#delays.reduce((sum, delay) => sum + delay, 0) / this.#delays.length }

  /** Seconds with a stall, of the last thirty; and the milliseconds for which the loop stood still in them. */
  get stalls (): number { return this.#seconds.sum(STALLS, 30) }

  get stalledMs (): number { return this.#seconds.sum(STALLED_MS, 30) }

  /** Milliseconds of processor time that it used in the windows of those stalls, at most as long as they took. */
  get stallCpuMs (): number { return this.#seconds.sum(STALL_CPU_MS, 30) }

  /** The longest delay of the last ten seconds. */
  get longestMs (): number { return Math.max(0, ...this.#delays) }

  get stoodStillLately (): boolean { return !this.isStarting && this.longestMs > STALL_MS }

  /** It stood still for so long that once is enough. */
  get stoodStill (): boolean { return !this.isStarting && this.longestMs >= LONG_STALL_MS }

  get isSaturated (): boolean { return this.#seconds.sum(WINDOW, 10) >= 8000 && this.loop(10) >= SATURATED }

  /** Milliseconds of a second in which the loop is busy when all is well; `undefined` while that is not known. */
  get usualBusyMs (): number | undefined { return this.#calm < USUAL_AFTER ? undefined : this.#usualBusyMs }

  /** Of a route, when all is well. */
  usualUse (name: string): LoopUse { return this.#usualUse.get(name) ?? NO_USE }

  /** Who uses the loop since it is pressed. One that is never idle hides what is no request's, which is then thought to be nearly as usual. */
  loopUse (boundsOf: (name: string) => CostBounds): Map<string, LoopUse> {
    const rest = Math.max(0, this.#usualBusyMs - sumOf(this.#usualUse))
    return this.#pressedLoop.solve(boundsOf, { guess: rest, least: 0, most: this.loop(10) >= SATURATED ? REST_MARGIN * rest + REST_MARGIN_MS : Infinity })
  }

  /** It has been pressed for long enough to tell routes apart by their numbers. */
  get isLoopKnown (): boolean { return this.#pressedLoop.seconds >= TELLING_S }

  peerServed (name: string): number { return this.#routes.get(name)?.seconds.sum(SERVED, 30) ?? 0 }

  /** Of a route that it has served. */
  peerBad (name: string, what: 'errors' | 'slow'): number { return this.#routes.get(name)!.seconds.sum(what === 'errors' ? ERRORS : SLOW, 30) }

  get peerRoutes (): Iterable<string> { return this.#routes.keys() }

  #take (frame: Frame): void {
    const { vitals: { eventLoop, cpu, gc, memory } } = frame
    // Another instance may claim anything.
    const window = within(frame.window, LONGEST_MS)
    const max = within(eventLoop.delay.max, LONGEST_MS)
    const busyMs = within(eventLoop.utilization, 1) * window
    const cpuMs = within(cpu.used, MOST_CORES) * window
    const add = (figure: number, amount: number): void => this.#seconds.add(figure, amount)
    add(WINDOW, window)
    add(BUSY_MS, busyMs)
    add(GC_MS, within(gc.share, 1) * window)
    add(CPU_MS, cpuMs)
    add(THROTTLED_MS, within(cpu.throttled, 1) * window)
    this.#delays = [...this.#delays, max].slice(-MAX_DELAYS)
    if (max > STALL_MS && !this.isStarting) {
      add(STALLS, 1)
      add(STALLED_MS, max)
      add(STALL_CPU_MS, Math.min(max, cpuMs))
    }
    if (gc.major > 0 && memory.oldSpaceFloor !== undefined && !this.isStarting) this.heap.add(frame.clock, memory.oldSpaceFloor)
    if (max > PRESSED_MS || busyMs > BUSY * window) {
      if (this.#second - this.#pressedAt > PRESSED_S) this.#pressedLoop.restart()
      this.#pressedAt = this.#second
    }
    const loop = this.#second - this.#pressedAt <= PRESSED_S ? this.#pressedLoop : this.#calmLoop
    loop.add(busyMs, window / 1000, frame.routes.map(loadOf))
    for (const component of frame.components) this.#count(component)
  }

  /** Counters of those that refuse. */
  #count ({ kind, name, snapshot }: ComponentFigures): void {
    if (kind === 'load-shedder') {
      for (const what of ['arrived', 'refused']) {
        for (const [priority, value] of Object.entries(recordOf(snapshot[what]))) this.counters.read(`${what} ${priority}`, value, this.#second)
      }
    }
    if (kind === 'rate-limiter') {
      for (const limit of listOf(snapshot['limits'])) {
        for (const what of ['allowed', 'refused']) this.counters.read(`${name} ${String(limit['name'])} ${what}`, limit[what], this.#second)
      }
    }
    if (kind === 'circuit-breaker') {
      for (const breaker of listOf(snapshot['breakers'])) this.counters.read(`breaker ${String(breaker['name'])}`, breaker['refused'], this.#second)
    }
  }

  /** A loop that stood still for longer than the span has made no frame in it: the longer one tells then. */
  #share (figure: number, span: VitalSpan): number {
    const window = this.#seconds.sum(WINDOW, span)
    if (window > 0) return this.#seconds.sum(figure, span) / window
    return span === 10 ? this.#share(figure, 30) : 0
  }
}

function within (value: number, most: number): number { return Math.max(0, Math.min(most, value)) }

/** What a snapshot says is untrusted: a record, or nothing. */
function recordOf (value: Json | undefined): { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !isList(value) ? value : {}
}

/** The records of a list. */
export function listOf (value: Json | undefined): ReadonlyArray<{ readonly [key: string]: Json }> {
  return value !== undefined && isList(value) ? value.map(recordOf) : []
}

/** The texts of a list. */
export function textsOf (value: Json | undefined): readonly string[] {
  return value !== undefined && isList(value) ? value.filter((one) => typeof one === 'string') : []
}

/** A figure, or 0. */
export function numberOf (value: Json | undefined): number { return typeof value === 'number' && value >= 0 ? value : 0 }

export function routeName ({ method, route }: Pick<RouteFigures, 'method' | 'route'>): string { return `${method} ${route}` }

function isList (value: Json): value is readonly Json[] { return Array.isArray(value) }

function loadOf (figures: RouteFigures): { readonly name: string, readonly requests: number, readonly timeMs: number } {
  return { name: routeName(figures), requests: countIn(figures.classes, SERVED_CLASSES), timeMs: timeIn(figures.classes, SERVED_CLASSES) / 1000 }
}

function sumOf (uses: ReadonlyMap<string, LoopUse>): number {
  let sum = 0
  for (const { shareMs } of uses.values()) sum += shareMs
  return sum
}
