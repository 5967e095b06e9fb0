import type { Clock, ClockTimer } from '@plimsoll/core'

/** `false` is unhealthy, anything else healthy. */
export type Check<T> = () => T | Promise<T>

/** Runs a health check again and again, never twice at a time; one that throws is unhealthy. */
export class HealthChecker<T> {
  readonly #check: Check<T>
  readonly #told: (healthy: boolean, error: unknown) => void
  #timer: ClockTimer | undefined
  #closed = false

  /** @param told of each result, with what the check threw */
  constructor (check: Check<T>, told: (healthy: boolean, error: unknown) => void) {
    this.#check = check
    this.#told = told
  }

  /** Runs the check now, and so many milliseconds after each end; 0: now only. */
  async start (clock: Clock, intervalMs: number): Promise<void> {
    await this.run()
    if (intervalMs === 0 || this.#closed) return
    // run() doesn't reject.
    this.#timer = clock.after(intervalMs, async () => {
      await this.run()
      if (!this.#closed) this.#timer?.refresh()
    })
  }

  /** What the check returned; `undefined` where it threw. */
  async run (): Promise<T | undefined> {
    try {
      const result = await this.#check()
      this.#told(Boolean(result), undefined)
      return result
    } catch (error) {
      this.#told(false, error)
      return undefined
    }
  }

  close (): void {
    this.#closed = true
    this.#timer?.cancel()
  }
}
