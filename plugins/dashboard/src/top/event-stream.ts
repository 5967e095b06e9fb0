/** One event of a `text/event-stream`. */
export interface StreamEvent {
  readonly event: string
  readonly data: string
  /** The last that was given: what a reconnection sends as Last-Event-ID. */
  readonly id: string
}

/** A view is some tens of kilobytes. What never ends an event must not fill the memory. */
const MAX_EVENT = 16 * 1024 * 1024

/** Parses server-sent events (WHATWG HTML, section 9.2) as they arrive, in whatever pieces. */
export class EventStream {
  /** Milliseconds that the server wishes between an end and the next attempt. */
  retry: number | undefined
  readonly #decoder = new TextDecoder()
  #text = ''
  #event = ''
  #data: string[] = []
  #size = 0
  #id = ''
  /** The last piece ended in a CR, and an LF that follows belongs to it. */
  #endedInReturn = false

  /** @throws RangeError beyond 16 MiB of one event */
  take (bytes: Uint8Array): readonly StreamEvent[] {
    const events: StreamEvent[] = []
    const piece = this.#decoder.decode(bytes, { stream: true })
    const lines = (this.#text + (this.#endedInReturn && piece.startsWith('\n') ? piece.slice(1) : piece)).split(/\r\n|\r|\n/)
    if (piece !== '') this.#endedInReturn = piece.endsWith('\r')
    this.#text = lines.pop()!
    for (const line of lines) {
      if (line === '') events.push(...this.#dispatch())
      else this.#field(line)
    }
    if (this.#size + this.#text.length > MAX_EVENT) throw new RangeError('an event without an end')
    return events
  }

  /** What a blank line ends: an event, unless it has no data. */
  #dispatch (): readonly StreamEvent[] {
    const [event, data] = [this.#event, this.#data]
    this.#event = ''
    this.#data = []
    this.#size = 0
    return data.length === 0 ? [] : [{ event: event === '' ? 'message' : event, data: data.join('\n'), id: this.#id }]
  }

  #field (line: string): void {
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!
    switch (name) {
      case 'event': this.#event = value; break
      case 'data':
        this.#data.push(value)
        this.#size += value.length
        break
      case 'id': if (!value.includes('\0')) this.#id = value; break
      case 'retry': if (/^\d{1,9}$/.test(value)) this.retry = Number(value); break
      default: // A comment, or a field of a time to come.
    }
  }
}
