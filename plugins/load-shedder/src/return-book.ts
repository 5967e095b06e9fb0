/** Resolution of the book, and its length: more than the longest wait that it can be asked for. */
const BIN_MS = 100
const BINS_PER_SECOND = 10
/** The longest `Retry-After`, in seconds. */
export const MAX_RETRY_AFTER_S = 600
const BINS = (MAX_RETRY_AFTER_S + 2) * BINS_PER_SECOND
/** Of what the service finishes, the part that returning clients may take. */
const SHARE_FOR_RETURNS = 0.5

export interface ReturnBookOptions {
  /** Shortest wait, whole seconds, at least 1. */
  readonly minSeconds: number
  /** Longest wait, whole seconds, at most {@link MAX_RETRY_AFTER_S}. */
  readonly maxSeconds: number
}

/**
 * The appointment book behind `Retry-After`: how many refused clients have been told to come back in each tenth of a
 * second. `Retry-After` knows whole seconds only (RFC 9110, section 10.2.3), so a client that is refused at 12.34 s can be sent
 * to x.34 s alone: the book picks the first such moment with room for one more, and the emptiest where all are full.
 * The more are sent away, the later they are called; those refused within one tenth of a second spread over seconds,
 * and those refused over a whole second spread evenly.
 */
export class ReturnBook {
  readonly #options: ReturnBookOptions
  // A ring: bin of time t at floor(t / 100 ms) modulo its length. Bins in the past are emptied on the way.
  readonly #booked: Uint32Array = new Uint32Array(BINS)
  #current = 0

  constructor (options: ReturnBookOptions) {
    this.#options = options
  }

  /**
   * Books a return.
   *
   * @param now clock milliseconds
   * @param finishedPerSecond requests that the service finishes now
   * @returns whole seconds to wait
   */
  book (now: number, finishedPerSecond: number): number {
    const bin = Math.floor(now / BIN_MS)
    this.#forgetUntil(bin)
    const room = Math.max(1, Math.floor(finishedPerSecond * SHARE_FOR_RETURNS / BINS_PER_SECOND))
    const { minSeconds, maxSeconds } = this.#options
    let best = minSeconds
    let fewest = Infinity
    for (let seconds = minSeconds; seconds <= maxSeconds && fewest >= room; seconds++) {
      const booked = this.#at(bin + seconds * BINS_PER_SECOND)
      if (booked >= fewest) continue
      fewest = booked
      best = seconds
    }
    this.#booked[(bin + best * BINS_PER_SECOND) % BINS] = fewest + 1
    return best
  }

  #at (bin: number): number { return this.#booked[bin % BINS]! }

  #forgetUntil (bin: number): void {
    const from = Math.max(this.#current, bin - BINS)
    for (let past = from; past < bin; past++) this.#booked[past % BINS] = 0
    this.#current = bin
  }
}
