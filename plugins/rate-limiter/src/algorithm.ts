/** How much a limit lets through. */
export interface Rate {
  /** Requests (units of cost) in {@link windowMs}. */
  readonly limit: number
  readonly windowMs: number
  /** Requests that may come at once after a rest; the window algorithms don't ask for it. */
  readonly burst: number
}

/** The numbers of all keys of one limit: doubles, and the same memory as words of 32 bits. A key that was never seen has zeros. */
export interface Cells {
  readonly doubles: Float64Array
  readonly words: Uint32Array
}

/** The outcome for one request. It is the caller's own and filled in, so that deciding allocates nothing. */
export interface Verdict {
  allowed: boolean
  /** Requests of cost 1 that would be let through now, one after the other. */
  remaining: number
  /** Until this request would be let through; 0 when it was. */
  retryAfterMs: number
  /** Until everything that was used has come back. */
  resetMs: number
}

/**
 * One way of counting, as pure functions over the numbers of a key. `at` is the index of the key's first double, `now` a
 * monotonic time in milliseconds from 0; a time that lies before the last one counts as the last one.
 */
export interface Algorithm {
  readonly name: string
  /** Doubles a key. */
  readonly width: number
  /** Lets through what fits and counts it. `cost` is at most the most that fits at once; 0 looks and counts nothing. */
  take (cells: Cells, at: number, rate: Rate, now: number, cost: number, verdict: Verdict): void
  /** Counts `cost` whether or not it fits; a negative one is given back. */
  charge (cells: Cells, at: number, rate: Rate, now: number, cost: number): void
  /** Until the key is as good as never seen; 0 or less: it is. */
  restMs (cells: Cells, at: number, rate: Rate, now: number): number
}
