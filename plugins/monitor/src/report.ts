import { totalOf } from '@plimsoll/core'
import type { FrameHistory, HistorySlice, JournalEntry } from '@plimsoll/core'
import { InvalidRangeError, NoHistoryError } from './errors.ts'
import { summarize } from './summary.ts'
import type { Summary } from './summary.ts'

/** What happened in a stretch of time, from the history of one process. */
export interface Report {
  /** Of the whole minutes in the range. */
  readonly summary: Summary
  /** Charts of the process: see core's history. */
  readonly points: HistorySlice
  /** Warnings and errors in the range, oldest first, as far as the journal goes back. */
  readonly journal: readonly JournalEntry[]
}

export interface ReportPorts {
  readonly frames: { readonly instance: string, readonly history: Pick<FrameHistory, 'query' | 'totals'> | undefined }
  readonly journal: { entries (range: { readonly limit: number }): readonly JournalEntry[] }
}

const MAX_ENTRIES = 1000

/**
 * @param query `from` and `to` in milliseconds since 1970 or as an ISO date; both may stay out
 * @throws PLM_MONITOR_NO_HISTORY, PLM_MONITOR_INVALID_RANGE
 */
export function makeReport ({ frames, journal }: ReportPorts, query: { readonly from?: unknown, readonly to?: unknown }): Report {
  const { history, instance } = frames
  if (history === undefined) throw new NoHistoryError()
  const from = instantOf('from', query.from)
  const to = instantOf('to', query.to)
  if (from !== undefined && to !== undefined && from >= to) throw new InvalidRangeError('from', String(query.from))
  const range = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
  const totals = history.totals(range)
  return {
    summary: summarize(totals, totalOf(totals.routes.map(({ classes }) => classes)), { from: totals.from, to: totals.to, instance }),
    points: history.query(range),
    journal: journal.entries({ limit: MAX_ENTRIES }).filter(({ at, severity }) => severity !== 'info' && at >= totals.from && at <= totals.to)
  }
}

function instantOf (name: string, given: unknown): number | undefined {
  if (given === undefined) return undefined
  const at = typeof given === 'string' ? (/^\d{1,15}$/.test(given) ? Number(given) : Date.parse(given)) : NaN
  if (Number.isNaN(at)) throw new InvalidRangeError(name, JSON.stringify(given).slice(0, 60))
  return at
}
