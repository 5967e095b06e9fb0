import { boundedText } from '@plimsoll/core'
import type { RawRequest } from '@plimsoll/core'

/** The trace that a request belongs to, where its `traceparent` header doesn't say so. */
export type TraceId = (req: RawRequest) => string | undefined

const MAX_LENGTH = 100
// https://www.w3.org/TR/trace-context/#traceparent-header
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/

/** By the application's own function, else of the caller's `traceparent`; empty where there is none. */
export function traceIdOf (req: RawRequest, own: TraceId | undefined): string {
  return boundedText(ownId(req, own) ?? TRACEPARENT.exec(headerOf(req, 'traceparent'))?.[1] ?? '', MAX_LENGTH)
}

/** The caller's `x-request-id`; empty where there is none. */
export function requestIdOf (req: RawRequest): string {
  return boundedText(headerOf(req, 'x-request-id'), MAX_LENGTH)
}

function ownId (req: RawRequest, own: TraceId | undefined): string | undefined {
  try {
    const id = own?.(req)
    return typeof id === 'string' ? id : undefined
  } catch {
    // A sample without a trace is better than none.
    return undefined
  }
}

function headerOf ({ headers }: RawRequest, name: string): string {
  const value = headers[name]
  return typeof value === 'string' ? value : ''
}
