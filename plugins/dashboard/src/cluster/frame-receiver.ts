import { promisify } from 'node:util'
import { inflateRaw } from 'node:zlib'
import { readFrame } from '@plimsoll/core'
import type { Frame } from '@plimsoll/core'
import { MAX_FRAME_BYTES, readMessage } from './frame-message.ts'
import type { FrameMessage, Thinned } from './frame-message.ts'

/** A frame of another instance, checked and bounded. */
export interface ReceivedFrame {
  readonly life: string
  readonly run: number
  readonly thinned: Thinned
  /** Of its JSON. */
  readonly bytes: number
  readonly frame: Frame
}

export interface FrameReceiverPorts {
  /** This process's own: its messages come back to it. */
  readonly life: string
  /** Asked before any work is done for it. */
  readonly wanted: (message: FrameMessage) => boolean
  readonly received: (frame: ReceivedFrame) => void
  readonly gone: (life: string) => void
}

interface Assembly {
  readonly sequence: number
  readonly parts: Array<Uint8Array | undefined>
  missing: number
}

/** Senders whose frames are waited for part by part, and frames that are being read, at a time. */
const MAX_SENDERS = 100
const MAX_READING = 100

const decompress = promisify(inflateRaw)
const decoder = new TextDecoder()

/** Puts the parts of frames together and reads them. What it is sent is untrusted: all that it keeps is bounded. */
export class FrameReceiver {
  /** Messages and frames that are none, or of a version to come; those refused while more came than can be read. */
  readonly counters: { unreadable: number, refused: number } = { unreadable: 0, refused: 0 }
  readonly #ports: FrameReceiverPorts
  /** The newest incomplete frame of a sender. */
  readonly #assemblies = new Map<string, Assembly>()
  #reading = 0

  constructor (ports: FrameReceiverPorts) { this.#ports = ports }

  take (given: Uint8Array): void {
    const message = readMessage(given)
    if (message === undefined) {
      this.counters.unreadable += 1
    } else if ('gone' in message) {
      this.#assemblies.delete(message.gone)
      this.#ports.gone(message.gone)
    } else if (message.life !== this.#ports.life && this.#ports.wanted(message)) {
      const packed = message.parts === 1 ? message.bytes : this.#join(message)
      if (packed !== undefined) this.#read(message, packed)
    }
  }

  /** All of its parts, as soon as they are there. */
  #join ({ life, sequence, part, parts, bytes }: FrameMessage): Uint8Array | undefined {
    let assembly = this.#assemblies.get(life)
    if (assembly === undefined || assembly.sequence < sequence) {
      if (assembly === undefined && this.#assemblies.size >= MAX_SENDERS) {
        this.counters.refused += 1
        return undefined
      }
      assembly = { sequence, parts: Array.from({ length: parts }, () => undefined), missing: parts }
      this.#assemblies.set(life, assembly)
    }
    // A part that comes too late, twice, or from another telling of the same frame.
    if (assembly.sequence !== sequence || assembly.parts.length !== parts || assembly.parts[part] !== undefined) return undefined
    assembly.parts[part] = bytes
    assembly.missing -= 1
    if (assembly.missing > 0) return undefined
    this.#assemblies.delete(life)
    return Buffer.concat(assembly.parts.filter((one) => one !== undefined))
  }

  async #read ({ life, sequence, run, thinned }: FrameMessage, packed: Uint8Array): Promise<void> {
    if (this.#reading >= MAX_READING) {
      this.counters.refused += 1
      return
    }
    this.#reading += 1
    const read = await decompress(packed, { maxOutputLength: MAX_FRAME_BYTES }).then(frameOf, () => undefined)
    this.#reading -= 1
    if (read === undefined || read.frame.sequence !== sequence) this.counters.unreadable += 1
    else this.#ports.received({ life, run, thinned, ...read })
  }
}

function frameOf (json: Uint8Array): { readonly frame: Frame, readonly bytes: number } | undefined {
  const frame = readFrame(parsed(decoder.decode(json)))
  return frame === undefined ? undefined : { frame, bytes: json.length }
}

function parsed (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
