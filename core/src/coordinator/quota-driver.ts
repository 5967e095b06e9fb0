/** A token bucket: `limit` tokens every `windowMs`, and at most `burst` at once. */
export interface QuotaRate {
  readonly limit: number
  readonly windowMs: number
  readonly burst: number
}

export interface TokenLease {
  /** Tokens taken from the bucket, at most what was asked. */
  readonly granted: number
  /** Milliseconds until one token will be there; 0 when all were granted. */
  readonly retryAfterMs: number
}

export interface QuotaDriver {
  take (operation: string, key: string, tokens: number, rate: QuotaRate): Promise<TokenLease>
}
