import { STATUS_CODES } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import { systemClock } from './clock.ts'
import type { Clock } from './clock.ts'
import type { Refusal, RefusalBody } from './refusal.ts'
import type { RequestScope } from './request-scope.ts'
import { bodyIsLong, canLinger, drain } from './unwanted-body.ts'

export interface RefuseOptions {
  /** Headers of every answer, such as those of CORS, which an answer before routing skips. */
  readonly headers?: Readonly<Record<string, string>>
  /** Closes the connection after the answer, as while draining. @default false */
  readonly close?: boolean
  /** The client waits for `100 Continue` and was not given it: its body will not come. @default false */
  readonly bodyWithheld?: boolean
  /** @default the system's */
  readonly clock?: Clock
}

const DEFAULTS: RefuseOptions = {}

/** What never changes of a refusal's answer. */
export interface RefusalAnswer {
  /** A string, which Node writes together with the head; it would write a Buffer after it. */
  readonly body: string
  readonly fields: Readonly<Record<string, string>>
  /** The same, names and values in turn: what Node writes fastest. */
  readonly head: readonly string[]
  readonly headers: Readonly<Record<string, string>> | undefined
}

const answers = new WeakMap<Refusal, RefusalAnswer>()

/** The body and headers of `refusal`: its own `answer`, or made at its first use. */
export function answerOf (refusal: Refusal, headers: Readonly<Record<string, string>> | undefined): RefusalAnswer {
  if (refusal.answer !== undefined) return withHead(refusal.answer(), headers)
  const known = answers.get(refusal)
  if (known !== undefined && known.headers === headers) return known
  const { status, by, reason, code = 'PLM_REFUSED' } = refusal
  // The shape of Fastify's own errors.
  const body = JSON.stringify({ statusCode: status, code, error: STATUS_CODES[status], message: `refused by ${by}: ${reason}` })
  const answer = withHead({ body, contentType: 'application/json; charset=utf-8' }, headers)
  answers.set(refusal, answer)
  return answer
}

function withHead ({ body, contentType }: RefusalBody, headers: Readonly<Record<string, string>> | undefined): RefusalAnswer {
  const fields = { ...headers, 'content-type': contentType, 'content-length': String(Buffer.byteLength(body)) }
  return { body, fields, head: Object.entries(fields).flat(), headers }
}

/** Seconds for `Retry-After`; 0 leaves the header out. */
export function retryAfterOf (refusal: Refusal): number {
  const seconds = Math.ceil(refusal.retryAfter())
  return seconds > 0 && Number.isFinite(seconds) ? seconds : 0
}

/**
 * Answers a request that Fastify has not seen, and marks its scope. No Error, no hooks, nothing that is kept.
 *
 * The body that the client still sends is not wanted: up to 64 kB of it are read; for more, the connection is closed
 * after the answer was sent, and an HTTP/2 stream is reset with NO_ERROR.
 */
export function refuse (scope: RequestScope, refusal: Refusal, options: RefuseOptions = DEFAULTS): void {
  const { res } = scope
  scope.refusal = refusal
  if (res.headersSent) return
  if ('stream' in res) refuseStream(res, refusal, options)
  else refuseMessage(res, refusal, options)
}

function refuseMessage (res: ServerResponse, refusal: Refusal, options: RefuseOptions): void {
  const { body, head } = answerOf(refusal, options.headers)
  const isLong = bodyIsLong(res.req)
  const seconds = retryAfterOf(refusal)
  const headers = [...head]
  if (seconds > 0) headers.push('retry-after', String(seconds))
  if (isLong || options.close === true || options.bodyWithheld === true) headers.push('connection', 'close')
  res.writeHead(refusal.status, headers)
  if (isLong && options.bodyWithheld !== true && canLinger(res.req)) {
    // The whole answer, by its content-length; the response's end is what closes the connection.
    res.write(body)
    drain(res.req, options.clock ?? systemClock, () => { res.end() })
  } else {
    res.end(body)
  }
}

function refuseStream (res: Http2ServerResponse, refusal: Refusal, options: RefuseOptions): void {
  const { body, fields } = answerOf(refusal, options.headers)
  const seconds = retryAfterOf(refusal)
  // Node itself resets a stream with NO_ERROR whose answer is out before its body has ended (RFC 9113, 8.1).
  res.writeHead(refusal.status, seconds > 0 ? { ...fields, 'retry-after': String(seconds) } : fields)
  res.end(body)
}
