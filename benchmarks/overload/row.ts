import type { Summary } from './statistics.ts'

export type Verdict = 'pass' | 'miss' | 'inconclusive' | 'shown'

/** One line of the result. `shown` has no target: it is there to be read. */
export interface Row {
  readonly section: string
  readonly what: string
  readonly figure: string
  /** The same figure of the peers, from the same run. */
  readonly peers: Readonly<Record<string, string>>
  readonly target: string
  /** What the figure moves by when nothing differs. */
  readonly noise: string
  readonly verdict: Verdict
  readonly note?: string
  readonly values?: unknown
}

/**
 * `pass` when the figure meets its target. A figure that misses by less than the noise, or that comes mostly from disturbed runs,
 * shows nothing either way.
 */
export function judge (figure: number, target: { atLeast: number } | { atMost: number }, noise: number, disturbed = false): Verdict {
  if (Number.isNaN(figure) || disturbed) return 'inconclusive'
  const missesBy = 'atLeast' in target ? target.atLeast - figure : figure - target.atMost
  if (missesBy <= 0) return 'pass'
  return missesBy < noise ? 'inconclusive' : 'miss'
}

export function ratio (value: number): string {
  return Number.isNaN(value) ? '-' : value.toFixed(2)
}

export function percent (value: number, digits = 1): string {
  return Number.isNaN(value) ? '-' : `${(value * 100).toFixed(digits)} %`
}

export function ms (value: number): string {
  if (Number.isNaN(value)) return '-'
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`
}

/** The median, and the range behind it when there is more than one run. */
export function spread (summary: Summary, format: (value: number) => string): string {
  if (summary.runs < 2) return format(summary.median)
  return `${format(summary.median)} (${format(summary.min)} … ${format(summary.max)})`
}
