import type { Frame } from '@plimsoll/core'
import type { ReceivedFrame } from './frame-receiver.ts'

/** Sequences of which it is remembered that they are missing: later than that a frame isn't late, it is lost. */
const MAX_REMEMBERED = 60

/** What has come from one other process: the newest frame, and what is missing before it. */
export class InstanceFrames {
  readonly life: string
  readonly instance: string
  /** Sequences that didn't come, or not yet. */
  missed = 0
  /** Times that it stopped sending and began anew: holes of unknown size. */
  interrupted = 0
  #newest: ReceivedFrame
  #heardAt: number
  readonly #missing = new Set<number>()

  /** @param now of the local monotonic clock in milliseconds, here and below */
  constructor (first: ReceivedFrame, now: number) {
    this.life = first.life
    this.instance = first.frame.instance
    this.#newest = first
    this.#heardAt = now
  }

  get frame (): Frame { return this.#newest.frame }

  get bytes (): number { return this.#newest.bytes }

  /** Milliseconds since its newest frame came. */
  silence (now: number): number { return now - this.#heardAt }

  /** This process stood still for so long, and could not have heard anybody. */
  excuse (ms: number): void { this.#heardAt += ms }

  /** Whether its figures have not been counted yet. */
  lacks (sequence: number): boolean { return sequence > this.#newest.frame.sequence || this.#missing.has(sequence) }

  /** A frame that it {@link lacks}: the next one, or one that was overtaken. */
  add (received: ReceivedFrame, now: number): 'newest' | 'late' {
    const { sequence } = received.frame
    if (this.#missing.delete(sequence)) {
      this.missed -= 1
      return 'late'
    }
    if (received.run > this.#newest.frame.sequence) this.interrupted += 1
    this.#miss(Math.max(this.#newest.frame.sequence + 1, received.run), sequence)
    this.#newest = received
    this.#heardAt = now
    return 'newest'
  }

  /** Everything from `from` up to, and without, `to`. */
  #miss (from: number, to: number): void {
    this.missed += to - from
    for (let sequence = Math.max(from, to - MAX_REMEMBERED); sequence < to; sequence++) this.#missing.add(sequence)
    for (const sequence of this.#missing) {
      if (this.#missing.size <= MAX_REMEMBERED) break
      this.#missing.delete(sequence)
    }
  }
}
