import type { Algorithm, Cells, Rate, Verdict } from '../algorithm.ts'

/** Of a key: the end of its window, and what was counted in it. */
const END = 0
const COUNT = 1

/** Windows of a key one after the other, each beginning with the first request that comes after the last one's end. */
export const fixedWindow: Algorithm = {
  name: 'fixed-window',
  width: 2,

  take ({ doubles }: Cells, at: number, { limit, windowMs }: Rate, now: number, cost: number, verdict: Verdict): void {
    const over = now >= doubles[at + END]!
    let count = over ? 0 : doubles[at + COUNT]!
    verdict.allowed = count + cost <= limit
    if (verdict.allowed && cost > 0) {
      if (over) doubles[at + END] = now + windowMs
      count += cost
      doubles[at + COUNT] = count
    }
    verdict.resetMs = count === 0 ? 0 : doubles[at + END]! - now
    verdict.retryAfterMs = verdict.allowed ? 0 : verdict.resetMs
    verdict.remaining = Math.max(0, limit - count)
  },

  charge ({ doubles }: Cells, at: number, { windowMs }: Rate, now: number, cost: number): void {
    if (now >= doubles[at + END]!) {
      doubles[at + END] = now + windowMs
      doubles[at + COUNT] = 0
    }
    doubles[at + COUNT] = Math.max(0, doubles[at + COUNT]! + cost)
  },

  restMs: ({ doubles }: Cells, at: number, _rate: Rate, now: number): number => doubles[at + COUNT] === 0 ? 0 : doubles[at + END]! - now
}
