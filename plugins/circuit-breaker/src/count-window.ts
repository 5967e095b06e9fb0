import type { SlidingWindow } from './sliding-window.ts'

const FAILED = 1
const SLOW = 2

/** The last `size` calls, one byte each: the newest takes the place of the oldest, whose part of the totals goes with it. */
export class CountWindow implements SlidingWindow {
  readonly #outcomes: Uint8Array
  #at = 0
  calls = 0
  failures = 0
  slow = 0

  constructor (size: number) { this.#outcomes = new Uint8Array(size) }

  record (failed: boolean, slow: boolean): void {
    const outcomes = this.#outcomes
    if (this.calls < outcomes.length) this.calls++
    else this.#forget(outcomes[this.#at]!)
    outcomes[this.#at] = (failed ? FAILED : 0) | (slow ? SLOW : 0)
    if (failed) this.failures++
    if (slow) this.slow++
    this.#at = this.#at + 1 === outcomes.length ? 0 : this.#at + 1
  }

  /** Calls do not become too old here. */
  refresh (): void {}

  clear (): void {
    // What was recorded is overwritten before it is read: `calls` says how much of it counts.
    this.#at = this.calls = this.failures = this.slow = 0
  }

  #forget (outcome: number): void {
    if ((outcome & FAILED) !== 0) this.failures--
    if ((outcome & SLOW) !== 0) this.slow--
  }
}
