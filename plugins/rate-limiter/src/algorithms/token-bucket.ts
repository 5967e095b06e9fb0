import type { Algorithm, Cells, Rate, Verdict } from '../algorithm.ts'

/** Sums of doubles are off by less than this many tokens. */
const SLACK = 1e-6
/** Of a key: tokens that are out of the bucket, and the time at which they were. */
const OUT = 0
const AT = 1

/** Tokens that are out now: they come back at the sustained rate. */
function outNow (doubles: Float64Array, at: number, { limit, windowMs }: Rate, now: number): number {
  return Math.max(0, doubles[at + OUT]! - Math.max(0, now - doubles[at + AT]!) * limit / windowMs)
}

/**
 * A bucket of `burst` tokens, refilled at `limit` a window (Turner, 1986). Two numbers a key, since what is kept is the count
 * of tokens: where the limit is changed while it runs, a client keeps the tokens it has.
 */
export const tokenBucket: Algorithm = {
  name: 'token-bucket',
  width: 2,

  take ({ doubles }: Cells, at: number, rate: Rate, now: number, cost: number, verdict: Verdict): void {
    const { limit, windowMs, burst } = rate
    let out = outNow(doubles, at, rate, now)
    const missing = out + cost - burst
    verdict.allowed = missing <= SLACK
    if (verdict.allowed && cost > 0) {
      out += cost
      doubles[at + OUT] = out
      doubles[at + AT] = Math.max(now, doubles[at + AT]!)
    }
    verdict.retryAfterMs = verdict.allowed ? 0 : missing * windowMs / limit
    verdict.remaining = Math.max(0, Math.floor(burst - out + SLACK))
    verdict.resetMs = out * windowMs / limit
  },

  charge ({ doubles }: Cells, at: number, rate: Rate, now: number, cost: number): void {
    doubles[at + OUT] = Math.max(0, outNow(doubles, at, rate, now) + cost)
    doubles[at + AT] = Math.max(now, doubles[at + AT]!)
  },

  restMs: ({ doubles }: Cells, at: number, rate: Rate, now: number): number => outNow(doubles, at, rate, now) * rate.windowMs / rate.limit
}
