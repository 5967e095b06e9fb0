import type { Json, RawRequest } from '@plimsoll/core'

/** How a client stands with the limit that leaves it least. */
export interface Standing {
  /** Name of the limit. */
  readonly name: string
  /** Requests (units of cost) in a window. */
  readonly limit: number
  /** Requests of cost 1 that would be let through now. With a limit for the whole cluster: that this instance can be sure of. */
  readonly remaining: number
  /** Until everything has come back, in milliseconds; 0 where only the cluster knows. */
  readonly resetMs: number
  /** 0 where the request was let through. */
  readonly retryAfterMs: number
}

export type RefusalReason =
  /** Over a limit. */
  | 'exceeded'
  | 'banned'
  /** On the list `deny`. */
  | 'denied'

/** What listeners are told of a request. */
export interface LimitedRequest extends Standing {
  readonly req: RawRequest
  /** Of the client, as the limit tells clients apart. */
  readonly key: string
}

/** What `response` makes an answer of. */
export interface RefusedRequest extends LimitedRequest {
  readonly reason: RefusalReason
  readonly statusCode: number
  /** Seconds, as in the header. */
  readonly retryAfter: number
}

/** Told of a request in the turn in which it was decided. What it throws is journalled, once. */
export type LimitListener = (request: LimitedRequest) => void

/** The body of a refusal: JSON, a text, or a body of any type. What it throws is journalled, once, and the usual answer is given. */
export type ResponseBuilder = (refused: RefusedRequest) => Json | { readonly contentType: string, readonly body: string }
