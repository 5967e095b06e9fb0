import type { PriorityRank } from '@plimsoll/core'
import { ClassQueue } from '../../src/class-queue.ts'
import { LoopTurn } from '../../src/loop-turn.ts'
import { Permits } from '../../src/permits.ts'
import type { Arrival, GateState, Outcome, RefusalReason, Strategy } from '../../src/strategy.ts'
import type { NodeProcess } from './node-process.ts'

export interface RequestPorts {
  /** Has the client given up? */
  gone (): boolean
  start (over: (outcome: Outcome) => void): void
  refuse (reason: RefusalReason): void
}

/** A request at the model of the gate. */
export class SimulatedEntry implements Arrival {
  readonly rank: PriorityRank
  readonly cohort: number
  readonly routeId: number
  readonly arrivedAt: number
  readonly ports: RequestPorts
  startedAt = 0
  stalled = false
  older: SimulatedEntry | undefined
  newer: SimulatedEntry | undefined
  listed = false

  constructor (arrival: Arrival, ports: RequestPorts) {
    this.rank = arrival.rank
    this.cohort = arrival.cohort
    this.routeId = arrival.routeId
    this.arrivedAt = arrival.arrivedAt
    this.ports = ports
  }
}

type MutableState = { -readonly [K in keyof GateState]: GateState[K] }

const RANKS: readonly PriorityRank[] = [0, 1, 2, 3, 4, 5]
const EXPIRY_MS = 5
const MAX_QUEUE = 1000

/**
 * The gate without HTTP and in virtual time: its own queue, permits and turns, and the same order of events. What the gate
 * starts at once, since the loop has waited for it, is started here in the next turn, which takes no time then.
 */
export class GateModel {
  readonly state: MutableState
  /** Refusals of system or critical requests while a less important one waited for longer than its small share explains. */
  inversions = 0
  readonly #node: NodeProcess
  readonly #strategy: Strategy
  readonly #queue = new ClassQueue<SimulatedEntry>()
  readonly #permits = new Permits<SimulatedEntry>()
  readonly #loop = new LoopTurn()
  #turnAsked = false
  #ticking = false
  #expiring = false

  constructor (node: NodeProcess, strategy: Strategy) {
    this.#node = node
    this.#strategy = strategy
    this.state = { now: 0, queued: 0, queuedByRank: this.#queue.sizes, inFlight: 0, stalled: 0, oldestWaitMs: 0, busyMs: 0 }
  }

  arrive (entry: SimulatedEntry): void {
    this.#loop.arrived(this.#node.now)
    const reason = this.#strategy.arrive(entry, this.#refresh())
    this.#tickSoon()
    if (reason !== undefined) return this.#refuse(entry, reason)
    if (this.#queue.size >= Math.min(this.#strategy.maxQueued, MAX_QUEUE) && !this.#makeRoom(entry.rank)) {
      return this.#refuse(entry, 'queue-full')
    }
    this.#queue.push(entry)
    this.#askForTurn()
  }

  connected (): void { this.#loop.arrived(this.#node.now) }

  #refuse (entry: SimulatedEntry, reason: RefusalReason): void {
    if (entry.rank < 3 && (this.#queue.sizes[3] ?? 0) > 0) this.inversions++
    entry.ports.refuse(reason)
  }

  #makeRoom (rank: PriorityRank): boolean {
    const victim = this.#strategy.eviction === 'oldest' ? this.#queue.oldestOfAll() : this.#queue.lessImportantThan(rank)
    if (victim === undefined) return false
    this.#queue.remove(victim)
    this.#refuse(victim, 'displaced')
    return true
  }

  #askForTurn (): void {
    if (this.#turnAsked) return
    this.#turnAsked = true
    this.#node.setImmediate(() => {
      this.#turnAsked = false
      this.#turn()
    })
  }

  #turn (): void {
    const node = this.#node
    const begun = node.now
    if (this.#loop.begin(begun, node.idleMs)) return this.#askForTurn()
    this.#giveUpLate()
    const startsBegun = node.now
    const budget = this.#loop.startBudget()
    let first = this.#permits.inFlight === 0
    while (first || node.now - startsBegun < budget) {
      const entry = this.#take()
      if (entry === undefined) break
      if (entry.ports.gone()) continue
      this.#start(entry)
      first = false
    }
    this.#loop.end(node.now, node.now - startsBegun)
    if (this.#queue.size === 0) return
    if (this.#mayStart()) this.#askForTurn()
    else this.#expireSoon()
  }

  #take (): SimulatedEntry | undefined {
    const sizes = this.#queue.sizes
    // System and critical are served in the order of arrival, whatever the order of the others.
    const newestFirst = this.#strategy.order === 'lifo' && (sizes[0] ?? 0) + (sizes[1] ?? 0) === 0
    return this.#queue.take(newestFirst, this.#leastStartable())
  }

  #leastStartable (): PriorityRank {
    const { limit, reserve } = this.#strategy
    if (this.#permits.inFlight < limit) return 5
    return this.#permits.inFlight < limit + reserve ? 1 : 0
  }

  #mayStart (): boolean {
    const first = RANKS.find(rank => this.#queue.oldest(rank) !== undefined)
    return first !== undefined && first <= this.#leastStartable()
  }

  #giveUpLate (): void {
    for (const rank of RANKS) {
      const maxWaitMs = this.#strategy.maxWaitMs(rank)
      for (let entry = this.#queue.oldest(rank); entry !== undefined; entry = this.#queue.oldest(rank)) {
        if (this.#node.now - entry.arrivedAt <= maxWaitMs) break
        this.#queue.remove(entry)
        if (!entry.ports.gone()) this.#refuse(entry, 'waited-too-long')
      }
    }
  }

  #start (entry: SimulatedEntry): void {
    entry.startedAt = this.#node.now
    this.#permits.take(entry)
    this.#strategy.started(entry, entry.startedAt - entry.arrivedAt, this.#refresh())
    entry.ports.start(outcome => {
      this.#permits.giveBack(entry)
      this.#strategy.finished(entry, this.#node.now - entry.startedAt, outcome, this.#refresh())
      if (this.#queue.size > 0) this.#askForTurn()
    })
  }

  #refresh (): GateState {
    const { state } = this
    const oldest = this.#queue.oldestOfAll()
    state.now = this.#node.now
    state.queued = this.#queue.size
    state.inFlight = this.#permits.inFlight
    state.stalled = this.#permits.stalled
    state.oldestWaitMs = oldest === undefined ? 0 : state.now - oldest.arrivedAt
    return state
  }

  #tickSoon (): void {
    const every = this.#strategy.tickMs
    if (this.#ticking || every === 0) return
    this.#ticking = true
    this.#node.at(this.#node.now + every, () => {
      this.#ticking = false
      this.#permits.countStalled(this.#node.now - this.#strategy.stalledAfterMs)
      this.state.busyMs = this.#node.busyMs
      this.#strategy.tick(this.#refresh())
      this.#tickSoon()
      if (this.#queue.size > 0) this.#askForTurn()
    })
  }

  #expireSoon (): void {
    if (this.#expiring) return
    this.#expiring = true
    this.#node.at(this.#node.now + EXPIRY_MS, () => {
      this.#expiring = false
      this.#askForTurn()
    })
  }
}
