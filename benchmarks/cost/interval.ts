import { median } from '../overload/statistics.ts'
import { seededRandom } from '@plimsoll/core/testing'

export interface Interval {
  readonly median: number
  readonly low: number
  readonly high: number
}

const RESAMPLES = 5000

/**
 * The median of the blocks' ratios with its 95 % interval: the percentile bootstrap (Efron, 1979), which assumes nothing of their
 * distribution, since a stall of the machine puts a block far out.
 */
export function medianInterval (ratios: readonly number[], seed = 1): Interval {
  const random = seededRandom(seed)
  const medians: number[] = []
  for (let resample = 0; resample < RESAMPLES; resample++) {
    medians.push(median(ratios.map(() => ratios[Math.floor(random() * ratios.length)] ?? NaN)))
  }
  medians.sort((a, b) => a - b)
  const at = (quantile: number): number => medians[Math.round(quantile * (RESAMPLES - 1))] ?? NaN
  return { median: median(ratios), low: at(0.025), high: at(0.975) }
}
