/** A timer of {@link Clock}. Real ones are unref'd: they never hold the process. */
export interface ClockTimer {
  /** Starts the countdown anew without a new timer. */
  refresh (): void
  cancel (): void
}

/**
 * Time, timers and randomness as one injected port, so that everything that decides by time can be driven by a fake
 * (`@plimsoll/core/testing`).
 */
export interface Clock {
  /** Monotonic milliseconds with a fraction; the only time that decisions are made on. */
  now (): number
  /** Milliseconds since the Unix epoch; for people and for the wire, never for decisions. */
  wallTime (): number
  /** A number in [0, 1). */
  random (): number
  /** Calls `task` once after `ms` milliseconds. */
  after (ms: number, task: () => void): ClockTimer
  /** Calls `task` each `ms` milliseconds until cancelled. */
  every (ms: number, task: () => void): ClockTimer
}

class SystemTimer implements ClockTimer {
  readonly #timer: NodeJS.Timeout

  constructor (timer: NodeJS.Timeout) {
    this.#timer = timer.unref()
  }

  refresh (): void { this.#timer.refresh() }

  cancel (): void { clearTimeout(this.#timer) }
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  random: () => Math.random(),
  after: (ms, task) => new SystemTimer(setTimeout(task, ms)),
  every: (ms, task) => new SystemTimer(setInterval(task, ms))
}
