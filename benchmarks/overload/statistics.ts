import { median } from '@plimsoll/core/statistics'

export { median }

/** Median and range of the runs' figures. */
export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly runs: number
}

/** Runs that have no figure (NaN: nothing was admitted, nothing refused) are left out. */
export function summarize (values: readonly number[]): Summary {
  const sorted = values.filter(value => !Number.isNaN(value)).sort((a, b) => a - b)
  return { median: median(sorted), min: sorted[0] ?? NaN, max: sorted.at(-1) ?? NaN, runs: sorted.length }
}

export function mean (values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length
}

/** Half the range over the median: how much a figure moves when nothing but the time of day changes. */
export function relativeSpread (values: readonly number[]): number {
  const { median, min, max } = summarize(values)
  return (max - min) / 2 / median
}
