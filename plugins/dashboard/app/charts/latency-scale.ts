import { HEAT_ROWS } from '../../src/view/heat.ts'

const ROWS_PER_OCTAVE = 3
const FIRST_BOUND_US = 64
/** Rows shown at least: two decades and a bit, so that a quiet service is not all noise. */
const LEAST_ROWS = 21

/** Rows from `low` to below `high` of the heatmap. */
export interface RowSpan {
  readonly low: number
  readonly high: number
}

/** Where a latency stands among the rows, with the fraction; below the first bound 0. */
export function rowPositionOf (ms: number): number {
  const us = ms * 1000
  return us < FIRST_BOUND_US ? 0 : Math.min(HEAT_ROWS, 1 + ROWS_PER_OCTAVE * Math.log2(us / FIRST_BOUND_US))
}

/** The latency at a position among the rows, in milliseconds. */
export function latencyAt (position: number): number {
  return position <= 1 ? position * FIRST_BOUND_US / 1000 : FIRST_BOUND_US / 1000 * 2 ** ((position - 1) / ROWS_PER_OCTAVE)
}

/** The rows worth showing when these two are the outermost that hold anything: whole octaves, never fewer than two decades. */
export function spanOf (lowest: number, highest: number): RowSpan {
  let low = Math.max(0, Math.floor((lowest - 1) / ROWS_PER_OCTAVE) * ROWS_PER_OCTAVE)
  let high = Math.min(HEAT_ROWS, Math.ceil((highest + 2) / ROWS_PER_OCTAVE) * ROWS_PER_OCTAVE)
  if (high - low < LEAST_ROWS) {
    high = Math.min(HEAT_ROWS, low + LEAST_ROWS)
    low = Math.max(0, high - LEAST_ROWS)
  }
  return { low, high }
}

/** The powers of ten inside a span, in milliseconds: the ticks of the axis. */
export function ticksIn ({ low, high }: RowSpan): number[] {
  return [0.1, 1, 10, 100, 1000, 10_000].filter((ms) => rowPositionOf(ms) >= low + 0.5 && rowPositionOf(ms) <= high - 0.5)
}
