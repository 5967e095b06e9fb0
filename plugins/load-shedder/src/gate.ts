import type { EventEmitter } from 'node:events'
import type { ClockTimer, PriorityRank, RawRequest, RawResponse, Refusal, RequestScope, ScopeListener, SettleReason } from '@plimsoll/core'
import { ClassQueue } from './class-queue.ts'
import { GateEntry } from './gate-entry.ts'
import type { Destination } from './gate-entry.ts'
import type { GatePorts, GateSettings } from './gate-ports.ts'
import { GateStats } from './gate-stats.ts'
import { IntrusiveList } from './intrusive-list.ts'
import { LoopTurn } from './loop-turn.ts'
import { Permits } from './permits.ts'
import type { GateState, Outcome, Strategy } from './strategy.ts'

/** Where nothing is decided: everything goes straight on. */
export type GateMode = 'on' | 'off' | 'closed'

const SYSTEM: PriorityRank = 0
const CRITICAL: PriorityRank = 1
const BATCH: PriorityRank = 5
const RANKS: readonly PriorityRank[] = [0, 1, 2, 3, 4, 5]
/** Refused requests in the hands of handlers that answer them, at a time. */
export const MAX_DEGRADED = 100
/** Work on refused requests that are served all the same, a turn. */
const PASSING_BUDGET_MS = 1
/** While nothing may be started, how often the queue is looked through for those that have waited too long. */
const EXPIRY_MS = 5

type MutableState = { -readonly [K in keyof GateState]: GateState[K] }

/**
 * The gate in front of the service: requests queue by class, and each turn of the event loop starts as many as it can
 * take, as the strategy allows. Everything that it knows of one request is a {@link GateEntry}; it holds a permit from
 * its start until its work is over (which is later than its end, when the client has gone away).
 *
 * ```
 * arrive → other checks → strategy.arrive → queue → turn: drain → give up → start → workDone: permit back
 *                                         └→ calm: start at once ───────────────┘
 * ```
 */
export class Gate {
  readonly stats: GateStats = new GateStats()
  mode: GateMode = 'on'
  readonly #ports: GatePorts
  readonly #settings: GateSettings
  readonly #queue: ClassQueue<GateEntry> = new ClassQueue()
  readonly #permits: Permits<GateEntry> = new Permits()
  // Refused, but served: by a handler that answers with something cheaper, or because the run is dry.
  readonly #passing: IntrusiveList<GateEntry> = new IntrusiveList()
  readonly #loop: LoopTurn = new LoopTurn()
  readonly #state: MutableState
  #strategy: Strategy
  #turnAsked = false
  #tickTimer: ClockTimer | undefined
  #tickTimerMs = 0
  #expiryTimer: ClockTimer | undefined
  #expiryArmed = false
  #degradedNow = 0

  constructor (ports: GatePorts, settings: GateSettings, strategy: Strategy) {
    this.#ports = ports
    this.#settings = settings
    this.#strategy = strategy
    this.#state = { now: 0, queued: 0, queuedByRank: this.#queue.sizes, inFlight: 0, stalled: 0, oldestWaitMs: 0, busyMs: 0 }
  }

  get strategy (): Strategy { return this.#strategy }
  get queued (): number { return this.#queue.size }
  get inFlight (): number { return this.#permits.inFlight }
  get streams (): number { return this.#permits.streams }
  get degradedNow (): number { return this.#degradedNow }

  /** A request has arrived. It is started in the loop's next turn, or at once where the loop has waited for events a moment ago. */
  arrive (req: RawRequest, res: RawResponse, destination: Destination): void {
    if (this.mode === 'closed' || (this.mode === 'off' && !this.#ports.checks())) return destination.dispatch(req, res)
    const scope = this.#ports.scopeOf(req, res)
    const rank = this.#ports.classify(scope)
    this.#loop.arrived(scope.startedAt)
    this.stats.arrived[rank]! += 1
    const refusal = this.#ports.check(scope)
    if (refusal === undefined && this.mode === 'off') return destination.dispatch(req, res)
    const entry = new GateEntry(scope, destination, this.#ports.cohorts)
    scope.watch(this.#listener, entry)
    if (entry.state === 'over') return
    if (refusal === undefined) this.#admit(entry)
    else this.#turnAway(entry, refusal)
  }

  /** A connection has arrived: its request is not far. */
  connected (): void { this.#loop.arrived(this.#ports.clock.now()) }

  /** Counts an upgraded connection until it closes; `false` where it would be one too many. */
  openUpgrade (connection: EventEmitter): boolean {
    if (this.#permits.streams >= this.#settings.maxStreams) return false
    this.#permits.openStream()
    connection.once('close', () => this.#permits.closeStream())
    return true
  }

  /** Exchanges the strategy; what is queued and in flight stays. */
  use (strategy: Strategy): void {
    this.#strategy = strategy
    this.#armTick()
    this.#askForTurn()
  }

  /** Refuses what is queued, and lets everything pass from now on: the server is closing and answers by itself. */
  close (reason: string): void {
    this.mode = 'closed'
    const refusal = this.#ports.refusal(reason)
    for (let entry = this.#queue.take(false, BATCH); entry !== undefined; entry = this.#queue.take(false, BATCH)) this.#answer(entry, refusal)
    this.#tickTimer?.cancel()
    this.#expiryTimer?.cancel()
  }

  #admit (entry: GateEntry): void {
    const { rank, scope } = entry
    const now = entry.arrivedAt
    const state = this.#refresh(now)
    const reason = this.#ports.pressure(rank) ?? this.#streamsFull(scope) ?? this.#strategy.arrive(entry, state)
    if (this.#tickTimerMs !== this.#strategy.tickMs) this.#armTick()
    if (reason !== undefined) return this.#turnAway(entry, this.#ports.refusal(reason))
    if (this.#mayStartAtOnce(rank, now)) return this.#startAtOnce(entry, now)
    if (this.#queue.size >= this.#bound() && !this.#makeRoom(rank)) return this.#turnAway(entry, this.#ports.refusal('queue-full'))
    entry.keepContext()
    this.#queue.push(entry)
    this.#askForTurn()
  }

  #streamsFull (scope: RequestScope): string | undefined {
    return this.#permits.streams >= this.#settings.maxStreams && scope.route?.config['stream'] === true ? 'streams-full' : undefined
  }

  #bound (): number { return Math.min(this.#settings.maxQueue, this.#strategy.maxQueued) }

  // Gives up one that is less worth keeping than an arrival of this class.
  #makeRoom (rank: PriorityRank): boolean {
    const victim = this.#strategy.eviction === 'oldest' ? this.#queue.oldestOfAll() : this.#queue.lessImportantThan(rank)
    if (victim === undefined) return false
    this.#queue.remove(victim)
    this.#turnAway(victim, this.#ports.refusal('displaced'))
    return true
  }

  readonly #turn = (): void => {
    this.#turnAsked = false
    const { clock } = this.#ports
    const begun = clock.now()
    const drain = this.#loop.begin(begun, this.#ports.idleMs())
    if (drain && this.#settings.ingredients.drain) return this.#askForTurn()
    let now = begun
    try {
      this.#giveUpLate(now)
      now = this.#startSome(clock.now())
      this.#startPassing()
    } finally {
      this.#loop.end(clock.now(), now - begun)
      if (this.#queue.size > 0) this.#goOn()
      if (this.#passing.size > 0) this.#askForTurn()
    }
  }

  // Either something may be started in the next turn, or those that wait too long are to be refused in time.
  #goOn (): void {
    if (this.#queue.has(this.#leastStartable())) this.#askForTurn()
    else this.#armExpiry()
  }

  // Returns the time at which the last start was over.
  #startSome (begun: number): number {
    const { clock } = this.#ports
    const { bounded, lifo } = this.#settings.ingredients
    const budget = bounded ? this.#loop.startBudget() : Infinity
    let now = begun
    // One at least where nothing runs; only one, or synchronous handlers would all be started in this turn.
    let allowance = this.#permits.inFlight === 0 ? Number.MIN_VALUE : 0
    while (now - begun < Math.max(budget, allowance)) {
      allowance = 0
      const { order } = this.#strategy
      const entry = this.#queue.take(lifo && order === 'lifo' && !this.#importantWaits(), this.#leastStartable())
      if (entry === undefined) break
      if (entry.scope.clientGone()) this.#abandon(entry)
      else this.#start(entry, now)
      now = clock.now()
    }
    return now
  }

  // System and critical are served in the order of their arrival, whatever the order of the others.
  #importantWaits (): boolean { return this.#queue.oldest(SYSTEM) !== undefined || this.#queue.oldest(CRITICAL) !== undefined }

  #start (entry: GateEntry, now: number): void {
    entry.state = 'running'
    entry.startedAt = now
    this.#permits.take(entry)
    const waitMs = now - entry.arrivedAt
    this.stats.countStart(entry.rank, waitMs)
    this.#strategy.started(entry, waitMs, this.#refresh(now))
    entry.dispatch()
  }

  #startPassing (): void {
    const { clock } = this.#ports
    const begun = clock.now()
    let now = begun
    for (let entry = this.#passing.oldest; entry !== undefined && now - begun < PASSING_BUDGET_MS; entry = this.#passing.oldest) {
      this.#passing.remove(entry)
      if (entry.scope.clientGone()) this.#abandon(entry)
      else if (entry.state === 'spared') this.#start(entry, now)
      else entry.dispatch()
      now = clock.now()
    }
  }

  // Those that have waited longer than their class may wait.
  #giveUpLate (now: number): void {
    if (this.#queue.size === 0) return
    for (const rank of RANKS) {
      let entry = this.#queue.oldest(rank)
      if (entry === undefined) continue
      const maxWaitMs = this.#strategy.maxWaitMs(rank)
      while (entry !== undefined && now - entry.arrivedAt > maxWaitMs) {
        this.#queue.remove(entry)
        if (entry.scope.clientGone()) this.#abandon(entry)
        else this.#turnAway(entry, this.#ports.refusal('waited-too-long'))
        entry = this.#queue.oldest(rank)
      }
    }
  }

  #leastStartable (): PriorityRank {
    const { limit, reserve } = this.#strategy
    const { inFlight } = this.#permits
    if (inFlight < limit) return BATCH
    return inFlight < limit + reserve ? CRITICAL : SYSTEM
  }

  // Where nothing waits, here or behind this arrival, a queue and a turn would only cost a healthy service.
  #mayStartAtOnce (rank: PriorityRank, now: number): boolean {
    if (rank > this.#leastStartable()) return false
    if (!this.#settings.ingredients.defer) return true
    return !this.#turnAsked && this.#queue.size === 0 && this.#loop.beginAtOnce(now, this.#ports.idleMs())
  }

  #startAtOnce (entry: GateEntry, now: number): void {
    this.#start(entry, now)
    const over = this.#ports.clock.now()
    this.#loop.end(over, over - now)
  }

  // Refused: by a check, by the strategy or by the queue.
  #turnAway (entry: GateEntry, refusal: Refusal): void {
    const { scope, rank } = entry
    const { clock } = this.#ports
    const now = clock.now()
    const spared = this.#settings.dryRun && refusal.by === 'load-shedder'
    this.stats.countRefusal(spared ? this.stats.spared : this.stats.refused, rank, refusal.reason, now)
    this.#ports.refused(scope, refusal, now - entry.arrivedAt)
    if (spared) {
      entry.state = 'spared'
    } else if (this.#degradedNow < MAX_DEGRADED && this.#ports.passOn(scope, refusal)) {
      entry.state = 'degraded'
      this.#degradedNow++
      this.stats.degraded++
    } else return this.#answer(entry, refusal)
    this.#passing.push(entry)
    this.#askForTurn()
  }

  #answer (entry: GateEntry, refusal: Refusal): void {
    entry.state = 'over'
    this.#ports.refuse(entry.scope, refusal, entry.bodyWithheld)
  }

  // Its client has gone before it was started; nobody else will say that its work is over.
  #abandon (entry: GateEntry): void {
    if (entry.listed) (entry.state === 'waiting' ? this.#queue : this.#passing).remove(entry)
    if (entry.state === 'degraded') this.#degradedNow--
    entry.state = 'over'
    this.stats.abandoned[entry.rank]! += 1
    entry.scope.endWork()
  }

  readonly #listener: ScopeListener<GateEntry> = {
    settled: (scope, reason, entry) => {
      if (entry.state === 'running') this.#settled(scope, reason, entry)
      else if (entry.listed || entry.state === 'waiting') this.#abandon(entry)
    },
    workDone: (_scope, entry) => {
      if (entry.state === 'running') this.#finish(entry)
      else if (entry.state === 'degraded') {
        entry.state = 'over'
        this.#degradedNow--
      }
    }
  }

  #settled (scope: RequestScope, reason: SettleReason, entry: GateEntry): void {
    entry.outcome = outcomeOf(reason, scope.res.statusCode)
    if (reason !== 'stream' && reason !== 'upgraded') return
    const { res } = scope
    if (this.#permits.streams < this.#settings.maxStreams) {
      this.#finish(entry)
      this.#permits.openStream()
      entry.state = 'streaming'
      res.once('close', () => this.#permits.closeStream())
    } else {
      // One stream too many keeps its permit until it ends: what the streams take is taken from the rest.
      entry.state = 'streaming'
      res.once('close', () => this.#finish(entry))
    }
  }

  #finish (entry: GateEntry): void {
    entry.state = 'over'
    this.#permits.giveBack(entry)
    const now = this.#ports.clock.now()
    this.stats.countFinish(entry.rank, now, entry.outcome !== 'refused')
    this.#strategy.finished(entry, now - entry.startedAt, entry.outcome, this.#refresh(now))
    if (this.#queue.size > 0) this.#askForTurn()
  }

  #refresh (now: number): GateState {
    const state = this.#state
    const oldest = this.#queue.size === 0 ? undefined : this.#queue.oldestOfAll()
    state.now = now
    state.queued = this.#queue.size
    state.inFlight = this.#permits.inFlight
    state.stalled = this.#permits.stalled
    state.oldestWaitMs = oldest === undefined ? 0 : now - oldest.arrivedAt
    return state
  }

  readonly #tick = (): void => {
    const now = this.#ports.clock.now()
    this.#tickTimerMs = 0
    this.#tickTimer = undefined
    this.#permits.countStalled(now - this.#strategy.stalledAfterMs)
    this.#state.busyMs = now - this.#ports.idleMs()
    this.#strategy.tick(this.#refresh(now))
    this.#armTick()
    if (this.#queue.size > 0) this.#askForTurn()
  }

  #armTick (): void {
    const ms = this.mode === 'on' ? this.#strategy.tickMs : 0
    if (ms === this.#tickTimerMs) return
    this.#tickTimer?.cancel()
    this.#tickTimerMs = ms
    this.#tickTimer = ms === 0 ? undefined : this.#ports.clock.after(ms, this.#tick)
  }

  readonly #expire = (): void => {
    this.#expiryArmed = false
    this.#askForTurn()
  }

  #armExpiry (): void {
    if (this.#expiryArmed) return
    this.#expiryArmed = true
    if (this.#expiryTimer === undefined) this.#expiryTimer = this.#ports.clock.after(EXPIRY_MS, this.#expire)
    else this.#expiryTimer.refresh()
  }

  #askForTurn (): void {
    if (this.#turnAsked) return
    this.#turnAsked = true
    this.#ports.nextTurn(this.#turn)
  }
}

function outcomeOf (reason: SettleReason, status: number): Outcome {
  if (reason === 'completed') return status >= 500 ? 'error' : 'ok'
  if (reason === 'client-abort') return 'aborted'
  if (reason === 'timeout' || reason === 'refused') return reason
  return reason === 'reset' ? 'error' : 'ok'
}
