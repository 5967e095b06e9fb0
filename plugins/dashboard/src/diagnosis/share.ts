import { wilsonBounds } from '@plimsoll/core/statistics'
import type { SlidingSums } from '@plimsoll/core/statistics'
import { CONFIDENCE, MIN_BAD, MIN_BAD_SECONDS, NOW_S, SPANS } from './thresholds.ts'
import type { Span } from './thresholds.ts'

/** Which figures of {@link SlidingSums} make a share. */
export interface ShareFigures {
  readonly total: number
  readonly bad: number
  /** 1 in each second that had too many bad ones. */
  readonly badSeconds: number
}

export interface ShareVerdict {
  /** The span that says it, in seconds. */
  readonly span: Span
  readonly total: number
  readonly bad: number
  readonly share: number
  /** The highest share since it was found. */
  readonly peak: number
}

/** Without traffic for so many seconds there is nothing to judge. */
const LAST_SPAN = 60

/** Requests in a span, below which it tells nothing of now; and bad ones to be expected there, below which none says nothing. */
const ENOUGH_FOR_NOW = 5
const ENOUGH_BAD = 5

/**
 * Whether more than `threshold` of the requests are bad: with confidence in one of the spans, and in the last three seconds
 * still, or the shortest span that had traffic. Once it is found, it is over when the shortest span that can tell has less
 * than half of the threshold: what is just at the threshold does not come and go.
 *
 * @param before the last verdict
 */
export function judgeShare (seconds: SlidingSums, { total, bad, badSeconds }: ShareFigures, threshold: number, before: ShareVerdict | undefined): ShareVerdict | undefined {
  const enough = before === undefined ? ENOUGH_FOR_NOW : Math.max(ENOUGH_FOR_NOW, ENOUGH_BAD / before.peak)
  const newest = SPANS.find((span) => seconds.sum(total, span) >= enough) ?? (seconds.sum(total, LAST_SPAN) > 0 ? LAST_SPAN : undefined)
  if (newest === undefined) return undefined
  const now = verdictOf(newest)
  if (before !== undefined) return now.share > threshold / 2 ? { ...now, peak: Math.max(before.peak, now.share) } : undefined
  const justNow = seconds.sum(total, NOW_S)
  if ((justNow >= ENOUGH_FOR_NOW ? seconds.sum(bad, NOW_S) / justNow : now.share) <= threshold) return undefined
  for (const span of SPANS) {
    const verdict = verdictOf(span)
    if (verdict.bad >= MIN_BAD && seconds.sum(badSeconds, span) >= MIN_BAD_SECONDS && shareAtLeast(verdict.bad, verdict.total) > threshold) return verdict
  }
  return undefined

  function verdictOf (span: Span): ShareVerdict {
    const all = seconds.sum(total, span)
    const hits = seconds.sum(bad, span)
    const share = all === 0 ? 0 : hits / all
    return { span, total: all, bad: hits, share, peak: share }
  }
}

/** What a share that was seen as `hits` of `total` is at least, honest for small numbers. */
export function shareAtLeast (hits: number, total: number): number { return wilsonBounds(hits, total, CONFIDENCE).lower }
