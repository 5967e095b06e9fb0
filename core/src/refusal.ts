/**
 * Why a request is not served, and what the client is told. Made once and shared: a refusal on a hot path allocates
 * nothing.
 */
export interface Refusal {
  /** Component that refuses, such as `load-shedder`. */
  readonly by: string
  /** Stable word for journal and metrics, such as `queue-full`. */
  readonly reason: string
  /** HTTP status, 429 or 503. */
  readonly status: number
  /** Seconds for `Retry-After`, read when the refusal is written; 0 leaves the header out. */
  retryAfter (): number
}
