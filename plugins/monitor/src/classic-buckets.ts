import { lowerBoundOf, upperBoundOf } from '@plimsoll/core'
import type { LatencyHistogram } from '@plimsoll/core'

/** Seconds of a microsecond. */
export const SECONDS = 1e-6

/** Seconds; Prometheus' own defaults, from a millisecond on. */
export const DEFAULT_BOUNDS: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/**
 * A log-linear histogram in classic buckets, not cumulated, the last for everything above. A log-linear bucket that a bound
 * cuts through counts where its middle is, so a bound is off by at most 1.6 %; sum and count are exact.
 *
 * @param bounds seconds, ascending
 */
export function classicCounts ({ counts, lowest, highest }: Pick<LatencyHistogram, 'counts' | 'lowest' | 'highest'>, bounds: readonly number[]): number[] {
  const classic = new Array<number>(bounds.length + 1).fill(0)
  let i = 0
  for (let bucket = lowest; bucket <= highest; bucket++) {
    const count = counts[bucket]!
    if (count === 0) continue
    const middle = (lowerBoundOf(bucket) + upperBoundOf(bucket)) / 2 * SECONDS
    while (i < bounds.length && middle > bounds[i]!) i++
    classic[i]! += count
  }
  return classic
}
