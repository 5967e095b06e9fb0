import type { PriorityRank } from '../priority.ts'
import { PRIORITY_RANK } from '../priority.ts'
import type { RawRequest, RawResponse } from '../raw.ts'
import type { Refusal } from '../refusal.ts'
import type { RequestScope, ScopeListener, SettleReason } from '../request-scope.ts'
import type { HeadObserver, HeadWriter } from './response-head.ts'
import type { RouteRecord } from '../routes.ts'
import { hasFollower } from './pipeline.ts'
import { answerReady, clientGone, endOf, isHttp2 } from './settlement.ts'
import { silence } from './work-end.ts'
import type { WorkLease } from './work-leases.ts'

/** What the scopes of a core have in common. */
export interface ScopeOwner {
  /** Somebody wants to know of the scope's end: from now on it is listened for. Called once a scope. */
  listen (scope: ScopeRecord): void
  settled (scope: ScopeRecord, reason: SettleReason): void
  /** The response or its connection has closed. */
  closed (scope: ScopeRecord): void
  /** Whether connections are to end with their last answer. */
  draining: boolean
  streamOpened (scope: ScopeRecord): void
  streamClosed (scope: ScopeRecord): void
  lease (scope: ScopeRecord): WorkLease
  endLease (lease: WorkLease): void
  listenerFailed (error: unknown): void
}

// Bits instead of fields: with 10,000 requests in flight every field is 80 kB.
const STREAM = 1
const STREAM_OPEN = 2
const OUTLIVES = 4
const WORK_OVER = 8
const WORK_DONE = 16
const ABORTED = 32
const EVENTS = 64
const ROUTED = 128
const LISTENING = 256

/** The one class of scopes, of fixed shape. What is not in {@link RequestScope} is core's own. */
export class ScopeRecord implements RequestScope, HeadObserver {
  readonly req: RawRequest
  readonly res: RawResponse
  readonly startedAt: number
  writeHead: HeadWriter['writeHead']
  route: RouteRecord | undefined
  priority: PriorityRank
  refusal: Refusal | undefined
  #settled: SettleReason | undefined
  readonly #owner: ScopeOwner
  #flags: number
  #lease: WorkLease | undefined
  #abort: AbortController | undefined
  // The first listener is kept here; there is seldom a second one.
  #listener: ScopeListener<unknown> | undefined
  #value: unknown
  #more: Watch[] | undefined

  constructor (owner: ScopeOwner, req: RawRequest, res: RawResponse, startedAt: number) {
    this.req = req
    this.res = res
    this.startedAt = startedAt
    const writer: HeadWriter = res
    this.writeHead = writer.writeHead
    this.route = undefined
    this.priority = PRIORITY_RANK.normal
    this.refusal = undefined
    this.#settled = undefined
    this.#owner = owner
    this.#flags = 0
    this.#lease = undefined
    this.#abort = undefined
    this.#listener = undefined
    this.#value = undefined
    this.#more = undefined
  }

  get settled (): SettleReason | undefined {
    this.listen()
    return this.#settled
  }

  get workDone (): boolean {
    this.listen()
    return this.#is(WORK_DONE)
  }

  get routed (): boolean { return this.#is(ROUTED) }

  get signal (): AbortSignal {
    this.listen()
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (this.#is(ABORTED)) this.#abort.abort()
    }
    return this.#abort.signal
  }

  clientGone (): boolean {
    if (this.settled === undefined || this.#is(STREAM_OPEN)) return clientGone(this.res)
    return true
  }

  /** To be called first by whatever depends on the request's end. */
  listen (): void {
    if (this.#is(LISTENING)) return
    this.#flags |= LISTENING
    this.#owner.listen(this)
  }

  watch<T> (listener: ScopeListener<T>, value: T): void {
    this.listen()
    if (this.#settled !== undefined) this.#tellSettled(listener, value, this.#settled)
    if (this.#is(WORK_DONE)) this.#tellWorkDone(listener, value)
    else if (this.#listener === undefined) {
      this.#listener = listener
      this.#value = value
    } else (this.#more ??= []).push({ listener, value })
  }

  declareStream (): void {
    this.listen()
    this.#flags |= STREAM
    if (this.res.headersSent && this.refusal === undefined) this.headWritten(false)
  }

  outliveAnswer (): void { this.#flags |= OUTLIVES }

  routeTo (route: RouteRecord | undefined): void {
    this.#flags |= ROUTED
    this.route = route
  }

  endWork (): void {
    this.#flags |= WORK_OVER
    // Without a lease it isn't settled, or its listeners are just being told so: the work is finished after that.
    if (this.#lease !== undefined) this.#finishWork()
  }

  get lastOfConnection (): boolean {
    return this.#owner.draining && !isHttp2(this.res) && !hasFollower(this.res, this)
  }

  headWritten (eventStream: boolean): void {
    if (eventStream) this.#flags |= EVENTS
    if (eventStream || this.#is(STREAM) || this.route?.config['stream'] === true) this.openStream('stream')
  }

  /** Settles now what will go on for as long as its connection. */
  openStream (reason: 'stream' | 'upgraded'): void {
    if (this.#settled !== undefined) return
    this.#flags |= STREAM_OPEN | WORK_OVER
    this.#owner.streamOpened(this)
    this.#settle(reason)
  }

  /** Ends a stream that has no end of its own. What its handler writes from now on goes nowhere. */
  endEventStream (): void {
    if (!this.#is(EVENTS)) return
    this.#abortWork()
    this.res.end()
    silence(this.res)
  }

  /** The response or its connection has closed. May be told more than once. */
  connectionClosed (): void {
    this.#owner.closed(this)
    if (this.#is(STREAM_OPEN)) {
      this.#flags &= ~STREAM_OPEN
      this.#owner.streamClosed(this)
      if (endOf(this.res) !== 'completed') this.#abortWork()
    } else if (this.#settled === undefined) {
      const end = endOf(this.res)
      if (end !== 'completed') this.#settle(end)
      else this.#settle(this.refusal === undefined ? 'completed' : 'refused')
      // Last, so that work which stops at once finds its lease.
      if (end !== 'completed') this.#abortWork()
    }
  }

  #settle (reason: SettleReason): void {
    this.#settled = reason
    if (answerReady(this.res) && !this.#is(OUTLIVES)) this.#flags |= WORK_OVER
    this.#owner.settled(this, reason)
    // Copied first: a listener that comes while others are told is told at once.
    const more = this.#more?.slice()
    if (this.#listener !== undefined) this.#tellSettled(this.#listener, this.#value, reason)
    more?.forEach(({ listener, value }) => this.#tellSettled(listener, value, reason))
    if (this.#is(WORK_OVER)) this.#finishWork()
    else this.#lease = this.#owner.lease(this)
  }

  /** The lease has run out. */
  leaseExpired (): void {
    this.#lease = undefined
    this.#finishWork()
  }

  #finishWork (): void {
    if (this.#lease !== undefined) {
      this.#owner.endLease(this.#lease)
      this.#lease = undefined
    }
    this.#flags |= WORK_DONE
    if (this.#listener !== undefined) this.#tellWorkDone(this.#listener, this.#value)
    this.#more?.forEach(({ listener, value }) => this.#tellWorkDone(listener, value))
    this.#listener = this.#value = this.#more = undefined
  }

  #abortWork (): void {
    this.#flags |= ABORTED
    this.#abort?.abort()
  }

  #tellSettled<T> (listener: ScopeListener<T>, value: T, reason: SettleReason): void {
    try {
      listener.settled?.(this, reason, value)
    } catch (error) {
      this.#owner.listenerFailed(error)
    }
  }

  #tellWorkDone<T> (listener: ScopeListener<T>, value: T): void {
    try {
      listener.workDone?.(this, value)
    } catch (error) {
      this.#owner.listenerFailed(error)
    }
  }

  #is (flag: number): boolean { return (this.#flags & flag) !== 0 }
}

interface Watch {
  readonly listener: ScopeListener<unknown>
  readonly value: unknown
}
