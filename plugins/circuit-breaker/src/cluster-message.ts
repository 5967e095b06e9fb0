/** What an instance tells the others: all circuits that its own calls have opened, so a name that is missing is withdrawn. */
export interface ClusterMessage {
  /** The coordinator's incarnation of the instance. */
  readonly from: string
  readonly open: readonly string[]
}

/** Circuits in a message; the rest is left out. */
export const MAX_CLAIMS = 100
/** Longer messages are neither sent nor read: backends carry at least as much. */
const MAX_BYTES = 16_384
const MAX_FROM = 200
const MAX_NAME = 256
const VERSION = 1

/** As many of the circuits as have room. */
export function encodeMessage ({ from, open }: ClusterMessage): Uint8Array {
  let room = MAX_BYTES - JSON.stringify({ v: VERSION, from, open: [] }).length
  const names: string[] = []
  for (const name of open) {
    room -= Buffer.byteLength(JSON.stringify(name)) + 1
    if (room < 0 || names.length === MAX_CLAIMS) break
    names.push(name)
  }
  return Buffer.from(JSON.stringify({ v: VERSION, from, open: names }))
}

/** `undefined` for anything that is not such a message: what comes over the wire is not trusted. */
export function decodeMessage (bytes: Uint8Array): ClusterMessage | undefined {
  if (bytes.length > MAX_BYTES) return undefined
  const value = parsed(bytes)
  if (typeof value !== 'object' || value === null || !('v' in value) || value.v !== VERSION) return undefined
  if (!('from' in value) || !isText(value.from, MAX_FROM) || !('open' in value) || !Array.isArray(value.open)) return undefined
  const open: readonly unknown[] = value.open
  return open.length <= MAX_CLAIMS && open.every(isName) ? { from: value.from, open } : undefined
}

function parsed (bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch {
    return undefined
  }
}

function isText (value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxLength
}

function isName (value: unknown): value is string { return isText(value, MAX_NAME) }
