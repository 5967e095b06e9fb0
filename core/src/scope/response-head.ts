import type { RequestScope } from '../request-scope.ts'
import { SCOPE } from './scope-carrier.ts'
import type { ScopeHolder } from './scope-carrier.ts'

/** A response, as far as its head goes. */
export interface HeadWriter {
  writeHead (status: number, reason?: unknown, headers?: unknown): unknown
  getHeader (name: string): unknown
  setHeader (name: string, value: string): unknown
}

/** Told of the head of its response. */
export interface HeadObserver extends RequestScope {
  /** The response's own `writeHead`. */
  readonly writeHead: HeadWriter['writeHead']
  /** Whether the connection is to end with this answer. */
  readonly lastOfConnection: boolean
  headWritten (eventStream: boolean): void
}

/**
 * Put on a response as its `writeHead`, it tells the request's scope of the head. Every way of answering goes through
 * there: Fastify's, a hijacker's and the implicit head of `write`, on all kinds of server. Shared: no closure a request.
 */
export function observedWriteHead (this: HeadWriter & { readonly req: ScopeHolder<HeadObserver> }, status: number, reason?: unknown, headers?: unknown): unknown {
  const observer = this.req[SCOPE]
  if (observer.lastOfConnection) this.setHeader('connection', 'close')
  const result = observer.writeHead.call(this, status, reason, headers)
  // A refusal is no stream, and among thousands of refusals a look through their headers counts.
  if (observer.refusal === undefined) observer.headWritten(isEventStream(this, headers ?? reason))
  return result
}

function isEventStream (res: HeadWriter, headers: unknown): boolean {
  const type = givenType(headers) ?? res.getHeader('content-type')
  // The first letter answers for nearly every response.
  return typeof type === 'string' && (type[0] === 't' || type[0] === 'T') && type.toLowerCase().startsWith('text/event-stream')
}

/** The content type among the headers given to `writeHead`: an object, pairs, or names and values in turn. */
function givenType (headers: unknown): unknown {
  if (typeof headers !== 'object' || headers === null) return undefined
  // Fastify's spelling, and so nearly always the only look-up.
  if ('content-type' in headers) return headers['content-type']
  if (Array.isArray(headers)) return typeOfPairs(headers.flat())
  for (const [name, value] of Object.entries(headers)) {
    if (name.toLowerCase() === 'content-type') return value
  }
  return undefined
}

function typeOfPairs (flat: readonly unknown[]): unknown {
  for (let i = 0; i < flat.length; i += 2) {
    if (String(flat[i]).toLowerCase() === 'content-type') return flat[i + 1]
  }
  return undefined
}
