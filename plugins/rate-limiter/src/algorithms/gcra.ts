import type { Algorithm, Cells, Rate, Verdict } from '../algorithm.ts'

/** Sums of doubles are off by less than this. */
const SLACK_MS = 0.001

/**
 * The generic cell rate algorithm (ITU-T I.371, virtual scheduling), as in redis-cell and throttled: one number a key, the
 * theoretical arrival time. Each request books the time that it takes at the sustained rate; what is booked may lie ahead of
 * now by the time of `burst` requests.
 */
export const gcra: Algorithm = {
  name: 'gcra',
  width: 1,

  take ({ doubles }: Cells, at: number, { limit, windowMs, burst }: Rate, now: number, cost: number, verdict: Verdict): void {
    const interval = windowMs / limit
    let booked = Math.max(0, doubles[at]! - now)
    const missing = booked + cost * interval - burst * interval
    verdict.allowed = missing <= SLACK_MS
    if (verdict.allowed && cost > 0) {
      booked += cost * interval
      doubles[at] = now + booked
    }
    verdict.retryAfterMs = verdict.allowed ? 0 : missing
    verdict.remaining = Math.max(0, Math.floor((burst * interval - booked + SLACK_MS) / interval))
    verdict.resetMs = booked
  },

  charge ({ doubles }: Cells, at: number, { limit, windowMs }: Rate, now: number, cost: number): void {
    doubles[at] = Math.max(doubles[at]!, now) + cost * windowMs / limit
  },

  restMs: ({ doubles }: Cells, at: number, _rate: Rate, now: number): number => doubles[at]! - now
}
