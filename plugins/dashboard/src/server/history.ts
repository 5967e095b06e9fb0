import type { Core, HistoryQuery, HistorySlice } from '@plimsoll/core'
import type { HistoryExchange } from '../cluster/history-exchange.ts'
import { figure } from '../view/figure.ts'
import { heatColumnOf } from '../view/heat-column.ts'
import type { HistoryAnswer } from '../view/history-answer.ts'
import { markOf, MAX_HISTORY_MARKS, isWorthAMark } from '../view/marks.ts'
import { ALL } from '../view/view-builder.ts'
import type { Mark } from '../view/view.ts'

interface HistorySources {
  readonly core: Core
  readonly exchange: Pick<HistoryExchange, 'ask'>
}

/** @param asked whose history: `all` is taken for the own, another instance is asked for its own */
export async function historyOf ({ core, exchange }: HistorySources, query: HistoryQuery, asked: string): Promise<HistoryAnswer> {
  const { instance } = core.frames
  const answer = isOwn(core, asked) ? ownHistoryOf(core, query) : await exchange.ask(asked, query)
  return answer ?? { instance, step: 1000, at: [], columns: {}, ...(query.of === undefined && { heat: [], marks: [] }) }
}

/** `undefined` where none is kept. */
export function ownHistoryOf (core: Core, query: HistoryQuery): HistoryAnswer | undefined {
  const { frames: { history, instance } } = core
  if (history === undefined) return undefined
  const slice = rounded(history.query(query))
  if (query.of !== undefined) return { instance, ...slice }
  return { instance, ...slice, heat: history.heatmap(query).buckets.map(heatColumnOf), marks: marksIn(core, query) }
}

/** Of all requests: of a single route there is none. */
export async function heatmapOf (sources: HistorySources, query: HistoryQuery, asked: string): Promise<Pick<HistoryAnswer, 'instance' | 'step' | 'at' | 'heat'>> {
  const { instance, step, at, heat = [] } = await historyOf(sources, query, asked)
  return { instance, step, at, heat }
}

function isOwn ({ frames: { instance } }: Core, asked: string): boolean { return [ALL, instance].includes(asked) }

/** Half of what would be sent is digits that nobody sees. */
function rounded (slice: HistorySlice): HistorySlice {
  const columns = Object.entries(slice.columns).map(([name, column]) => [name, column.map((value) => value === null ? null : figure(value))] as const)
  return { ...slice, columns: Object.fromEntries(columns) }
}

/** Newest first, of the entries that the journal still has. */
function marksIn ({ journal, frames: { instance } }: Core, { from = 0, to = Infinity }: HistoryQuery): Mark[] {
  return journal.entries({ limit: Infinity })
    .filter((entry) => entry.at >= from && entry.at < to && isWorthAMark(entry))
    .slice(-MAX_HISTORY_MARKS)
    .reverse()
    .map((entry) => markOf(entry, instance))
}
