import type { Clock, ClockTimer } from '../clock.ts'

/** Whose work may go on although its request is over. */
export interface Leaseholder {
  /** The lease is over, and gone from the list. */
  leaseExpired (): void
}

/** A node of the list, so that any of them is removed in constant time. */
export class WorkLease {
  readonly holder: Leaseholder
  readonly expiresAt: number
  previous: WorkLease | undefined = undefined
  next: WorkLease | undefined = undefined

  constructor (holder: Leaseholder, expiresAt: number) {
    this.holder = holder
    this.expiresAt = expiresAt
  }
}

/**
 * All leases of a process run equally long, so they expire in the order in which they were made: one first-in first-out
 * list and one timer serve them all. At most `max` at a time: one more ends the oldest early.
 */
export class WorkLeases {
  readonly #clock: Clock
  readonly #ms: number
  readonly #max: number
  #oldest: WorkLease | undefined
  #youngest: WorkLease | undefined
  #size = 0
  #timer: ClockTimer | undefined

  /** @throws RangeError when `max` is less than 1. */
  constructor (clock: Clock, ms: number, max: number) {
    if (!(max >= 1)) throw new RangeError(`maxLeases must be at least 1, not ${max}`)
    this.#clock = clock
    this.#ms = ms
    this.#max = max
  }

  get size (): number { return this.#size }

  /** Tells `holder` once, when the time is over and {@link end} hasn't been called. */
  start (holder: Leaseholder): WorkLease {
    if (this.#oldest !== undefined && this.#size >= this.#max) this.#expire(this.#oldest)
    const lease = new WorkLease(holder, this.#clock.now() + this.#ms)
    lease.previous = this.#youngest
    if (this.#youngest === undefined) this.#oldest = lease
    else this.#youngest.next = lease
    this.#youngest = lease
    this.#size++
    this.#timer ??= this.#clock.after(this.#ms, this.#sweep)
    return lease
  }

  /** To be called once a lease. */
  end (lease: WorkLease): void {
    const { previous, next } = lease
    if (previous === undefined) this.#oldest = next
    else previous.next = next
    if (next === undefined) this.#youngest = previous
    else next.previous = previous
    this.#size--
  }

  /** Ends every lease now. */
  close (): void {
    this.#timer?.cancel()
    this.#timer = undefined
    while (this.#oldest !== undefined) this.#expire(this.#oldest)
  }

  readonly #sweep = (): void => {
    this.#timer = undefined
    const now = this.#clock.now()
    while (this.#oldest !== undefined && this.#oldest.expiresAt <= now) this.#expire(this.#oldest)
    if (this.#oldest !== undefined) this.#timer ??= this.#clock.after(this.#oldest.expiresAt - now, this.#sweep)
  }

  #expire (lease: WorkLease): void {
    this.end(lease)
    lease.holder.leaseExpired()
  }
}
