import type { Algorithm, Cells, Rate, Verdict } from '../algorithm.ts'

/** Slices of a window: a request counts for one window and up to one slice more. */
const SLICES = 10
/** A window that begins inside a slice touches one more. */
const KEPT = SLICES + 1
/** Of a key, in words: the number of the newest slice, then what was counted in each of the last {@link KEPT}. */
const NEWEST = 0
const COUNTS = 1
const MAX_COUNT = 0xffffffff

/**
 * A sliding window of {@link SLICES} slices. The slice that the window has half left still counts in full, so the limit holds
 * in ANY window, which the usual weighting of two windows doesn't give.
 */
export const slidingWindow: Algorithm = {
  name: 'sliding-window',
  width: (COUNTS + KEPT) / 2,

  take ({ words }: Cells, at: number, { limit, windowMs }: Rate, now: number, cost: number, verdict: Verdict): void {
    const first = at * 2
    let count = advance(words, first, now, windowMs / SLICES)
    verdict.allowed = count + cost <= limit
    if (verdict.allowed && cost > 0) {
      words[countOf(words, first, 0)]! += cost
      count += cost
    }
    verdict.remaining = Math.max(0, limit - count)
    verdict.retryAfterMs = verdict.allowed ? 0 : untilFreed(words, first, now, windowMs / SLICES, count + cost - limit)
    verdict.resetMs = untilFreed(words, first, now, windowMs / SLICES, count)
  },

  charge ({ words }: Cells, at: number, { windowMs }: Rate, now: number, cost: number): void {
    const first = at * 2
    advance(words, first, now, windowMs / SLICES)
    if (cost > 0) words[countOf(words, first, 0)] = Math.min(MAX_COUNT, words[countOf(words, first, 0)]! + cost)
    for (let age = 0, back = -cost; back > 0 && age < KEPT; age++) {
      const place = countOf(words, first, age)
      const given = Math.min(back, words[place]!)
      words[place]! -= given
      back -= given
    }
  },

  restMs ({ words }: Cells, at: number, { windowMs }: Rate, now: number): number {
    const first = at * 2
    return untilFreed(words, first, now, windowMs / SLICES, advance(words, first, now, windowMs / SLICES))
  }
}

/** Forgets the slices that have left the window; returns what is counted in the others. */
function advance (words: Uint32Array, first: number, now: number, sliceMs: number): number {
  const slice = Math.floor(now / sliceMs) >>> 0
  const newest = words[first + NEWEST]!
  // Modulo 2^32. Up to a million slices back are a time before the last one; more, a time after it, and long after.
  const behind = (newest - slice) >>> 0
  const gone = behind < 2 ** 20 ? 0 : (slice - newest) >>> 0
  let count = 0
  for (let i = 0; i < KEPT; i++) count += words[first + COUNTS + i]!
  if (gone === 0 && count > 0) return count
  for (let i = 1; i <= Math.min(gone, KEPT) && count > 0; i++) {
    const place = first + COUNTS + (newest + i) % KEPT
    count -= words[place]!
    words[place] = 0
  }
  words[first + NEWEST] = slice
  return count
}

/** The place of what was counted `age` slices ago. */
function countOf (words: Uint32Array, first: number, age: number): number {
  return first + COUNTS + (words[first + NEWEST]! + KEPT - age) % KEPT
}

/** Until so many of those counted have left the window: oldest first. */
function untilFreed (words: Uint32Array, first: number, now: number, sliceMs: number, wanted: number): number {
  let freed = 0
  let age = KEPT
  while (freed < wanted && age > 0) freed += words[countOf(words, first, --age)]!
  return wanted <= 0 ? 0 : Math.max(0, (KEPT - age) * sliceMs - now % sliceMs)
}
