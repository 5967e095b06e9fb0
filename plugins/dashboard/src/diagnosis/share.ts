import { CONFIDENCE, MIN_BAD, MIN_BAD_SECONDS, NOW_S, SPANS } from './thresholds.ts'
import type { Seconds } from './seconds.ts'
import type { Span } from './thresholds.ts'

/** Which figures of {@link Seconds} make a share. */
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
}

/** Requests in a span, below which it tells nothing of now. */
const ENOUGH_FOR_NOW = 5

/**
 * Whether more than `threshold` of the requests are bad: with confidence in one of the spans, and in the last three seconds
 * still, or the shortest span that had traffic. Once it is found, half the share of the shortest span and of the next
 * longer one is enough to go on: what is just at the threshold does not come and go.
 */
export function judgeShare (seconds: Seconds, { total, bad, badSeconds }: ShareFigures, threshold: number, active: boolean): ShareVerdict | undefined {
  const newest = SPANS.findIndex((span) => seconds.sum(total, span) >= ENOUGH_FOR_NOW)
  if (newest < 0) return undefined
  const now = verdictOf(SPANS[newest]!)
  if (active) return now.share > threshold / 2 && verdictOf(SPANS[newest + 1] ?? now.span).share > threshold / 2 ? now : undefined
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
    return { span, total: all, bad: hits, share: all === 0 ? 0 : hits / all }
  }
}

/**
 * What a share that was seen as `hits` of `total` is at least: the lower bound of E. B. Wilson, "Probable inference, the
 * law of succession, and statistical inference", JASA 22 (1927), honest for small numbers.
 */
export function shareAtLeast (hits: number, total: number, z: number = CONFIDENCE): number {
  if (total <= 0) return 0
  const share = hits / total
  const z2 = z * z
  const margin = z * Math.sqrt((share * (1 - share) + z2 / (4 * total)) / total)
  return Math.max(0, (share + z2 / (2 * total) - margin) / (1 + z2 / total))
}
