import type { ProcessLogWriter } from './process-log.ts'

const EVERY_MS = 1
/** A process that did nothing for so long has stood still. */
export const STALL_MS = 25

/** What the sampler asks: the leadership of the moment, however the worker goes about knowing it. */
export interface Held {
  readonly epoch: number
  readonly isHeld: () => boolean
}

/** Asks every millisecond whether this process leads, writes each yes down, and the times at which it could not ask. */
export class Sampler {
  held: Held | undefined
  readonly #log: ProcessLogWriter
  #last: number

  constructor (log: ProcessLogWriter) {
    this.#log = log
    this.#last = log.now()
    setInterval(() => { this.#tick() }, EVERY_MS).unref()
  }

  sample (): void {
    const { held } = this
    if (held === undefined) return
    const from = this.#log.now()
    const yes = held.isHeld()
    const to = this.#log.now()
    if (yes) this.#log.add({ kind: 'held', epoch: held.epoch, from, to })
  }

  #tick (): void {
    const now = this.#log.now()
    if (now - this.#last > STALL_MS) this.#log.add({ kind: 'stalled', from: this.#last, to: now })
    this.sample()
    this.#last = this.#log.now()
    this.#log.flush()
  }
}
