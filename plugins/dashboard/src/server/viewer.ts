import { COME_BACK, HEARTBEAT, HELLO } from './event-stream.ts'

/** A response, as far as events go: of HTTP/1.1 or HTTP/2. */
export interface EventSink {
  write (chunk: Buffer, written: () => void): boolean
  end (chunk?: Buffer): unknown
  destroy (): unknown
}

/** A viewer that has taken nothing for so long has gone, whatever its connection says. */
const STALL_MS = 60_000
/** So long a stream lasts. The browser reconnects at once, and is asked again who it is: a revoked token sees no more than this. */
const MAX_AGE_MS = 600_000

/**
 * Somebody who looks. Nothing is written before what was written last is out: of a viewer that does not keep up, all but
 * the newest is dropped, so that it holds one event in this process, which it shares with all the others.
 */
export class Viewer {
  readonly #sink: EventSink
  readonly #openedAt: number
  #unwrittenSince: number | undefined
  #newest: Buffer | undefined
  #closed = false
  #dropped = 0
  #sentBytes = 0
  #now: number

  /** `now`: monotonic milliseconds. */
  constructor (sink: EventSink, now: number) {
    this.#sink = sink
    this.#openedAt = now
    this.#now = now
    this.#write(HELLO)
  }

  /** Events that it has missed. */
  get dropped (): number { return this.#dropped }

  get sentBytes (): number { return this.#sentBytes }

  send (event: Buffer, now: number): void {
    this.#now = now
    if (this.#closed) return
    if (this.#unwrittenSince === undefined) {
      this.#write(event)
      return
    }
    if (this.#newest !== undefined) this.#dropped++
    this.#newest = event
  }

  /** Now and then. Lets go of one that has stalled, and has one reconnect that has been here for long. */
  beat (now: number): void {
    this.#now = now
    if (this.#unwrittenSince !== undefined) {
      if (now - this.#unwrittenSince >= STALL_MS) this.destroy()
    } else if (now - this.#openedAt >= MAX_AGE_MS) {
      this.#end(COME_BACK)
    } else {
      this.#write(HEARTBEAT)
    }
  }

  /** Ends the stream; the browser will try again. */
  end (): void { this.#end() }

  destroy (): void {
    this.closed()
    this.#sink.destroy()
  }

  /** The connection is gone. */
  closed (): void {
    this.#closed = true
    this.#newest = undefined
  }

  #end (last?: Buffer): void {
    if (this.#closed) return
    this.closed()
    this.#sink.end(last)
  }

  #write (event: Buffer): void {
    this.#unwrittenSince = this.#now
    this.#sentBytes += event.length
    this.#sink.write(event, this.#written)
  }

  readonly #written = (): void => {
    this.#unwrittenSince = undefined
    const newest = this.#newest
    this.#newest = undefined
    if (newest !== undefined && !this.#closed) this.#write(newest)
  }
}
