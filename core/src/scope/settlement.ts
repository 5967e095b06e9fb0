import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { timedOut, watchTimeout } from './connection-timeout.ts'
import type { TimedConnection } from './connection-timeout.ts'
import type { RawResponse } from '../raw.ts'
import type { SettleReason } from '../request-scope.ts'

/** How a response ended that is known to be over. What each kind of server really shows was run on Node 22 and 24. */
export type EndReason = Extract<SettleReason, 'completed' | 'client-abort' | 'reset' | 'timeout'>

const TIMEOUT_CODES: ReadonlySet<string> = new Set(['ERR_HTTP_REQUEST_TIMEOUT', 'FST_ERR_HANDLER_TIMEOUT'])
const GONE_CODES: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ETIMEDOUT'])
const RST_NO_ERROR = 0
const RST_CANCEL = 8

export function isHttp2 (res: RawResponse): res is Http2ServerResponse {
  return 'stream' in res
}

/** light-my-request's imitation of HTTP/1.1. */
function isInjected (res: ServerResponse): boolean {
  return 'isLightMyRequest' in res
}

/** The socket of an HTTP/1.1 exchange: a waiting pipelined response has none yet, a request made by hand none itself. */
export function connectionOf (res: ServerResponse): Socket | null {
  return res.req.socket ?? res.socket
}

export function clientGone (res: RawResponse): boolean {
  return isHttp2(res) ? res.stream.destroyed : connectionOf(res)?.destroyed === true
}

/** Whether the response was over before anybody listened. */
export function alreadyOver (res: RawResponse): boolean {
  if (isHttp2(res)) return res.stream.destroyed
  if (isInjected(res)) return res.destroyed
  // On Node 22 a pipelined response whose turn never came isn't told that its socket is gone.
  return res.closed || (res.socket === null && connectionOf(res)?.closed === true)
}

/**
 * Whether nothing is left to do for the handler. Fastify writes a long answer over HTTP/2 in pieces and never ends it
 * after an abort; its declared length tells that it was ready.
 */
export function answerReady (res: RawResponse): boolean {
  return res.writableEnded || (isHttp2(res) && res.headersSent && res.getHeader('content-length') !== undefined)
}

export function endOf (res: RawResponse): EndReason {
  if (isHttp2(res)) return endOfHttp2(res)
  return isInjected(res) ? endOfInjected(res) : endOfHttp1(res)
}

function endOfHttp1 (res: ServerResponse): EndReason {
  const socket = connectionOf(res)
  const error = socket?.errored ?? null
  // Node 22 says `writableFinished` of a response whose unsent rest went down with its socket; the error tells.
  if (res.writableFinished && error === null) return 'completed'
  const code = codeOf(error)
  if (timedOut(socket) || TIMEOUT_CODES.has(code)) return 'timeout'
  return socket?.readableEnded === true || GONE_CODES.has(code) ? 'client-abort' : 'reset'
}

const SESSION: unique symbol = Symbol('plimsoll.session')

/** A stream forgets its session when it is destroyed, before its 'close'. */
type StreamOfSession = ServerHttp2Stream & { [SESSION]?: TimedConnection | undefined }

/** Prepares {@link endOf} to tell a timeout from a reset. */
export function watchTimeoutOf (res: RawResponse): void {
  if (!isHttp2(res)) {
    watchTimeout(connectionOf(res))
    return
  }
  const stream: StreamOfSession = res.stream
  stream[SESSION] = stream.session
  watchTimeout(stream.session)
}

function endOfHttp2 (res: Http2ServerResponse): EndReason {
  const stream: StreamOfSession = res.stream
  if (res.writableEnded && stream.writableFinished && stream.rstCode === RST_NO_ERROR) return 'completed'
  const code = codeOf(stream.errored)
  if (timedOut(stream[SESSION]) || TIMEOUT_CODES.has(code)) return 'timeout'
  return stream.rstCode === RST_CANCEL || GONE_CODES.has(code) ? 'client-abort' : 'reset'
}

function endOfInjected (res: ServerResponse): EndReason {
  // First: Fastify answers the error of a body that breaks off, into the destroyed response.
  if (res.req.destroyed) return 'client-abort'
  return res.writableEnded ? 'completed' : 'reset'
}

function codeOf (error: (Error & { readonly code?: unknown }) | null): string {
  return typeof error?.code === 'string' ? error.code : ''
}
