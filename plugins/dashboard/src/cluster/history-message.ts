import type { HistoryQuery } from '@plimsoll/core'
import { MAX_HEADER_BYTES, NEW_LINE, readHeader, VERSION } from './frame-message.ts'

/** Asks one instance for its history. */
export interface HistoryRequest {
  /** The asking process's. */
  readonly life: string
  /** Rises with every request of that process. */
  readonly id: number
  /** Who is asked. */
  readonly instance: string
  readonly query: HistoryQuery
}

/** A line of JSON, then bytes of the compressed history. */
export interface HistoryReply {
  /** The answering process's. */
  readonly life: string
  /** Whom it is for: the asking process, and its request. */
  readonly to: string
  readonly id: number
  readonly bytes: Uint8Array
}

/** Of an instance's id, a route, an origin. */
const MAX_NAME = 300

export function writeHistoryRequest (request: HistoryRequest): Uint8Array {
  return Buffer.from(JSON.stringify({ version: VERSION, ...request }))
}

/** From another process: untrusted. */
export function readHistoryRequest (given: Uint8Array): HistoryRequest | undefined {
  const header = given.length > MAX_HEADER_BYTES ? undefined : readHeader(given)
  if (header === undefined || !isId(header['id']) || !isName(header['instance'])) return undefined
  const query = readQuery(header['query'])
  return query && { life: header.life, id: header['id'], instance: header['instance'], query }
}

export function writeHistoryReply ({ bytes, ...header }: HistoryReply): Uint8Array {
  return Buffer.concat([Buffer.from(`${JSON.stringify({ version: VERSION, ...header })}\n`), bytes])
}

/** From another process: untrusted. */
export function readHistoryReply (given: Uint8Array): HistoryReply | undefined {
  const end = given.subarray(0, MAX_HEADER_BYTES).indexOf(NEW_LINE)
  const header = end < 0 ? undefined : readHeader(given.subarray(0, end))
  if (header === undefined || !isId(header['id']) || typeof header['to'] !== 'string') return undefined
  return { life: header.life, to: header['to'], id: header['id'], bytes: given.subarray(end + 1) }
}

function readQuery (given: unknown): HistoryQuery | undefined {
  if (!isRecord(given)) return undefined
  const { from, to, step, of } = given
  if (![from, to, step].every((value) => value === undefined || isId(value))) return undefined
  const series = of === undefined ? undefined : readSeries(of)
  if (of !== undefined && series === undefined) return undefined
  return { ...(isId(from) && { from }), ...(isId(to) && { to }), ...(isId(step) && { step }), ...(series !== undefined && { of: series }) }
}

function readSeries (given: unknown): HistoryQuery['of'] {
  if (!isRecord(given)) return undefined
  const { method, route, origin, figure } = given
  if (isName(method) && isName(route)) return { method, route }
  if (isName(origin)) return { origin }
  return isName(figure) ? { figure } : undefined
}

export function isRecord (value: unknown): value is Readonly<Record<string, unknown>> { return typeof value === 'object' && value !== null }

function isName (value: unknown): value is string { return typeof value === 'string' && value !== '' && value.length <= MAX_NAME }

function isId (value: unknown): value is number { return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 }
