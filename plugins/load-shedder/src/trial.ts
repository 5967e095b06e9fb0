/** Pause before the first trial of an overload, and the longest: it doubles from trial to trial. */
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 8000

/** A trial that lasts so long, and for so many requests' time, has shown that nothing needs to be refused. */
const TRIAL_MS = 100
const TRIAL_REQUESTS = 8

/**
 * Now and then, an overload is put to the test: everything is queued for a moment. Clients that try again at once, each on
 * its own connection, look like ten times the capacity only because they are refused; left in peace they are a queue
 * of their own number, which may be short enough to be served. A trial costs next to nothing where the overload is
 * real: it ends as soon as the queue is long, and what has gathered gives up by its wait bound.
 */
export class Trial {
  #nextAt = Infinity
  #pauseMs = FIRST_PAUSE_MS
  #since: number | undefined

  /** Whether nothing is to be refused at once. */
  get running (): boolean { return this.#since !== undefined }

  /** An overload begins. */
  arm (now: number): void {
    this.#since = undefined
    this.#pauseMs = FIRST_PAUSE_MS
    this.#nextAt = now + FIRST_PAUSE_MS
  }

  /** The queue is too long to be served in time: the overload is real. */
  fail (now: number): void {
    this.#since = undefined
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS)
    this.#nextAt = now + this.#pauseMs
  }

  /** To be called in every tick of an overload. True when a trial has ended well. */
  tick (now: number, costMs: number): boolean {
    if (this.#since === undefined) {
      if (now >= this.#nextAt) this.#since = now
      return false
    }
    if (now - this.#since < Math.max(TRIAL_MS, TRIAL_REQUESTS * costMs)) return false
    this.#since = undefined
    return true
  }
}
