import type { RawRequest, RawResponse } from '@plimsoll/core'

/** Bytes of a request's body by its content-length; 0 where it says none. */
export function requestLength ({ headers }: RawRequest): number {
  const declared = headers['content-length']
  return declared === undefined ? 0 : finite(Number(declared))
}

/** What Node keeps of a head that was written in one go, as Fastify does; there is no public way to ask for it. */
interface WrittenHead { readonly req: unknown, readonly _contentLength?: unknown }

/** Bytes of a response's body by its content-length; 0 for one that was sent in chunks. */
export function responseLength (res: RawResponse): number {
  const written: WrittenHead = res
  const { _contentLength: length } = written
  return typeof length === 'number' ? finite(length) : finite(Number(res.getHeader('content-length') ?? 0))
}

function finite (length: number): number { return length >= 0 && length < Infinity ? length : 0 }
