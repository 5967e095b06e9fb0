/** A minute. */
const MAX_EVENTS = 60
const MAX_BYTES = 2_097_152

interface Sent {
  readonly id: number
  readonly event: Buffer
}

/** The events of the last minute, for who was cut off for a moment; at most 2 MiB. */
export class Replay {
  readonly #sent: Sent[] = []
  #bytes = 0

  /** 0 while it is empty. */
  get bytes (): number { return this.#bytes }

  get newest (): Buffer | undefined { return this.#sent.at(-1)?.event }

  add (id: number, event: Buffer): void {
    this.#sent.push({ id, event })
    this.#bytes += event.length
    while (this.#sent.length > MAX_EVENTS || (this.#bytes > MAX_BYTES && this.#sent.length > 1)) this.#bytes -= this.#sent.shift()!.event.length
  }

  /** What came after the event `id`; everything there is where that is longer ago. */
  since (id: number): Buffer[] {
    return this.#sent.filter((sent) => sent.id > id).map(({ event }) => event)
  }
}
