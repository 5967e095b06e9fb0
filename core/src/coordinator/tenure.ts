import type { Clock } from '../clock.ts'

/** One life of an instance's session: what was won under it ends with it. */
export class Tenure {
  readonly session: string
  readonly #clock: Clock
  readonly #controller = new AbortController()
  #deadline: number
  #over = false

  constructor (session: string, deadline: number, clock: Clock) {
    this.session = session
    this.#deadline = deadline
    this.#clock = clock
  }

  /** Aborted when it is over. */
  get signal (): AbortSignal { return this.#controller.signal }

  /** Clock milliseconds up to which the store is sure to keep it: from the SENDING of the last renewal that was answered. */
  get deadline (): number { return this.#deadline }

  /** Compares with the clock on each call: after a pause of the process a timer comes too late. No I/O, no allocation. */
  isHeld (): boolean {
    return !this.#over && this.#clock.now() < this.#deadline
  }

  extend (deadline: number): void {
    if (deadline > this.#deadline) this.#deadline = deadline
  }

  end (): void {
    this.#over = true
    this.#controller.abort()
  }
}
