import { count, decodeRecord } from './codec.ts'

/** A queue item as a value of the store: a line of JSON, then the body as it is. */
export interface StoredItem {
  readonly id: string
  readonly attempt: number
  /** Unix milliseconds of its push, for people. */
  readonly at: number
  readonly deduplicate: boolean
  readonly body: Uint8Array
}

const NEWLINE = 10
const encoder = new TextEncoder()

export function encodeItem ({ body, ...head }: StoredItem): Uint8Array {
  const line = encoder.encode(`${JSON.stringify(head)}\n`)
  const bytes = new Uint8Array(line.length + body.length)
  bytes.set(line)
  bytes.set(body, line.length)
  return bytes
}

export function decodeItem (bytes: Uint8Array): StoredItem {
  const end = bytes.indexOf(NEWLINE)
  const head = decodeRecord(bytes.subarray(0, Math.max(0, end)))
  return {
    id: String(head?.['id']),
    attempt: count(head?.['attempt']),
    at: count(head?.['at']),
    deduplicate: head?.['deduplicate'] === true,
    body: bytes.subarray(end + 1)
  }
}
