import { renameSync, writeFileSync } from 'node:fs'
import { boundedText, messageOf } from '../bounded-json.ts'
import type { JournalEntry } from '../journal.ts'
import type { Frame } from './frame.ts'

export interface BlackBoxOptions {
  /** Written anew by each fatal exit. */
  readonly file: string
  /** Seconds before the end that it holds. @default 60 */
  readonly frames?: number
}

export interface BlackBoxPorts {
  readonly frames: { subscribe (listener: (frame: Frame) => void): () => void }
  readonly journal: { entries (range: { readonly limit: number }): readonly JournalEntry[] }
  readonly clock: { wallTime (): number }
  /** Where the end is heard of. @default the process */
  readonly process?: FatalSource
}

/** What the recorder needs of the process. */
export interface FatalSource {
  readonly pid: number
  on (event: 'uncaughtExceptionMonitor', listener: (error: unknown, origin: string) => void): unknown
  on (event: 'exit', listener: (code: number) => void): unknown
  off (event: 'uncaughtExceptionMonitor', listener: (error: unknown, origin: string) => void): unknown
  off (event: 'exit', listener: (code: number) => void): unknown
}

const MAX_BYTES = 8_388_608
const MAX_ENTRIES = 200

/**
 * Keeps the last frames, and writes them with the journal when the process ends by an uncaught exception, an unhandled
 * rejection or a code other than 0. Not at SIGKILL, nor when V8 runs out of memory: nothing runs then.
 */
export class BlackBox {
  readonly #ports: BlackBoxPorts
  readonly #file: string
  readonly #capacity: number
  readonly #process: FatalSource
  readonly #frames: Frame[] = []
  readonly #leave: () => void
  #written = false

  constructor (ports: BlackBoxPorts, { file, frames = 60 }: BlackBoxOptions) {
    this.#ports = ports
    this.#file = file
    this.#capacity = frames
    this.#process = ports.process ?? process
    this.#process.on('uncaughtExceptionMonitor', this.#onException)
    this.#process.on('exit', this.#onExit)
    this.#leave = ports.frames.subscribe((frame) => {
      this.#frames.push(frame)
      if (this.#frames.length > this.#capacity) this.#frames.shift()
    })
  }

  close (): void {
    this.#leave()
    this.#process.off('uncaughtExceptionMonitor', this.#onException)
    this.#process.off('exit', this.#onExit)
  }

  readonly #onException = (error: unknown, origin: string): void => {
    this.#write(`${origin}: ${error instanceof Error ? error.stack ?? error.message : messageOf(error)}`)
  }

  readonly #onExit = (code: number): void => {
    if (code !== 0) this.#write(`exit with code ${code}`)
  }

  /** Once: the exception comes first, and says more than the exit that follows it. */
  #write (reason: string): void {
    if (this.#written) return
    this.#written = true
    const temporary = `${this.#file}.${this.#process.pid}`
    try {
      writeFileSync(temporary, this.#text(boundedText(reason, 10_000)), { mode: 0o600 })
      // Whole or not at all: the last box is worth more than half of this one.
      renameSync(temporary, this.#file)
    } catch {
      // The process is dying and nobody is left to be told.
    }
  }

  /** The newest frames that fit. */
  #text (reason: string): string {
    const { journal, clock } = this.#ports
    const frames: string[] = []
    let length = 0
    for (const frame of this.#frames.toReversed()) {
      const text = JSON.stringify(frame)
      length += text.length
      if (length > MAX_BYTES) break
      frames.unshift(text)
    }
    const head = JSON.stringify({ reason, at: clock.wallTime(), pid: this.#process.pid, journal: journal.entries({ limit: MAX_ENTRIES }) })
    return `${head.slice(0, -1)},"frames":[${frames.join()}]}\n`
  }
}
