import { promisify } from 'node:util'
import { constants, deflateRaw } from 'node:zlib'
import type { Clock, Coordinator, Frame, Frames } from '@plimsoll/core'
import { MAX_FRAME_BYTES, MAX_HEADER_BYTES, MAX_PARTS, writeFarewell, writeMessage } from './frame-message.ts'
import type { Thinned } from './frame-message.ts'

export interface FrameSenderPorts {
  readonly frames: Pick<Frames, 'subscribe'>
  readonly coordinator: Pick<Coordinator, 'capabilities' | 'incarnation' | 'mode'> & { readonly broadcasts: Pick<Coordinator['broadcasts'], 'send'> }
  readonly clock: Pick<Clock, 'now'>
  readonly channel: string
}

/** After the last request; a viewer that vanishes costs nothing from then on. */
const REQUEST_LASTS_MS = 5_000

/** Frames on their way at a time; while a backend is that slow, the next ones are left out, and missed where they should arrive. */
const MAX_ON_THE_WAY = 3

/** A backend that carries less than this carries no frames. */
const MIN_ROOM = 1024

const compress = promisify(deflateRaw)

/** Sends this instance's frames to the others, each frame once for however many of them look, as long as one asks. */
export class FrameSender {
  /** Frames and bytes sent; frames left out, as the backend was too slow or too small; frames sent without details, or without traffic. */
  readonly counters: { frames: number, bytes: number, skipped: number, thinned: number } = { frames: 0, bytes: 0, skipped: 0, thinned: 0 }
  readonly #ports: FrameSenderPorts
  #until = -Infinity
  #onTheWay = 0
  #left = false
  /** 0: none was sent since it was asked. */
  #run = 0
  #leave: (() => void) | undefined

  constructor (ports: FrameSenderPorts) { this.#ports = ports }

  get active (): boolean { return this.#leave !== undefined }

  /** Another instance's viewer looks, or still does. */
  asked (): void {
    if (this.#left) return
    this.#until = this.#ports.clock.now() + REQUEST_LASTS_MS
    this.#leave ??= this.#ports.frames.subscribe((frame) => { this.#take(frame) })
  }

  stop (): void {
    this.#leave?.()
    this.#leave = undefined
    this.#run = 0
  }

  /** The last word, for those who look now; nothing is sent after it. */
  async farewell (): Promise<void> {
    this.#left = true
    if (!this.active) return
    this.stop()
    const { broadcasts, incarnation } = this.#ports.coordinator
    await broadcasts.send(this.#ports.channel, writeFarewell(incarnation))
  }

  #take (frame: Frame): void {
    const { clock, coordinator } = this.#ports
    if (clock.now() >= this.#until) {
      this.stop()
      return
    }
    // While the backend is away, compressing would be for nobody.
    if (coordinator.mode !== 'cluster') return
    if (this.#onTheWay >= MAX_ON_THE_WAY) {
      this.counters.skipped += 1
      return
    }
    if (this.#run === 0) this.#run = frame.sequence
    this.#send(frame, this.#run)
  }

  async #send (frame: Frame, run: number): Promise<void> {
    const { broadcasts, capabilities, incarnation } = this.#ports.coordinator
    this.#onTheWay += 1
    try {
      const room = Math.max(MIN_ROOM, capabilities.maxBroadcastBytes - MAX_HEADER_BYTES)
      const { packed, thinned } = await pack(frame, MAX_PARTS * room)
      const parts = Math.ceil(packed.length / room)
      await Promise.all(Array.from({ length: parts }, (_, part) => broadcasts.send(this.#ports.channel, writeMessage({
        life: incarnation, sequence: frame.sequence, run, part, parts, thinned, bytes: packed.subarray(part * room, (part + 1) * room)
      }))))
      this.counters.frames += 1
      this.counters.bytes += packed.length
      if (thinned !== 'nothing') this.counters.thinned += 1
    } catch {
      // More than the backend carries, whatever is left out.
      this.counters.skipped += 1
    } finally {
      this.#onTheWay -= 1
    }
  }
}

/** Compressed in Node's thread pool: off the event loop, and to a fifth of what every instance of the namespace is sent. */
async function pack (frame: Frame, maxBytes: number): Promise<{ readonly packed: Buffer, readonly thinned: Thinned }> {
  for (const [thinned, thin] of THINNINGS) {
    const text = Buffer.from(JSON.stringify(thin(frame)))
    if (text.length > MAX_FRAME_BYTES) continue
    const packed = await compress(text, { level: constants.Z_BEST_SPEED })
    if (packed.length <= maxBytes) return { packed, thinned }
  }
  return { packed: await compress(JSON.stringify(withoutTraffic(frame))), thinned: 'traffic' }
}

const THINNINGS: ReadonlyArray<readonly [Thinned, (frame: Frame) => Frame]> = [
  ['nothing', (frame) => frame],
  ['details', withoutDetails]
]

function withoutDetails (frame: Frame): Frame {
  return {
    ...frame,
    components: frame.components.map((component) => ({ ...component, snapshot: {} })),
    figures: [],
    slow: [],
    journal: [],
    journalMissed: frame.journalMissed + frame.journal.length
  }
}

function withoutTraffic (frame: Frame): Frame {
  return { ...withoutDetails(frame), components: [], routes: [], upstreams: [] }
}
