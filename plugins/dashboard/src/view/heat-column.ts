import { BUCKET_COUNT, lowerBoundOf, upperBoundOf } from '@plimsoll/core'
import type { Buckets } from '@plimsoll/core'
import { HEAT_ROWS, heatRowOf } from './heat.ts'

// A bucket is narrower than a row, and counts whole where its middle is.
const rowOfBucket: Uint8Array = Uint8Array.from({ length: BUCKET_COUNT }, (_, bucket) => heatRowOf((lowerBoundOf(bucket) + upperBoundOf(bucket)) / 2))

/** Latency buckets as one column of the heatmap: row and count alternately, rows ascending. */
export function heatColumnOf (buckets: Buckets): number[] {
  const counts = new Float64Array(HEAT_ROWS)
  for (let i = 0; i < buckets.length; i += 2) counts[rowOfBucket[buckets[i]!]!]! += buckets[i + 1]!
  const column: number[] = []
  for (const [row, count] of counts.entries()) {
    if (count > 0) column.push(row, count)
  }
  return column
}
