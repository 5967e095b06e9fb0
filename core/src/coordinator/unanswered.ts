/** How long an answer may take before one goes on without it. */
const PATIENCE_MS = 50
/** Between two requests to a store that is away. */
const PROBE_MS = 250

/** Tells from a store's answers whether it is there: sooner than a session's end would, and without a timer. */
export class Unanswered {
  /** Requests that wait, oldest first, with the time at which they were sent. */
  readonly #waiting = new Map<number, number>()
  #sent = 0
  #failed = false
  #lastSentAt = -Infinity

  /** A request was answered with a failure, or one is not answered for 50 ms although no later one was. */
  isAway (now: number): boolean {
    if (this.#failed) return true
    if (this.#waiting.size === 0) return false
    const [oldest = now] = this.#waiting.values()
    return now - oldest > PATIENCE_MS
  }

  /** While it is away, one request at a time is enough to find out that it is back. */
  mayProbe (now: number): boolean { return now - this.#lastSentAt >= PROBE_MS }

  /** Returns the request's number. */
  sent (now: number): number {
    this.#sent += 1
    this.#lastSentAt = now
    this.#waiting.set(this.#sent, now)
    return this.#sent
  }

  /** What was sent before and is not answered now was lost. Returns whether this is the first answer since a failure. */
  answered (request: number): boolean {
    const back = this.#failed
    this.#failed = false
    for (const earlier of this.#waiting.keys()) {
      if (earlier > request) break
      this.#waiting.delete(earlier)
    }
    return back
  }

  failed (request: number): void {
    // Lost long ago: later ones were answered.
    if (!this.#waiting.delete(request)) return
    this.#failed = true
  }
}
