import { numberText, shareText } from './format.ts'

/** How a figure compares with itself a minute ago. */
export interface Delta {
  readonly text: string
  /** Whether the change is worth a colour: only where more is worse. */
  readonly tone: 'none' | 'worse' | 'better'
}

export const NO_DELTA: Delta = { text: '', tone: 'none' }

/** Smaller changes are noise. */
const NOTEWORTHY = 0.1
const MUCH = 0.25

/**
 * `before` is the mean of five seconds a minute ago, `now` of the last five: a single second jumps about.
 * A share changes in percentage points, everything else in percent.
 */
export function deltaOf (now: number, before: number, { of, moreIsWorse }: { readonly of: 'amount' | 'share', readonly moreIsWorse: boolean }): Delta {
  if (!Number.isFinite(now) || !Number.isFinite(before)) return NO_DELTA
  const change = now - before
  if (of === 'share') {
    const text = Math.abs(change) < 0.001 ? '' : signed(change, shareText(Math.abs(change)))
    return { text, tone: moreIsWorse ? toneOf(change, 0.005) : 'none' }
  }
  if (before === 0) return { text: now === 0 ? '' : `+${numberText(now)}`, tone: moreIsWorse && now > 0 ? 'worse' : 'none' }
  const ratio = change / before
  if (Math.abs(ratio) < NOTEWORTHY) return NO_DELTA
  // From nearly nothing to something a percentage says nothing: ×14 does.
  const text = ratio >= 3 ? `×${numberText(now / before)}` : signed(ratio, shareText(Math.abs(ratio)))
  return { text, tone: moreIsWorse ? toneOf(ratio, MUCH) : 'none' }
}

function toneOf (change: number, much: number): Delta['tone'] {
  return change >= much ? 'worse' : change <= -much ? 'better' : 'none'
}

function signed (change: number, text: string): string {
  return `${change < 0 ? '−' : '+'}${text}`
}
