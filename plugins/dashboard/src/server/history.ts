import type { Core, Heatmap, HistoryQuery, HistorySlice } from '@plimsoll/core'
import { figure } from '../view/figure.ts'
import { heatColumnOf } from '../view/heat-column.ts'
import { markOf, MAX_HISTORY_MARKS, isWorthAMark } from '../view/marks.ts'
import { ALL } from '../view/view-builder.ts'
import type { Mark } from '../view/view.ts'

interface HistoryAnswer extends HistorySlice {
  /** Whose it is: the instance that answers. */
  readonly instance: string
  /** One column of the heatmap to a point; of the process only, and so are marks. */
  readonly heat?: ReadonlyArray<readonly number[]>
  readonly marks?: readonly Mark[]
}

interface HeatmapAnswer extends Omit<Heatmap, 'buckets'> {
  readonly instance: string
  readonly heat: ReadonlyArray<readonly number[]>
}

/** @param asked whose history: `all` is taken for the own, another instance's is not here */
export function historyOf (core: Core, query: HistoryQuery, asked: string): HistoryAnswer {
  const { frames: { history, instance } } = core
  if (history === undefined || ![ALL, instance].includes(asked)) return { instance, step: 1000, at: [], columns: {}, ...(query.of === undefined && { heat: [], marks: [] }) }
  const slice = rounded(history.query(query))
  if (query.of !== undefined) return { instance, ...slice }
  return { instance, ...slice, heat: history.heatmap(query).buckets.map(heatColumnOf), marks: marksIn(core, query) }
}

/** Half of what would be sent is digits that nobody sees. */
function rounded (slice: HistorySlice): HistorySlice {
  const columns = Object.entries(slice.columns).map(([name, column]) => [name, column.map((value) => value === null ? null : figure(value))] as const)
  return { ...slice, columns: Object.fromEntries(columns) }
}

export function heatmapOf ({ frames: { history, instance } }: Core, query: HistoryQuery, asked: string): HeatmapAnswer {
  if (history === undefined || ![ALL, instance].includes(asked)) return { instance, step: 1000, at: [], heat: [] }
  const { step, at, buckets } = history.heatmap(query)
  return { instance, step, at, heat: buckets.map(heatColumnOf) }
}

/** Newest first, of the entries that the journal still has. */
function marksIn ({ journal, frames: { instance } }: Core, { from = 0, to = Infinity }: HistoryQuery): Mark[] {
  return journal.entries({ limit: Infinity })
    .filter((entry) => entry.at >= from && entry.at < to && isWorthAMark(entry))
    .slice(-MAX_HISTORY_MARKS)
    .reverse()
    .map((entry) => markOf(entry, instance))
}
