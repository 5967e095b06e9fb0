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
  /** In the answer's body. @default 'PLM_REFUSED' */
  readonly code?: string
  /** Body and type of this one answer, asked when the refusal is written; left out, the answer is JSON of the fields above. */
  answer? (): RefusalBody
}

export interface RefusalBody {
  readonly body: string
  /** Such as `application/problem+json`. */
  readonly contentType: string
}
