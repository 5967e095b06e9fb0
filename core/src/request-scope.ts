import type { PriorityRank } from './priority.ts'
import type { RawRequest, RawResponse } from './raw.ts'
import type { Refusal } from './refusal.ts'
import type { RouteRecord } from './routes.ts'

/**
 * How a request ended.
 * - `completed`: the response was handed over whole to the operating system (HTTP/1.1) or to the session (HTTP/2);
 * - `client-abort`: the client's side went away first (FIN, RST or HTTP/2 CANCEL);
 * - `reset`: this side destroyed the connection or the stream, or a protocol error did;
 * - `timeout`: a timeout of this server ended it (connection, request or handler timeout);
 * - `refused`: an admission check or the gate answered it, and the answer was handed over whole;
 * - `upgraded`: the connection left HTTP (WebSocket), settled at the first byte written past the response;
 * - `stream`: a declared stream or `text/event-stream`, settled when its head is written.
 *
 * What can't be told apart: HTTP/2 doesn't say who reset a stream, so CANCEL counts as `client-abort` and NO_ERROR
 * before the end as `reset`, whoever sent it. A socket timeout set inside a handler (`socket.setTimeout()` without a
 * timeout of the server's) counts as `reset`.
 */
export type SettleReason = 'completed' | 'client-abort' | 'reset' | 'timeout' | 'refused' | 'upgraded' | 'stream'

/**
 * Shared by all requests of its owner (never one per request); what belongs to one request is `value`.
 * A listener that throws harms nobody: the error goes to the journal.
 */
export interface ScopeListener<T> {
  /** Exactly once a request. Settled is not "work done": after an abort the handler runs on. */
  settled? (scope: RequestScope, reason: SettleReason, value: T): void
  /**
   * Exactly once, at or after `settled`, also for refused requests: give capacity back here. It comes
   * - at once where the answer was ended, even if the handler goes on after `reply.send()`;
   * - at its head for a stream: what an open stream holds is given back at the 'close' of `scope.res`;
   * - after an abort or a timeout, when the handler is really over, or its lease has run out.
   */
  workDone? (scope: RequestScope, value: T): void
}

/** What is known of one request: lazy, one per request, of fixed shape. */
export interface RequestScope {
  readonly req: RawRequest
  readonly res: RawResponse
  /** Clock milliseconds at which the scope was made (the request's arrival, where there is a gate). */
  readonly startedAt: number
  /** Filled by `Priorities.classify`; `undefined` before that and for unknown paths. */
  route: RouteRecord | undefined
  /** Filled by `Priorities.classify`; rank of `normal` before that. */
  priority: PriorityRank
  /** Set by whoever refuses, before it answers. */
  refusal: Refusal | undefined
  readonly settled: SettleReason | undefined
  /** Whether Fastify has routed it: a gate may hold it or refuse it before that. */
  readonly routed: boolean
  /**
   * At once where the response was ended; otherwise when the handler ends or destroys the dead response, when
   * {@link endWork} is called, or when the lease runs out.
   */
  readonly workDone: boolean
  /**
   * Aborted at `client-abort`, `reset` and `timeout`, and when the connection of a `stream` or an upgraded request
   * closes; made when first asked for. Pass it on so that work can stop.
   */
  readonly signal: AbortSignal
  /** Whether the client can't take an answer any more. Cheap: to be asked before queued work is started. */
  clientGone (): boolean
  /** Tells `listener` of the end of this request; at once if it is already over. */
  watch<T> (listener: ScopeListener<T>, value: T): void
  /**
   * Declares that the response is a long stream: settles as `stream` when its head is written (at once if it has
   * been). `config: { stream: true }` on the route does the same.
   */
  declareStream (): void
  /** Says which route Fastify has chosen, from a hook; {@link route} is this one from now on. */
  routeTo (route: RouteRecord | undefined): void
  /** Declares that no handler runs (any more): for a gate that drops queued work of a client that has gone. */
  endWork (): void
  /**
   * Declares that the handler outlives its answer: the work is leased after it. Core does it where Fastify's
   * `handlerTimeout` answers; a handler that says {@link endWork} at its end gives the lease back early.
   */
  outliveAnswer (): void
}
