/** What was left out so that a frame fits the backend: nothing, what explains (snapshots, journal, samples), or traffic as well. */
export type Thinned = 'nothing' | 'details' | 'traffic'

/** A part of one frame, as it travels: a line of JSON, then bytes of the compressed frame. */
export interface FrameMessage {
  /** The sending process's, for as long as it runs; instance ids may come back after a restart. */
  readonly life: string
  readonly sequence: number
  /** Sequence of the first frame that it sent since it was asked anew: before it there is a hole of unknown size. */
  readonly run: number
  /** From 0. */
  readonly part: number
  readonly parts: number
  readonly thinned: Thinned
  readonly bytes: Uint8Array
}

/** Of 64 KiB each with the backends that there are: a frame that is larger is thinned out. */
export const MAX_PARTS = 8

/** JSON of one frame at most, as sent and as read: above it, it is thinned out. */
export const MAX_FRAME_BYTES: number = 4 * 1024 * 1024

/** Bytes of the line at most, so that what remains of a broadcast is known beforehand. */
export const MAX_HEADER_BYTES = 4096

export const VERSION = 1
export const NEW_LINE = 10
const MAX_LIFE = 3000
const THINNED: readonly Thinned[] = ['nothing', 'details', 'traffic']
const decoder = new TextDecoder()

export function writeMessage ({ bytes, ...header }: FrameMessage): Uint8Array {
  return Buffer.concat([Buffer.from(`${JSON.stringify({ version: VERSION, ...header })}\n`), bytes])
}

/** A process says that it leaves, so that nobody takes it for dead. */
export function writeFarewell (life: string): Uint8Array {
  return Buffer.from(`${JSON.stringify({ version: VERSION, life, gone: true })}\n`)
}

/** From another process: untrusted. `undefined`: neither a part of a frame nor a farewell, or of a version to come. */
export function readMessage (given: Uint8Array): FrameMessage | { readonly gone: string } | undefined {
  const end = given.subarray(0, MAX_HEADER_BYTES).indexOf(NEW_LINE)
  const header = end < 0 ? undefined : readHeader(given.subarray(0, end))
  if (header === undefined) return undefined
  const { life, sequence, run, part, parts, thinned } = header
  if (header['gone'] === true) return { gone: header.life }
  if (!isWhole(sequence) || !isWhole(run) || !isWhole(part) || !isWhole(parts)) return undefined
  if (run < 1 || run > sequence || parts < 1 || parts > MAX_PARTS || part >= parts) return undefined
  const left = THINNED.find((one) => one === thinned)
  return left === undefined ? undefined : { life, sequence, run, part, parts, thinned: left, bytes: given.subarray(end + 1) }
}

/** Asks for frames: the name of the asking process. */
export function writeRequest (life: string): Uint8Array {
  return Buffer.from(JSON.stringify({ version: VERSION, life }))
}

export function readRequest (given: Uint8Array): string | undefined {
  return given.length > MAX_HEADER_BYTES ? undefined : readHeader(given)?.life
}

type Header = Readonly<Record<string, unknown>> & { readonly life: string }

/** The line of JSON that every message begins with. */
export function readHeader (line: Uint8Array): Header | undefined {
  try {
    const header: unknown = JSON.parse(decoder.decode(line))
    return isHeader(header) ? header : undefined
  } catch {
    return undefined
  }
}

function isHeader (value: unknown): value is Header {
  return typeof value === 'object' && value !== null && 'version' in value && value.version === VERSION &&
    'life' in value && typeof value.life === 'string' && value.life.length > 0 && value.life.length <= MAX_LIFE
}

function isWhole (value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
