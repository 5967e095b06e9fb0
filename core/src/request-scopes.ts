import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import type { Clock } from './clock.ts'
import type { JournalEvent } from './journal.ts'
import { awaitClose, forget } from './scope/pipeline.ts'
import type { RawRequest, RawResponse } from './raw.ts'
import type { RequestScope, SettleReason } from './request-scope.ts'
import { observedWriteHead } from './scope/response-head.ts'
import type { HeadWriter } from './scope/response-head.ts'
import { SCOPE } from './scope/scope-carrier.ts'
import type { ScopeCarrier, ScopeHolder } from './scope/scope-carrier.ts'
import { ScopeRecord } from './scope/scope-record.ts'
import type { ScopeOwner } from './scope/scope-record.ts'
import { alreadyOver, connectionOf, isHttp2, watchTimeoutOf } from './scope/settlement.ts'
import { watchUpgrade } from './scope/upgrade.ts'
import { trapEndOfWork } from './scope/work-end.ts'
import { WorkLeases } from './scope/work-leases.ts'

/** What the scopes need of their core. */
export interface RequestScopesPorts {
  readonly clock: Clock
  readonly journal?: { record (event: JournalEvent): void } | undefined
  /** Milliseconds that the work of an ended request counts as going on. @default 30_000 */
  readonly leaseMs?: number | undefined
  /** Leases at a time; one more ends the oldest. @default 10_000 */
  readonly maxLeases?: number | undefined
}

/** Told of the end of every request that has a scope, once, ahead of its listeners. */
export type ScopeObserver = (scope: RequestScope, reason: SettleReason) => void

const MAX_OBSERVERS = 20

/**
 * Makes the scope of a request when it is first asked for, and settles it exactly once. Built on the responses' and
 * connections' own events: Fastify's hooks don't cover every end.
 */
export class RequestScopes {
  #inFlight = 0
  readonly #streams: Set<ScopeRecord> = new Set()
  #observers: readonly ScopeObserver[] = []
  readonly #settled: Record<SettleReason, number> = {
    completed: 0, 'client-abort': 0, reset: 0, timeout: 0, refused: 0, upgraded: 0, stream: 0
  }

  readonly #clock: Clock
  readonly #leases: WorkLeases
  readonly #owner: ScopeOwner

  /** @throws RangeError when `maxLeases` is less than 1. */
  constructor ({ clock, journal, leaseMs = 30_000, maxLeases = 10_000 }: RequestScopesPorts) {
    const leases = new WorkLeases(clock, leaseMs, maxLeases)
    this.#clock = clock
    this.#leases = leases
    this.#owner = {
      listen: (scope) => this.#listen(scope),
      settled: (scope, reason) => {
        this.#inFlight--
        this.#settled[reason]++
        if (this.#observers.length > 0) this.#tellObservers(scope, reason)
      },
      closed: (scope) => { if (!isHttp2(scope.res)) forget(scope.res, scope) },
      draining: false,
      streamOpened: (scope) => { this.#streams.add(scope) },
      streamClosed: (scope) => { this.#streams.delete(scope) },
      lease: (scope) => {
        trapEndOfWork(scope)
        return leases.start(scope)
      },
      endLease: (lease) => leases.end(lease),
      listenerFailed: (error) => journal?.record({
        component: 'core',
        event: 'scope-listener-failed',
        message: `a listener of the request scope threw: ${String(error)}`,
        severity: 'error'
      })
    }
  }

  /** Requests that are not settled. */
  get inFlight (): number { return this.#inFlight }

  /** Requests that are settled and whose work may go on. At most `maxLeases`. */
  get leased (): number { return this.#leases.size }

  /** Requests settled as `stream` or `upgraded` whose connection is open: outside of every limit on requests in flight. */
  get openStreams (): number { return this.#streams.size }

  /** Requests ever settled, by reason. */
  get settled (): Readonly<Record<SettleReason, number>> { return this.#settled }

  /** The request's scope, made if need be; settled already if the response is over. */
  of (req: RawRequest, res: RawResponse): RequestScope {
    const carrier: ScopeCarrier<ScopeRecord> = req
    const scope = carrier[SCOPE] ?? this.#make(req, res)
    scope.listen()
    return scope
  }

  /**
   * The request's scope, made if need be, for whoever may not care how the request ends: unless somebody observes all of
   * them, its end is listened for, and it is counted, from the first use of what depends on it (`watch`, `settled`, …).
   */
  lazily (req: RawRequest, res: RawResponse): RequestScope {
    if (this.#observers.length > 0) return this.of(req, res)
    const carrier: ScopeCarrier<ScopeRecord> = req
    return carrier[SCOPE] ?? this.#make(req, res)
  }

  /** The request's scope, if somebody has asked for it. */
  peek (req: RawRequest): RequestScope | undefined {
    const carrier: ScopeCarrier<RequestScope> = req
    return carrier[SCOPE]
  }

  /**
   * Tells `observer` how each request ended, also one that was refused before Fastify saw it; returns the way out. For
   * figures of all traffic: it costs no listener a request.
   * @throws RangeError above 20 observers
   */
  observe (observer: ScopeObserver): () => void {
    if (this.#observers.length >= MAX_OBSERVERS) throw new RangeError(`at most ${MAX_OBSERVERS} observers of requests; is one added again and again?`)
    this.#observers = [...this.#observers, observer]
    return () => { this.#observers = this.#observers.filter((other) => other !== observer) }
  }

  /** From now on the last answer of each HTTP/1.1 connection says `Connection: close`. */
  drain (): void { this.#owner.draining = true }

  /** Ends the streams that have no end of their own, cleanly: an EventSource connects anew, elsewhere. */
  endEventStreams (): void {
    for (const scope of this.#streams) scope.endEventStream()
  }

  /** Destroys the connections of all streams and upgraded requests. */
  destroyStreams (): void {
    for (const { res } of this.#streams) {
      if (isHttp2(res)) res.stream.destroy()
      else connectionOf(res)?.destroy()
    }
  }

  /** Ends every lease. */
  close (): void { this.#leases.close() }

  #tellObservers (scope: ScopeRecord, reason: SettleReason): void {
    for (const observer of this.#observers) {
      try {
        observer(scope, reason)
      } catch (error) {
        this.#owner.listenerFailed(error)
      }
    }
  }

  #make (req: RawRequest, res: RawResponse): ScopeRecord {
    const scope = new ScopeRecord(this.#owner, req, res, this.#clock.now())
    const carrier: ScopeCarrier<ScopeRecord> = req
    carrier[SCOPE] = scope
    return scope
  }

  #listen (scope: ScopeRecord): void {
    const { res } = scope
    this.#inFlight++
    if (alreadyOver(res)) return scope.connectionClosed()
    const writer: HeadWriter = res
    scope.writeHead = writer.writeHead
    writer.writeHead = observedWriteHead
    watchTimeoutOf(res)
    if (isHttp2(res)) listenToStream(res, scope)
    else listenToResponse(res, scope)
  }
}

/** To the stream and not to the response, which isn't told of the abort of an unanswered HEAD request. */
function listenToStream (res: Http2ServerResponse, scope: ScopeRecord): void {
  const carrier: ScopeCarrier<RequestScope> = res.stream
  carrier[SCOPE] = scope
  res.stream.on('close', onStreamClose)
}

function onStreamClose (this: ScopeHolder<ScopeRecord>): void {
  this[SCOPE].connectionClosed()
}

function listenToResponse (res: ServerResponse, scope: ScopeRecord): void {
  res.on('close', onResponseClose)
  const socket = connectionOf(res)
  if (socket === null) return
  if (isUpgrade(res.req)) watchUpgrade(socket, scope)
  else if (res.socket === null) awaitClose(socket, scope)
}

function onResponseClose (this: { readonly req: ScopeHolder<ScopeRecord> }): void {
  this.req[SCOPE].connectionClosed()
}

/** Node says so, unless the request was made by hand, as by @fastify/websocket's `injectWS`. */
function isUpgrade (req: { readonly upgrade?: boolean, readonly headers: { readonly upgrade?: string | undefined } }): boolean {
  return req.upgrade ?? req.headers.upgrade !== undefined
}
