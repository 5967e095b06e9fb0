import { median } from './median.ts'

export interface Trend {
  /** Theil-Sen: the median of the slopes of all pairs, in units of y per unit of x. */
  readonly slope: number
  /** The slope is at least this, with the confidence of `z` standard errors. */
  readonly lower: number
  /** Standard score of Mann and Kendall's S, the number of pairs that rise less those that fall: the sign test of the trend. */
  readonly z: number
}

/**
 * A straight line through points of which up to 29 % may be anything, and whether it is more than chance. P. K. Sen,
 * "Estimates of the regression coefficient based on Kendall's tau", JASA 63 (1968). O(n²): for at most a few hundred points.
 *
 * @param points in ascending order of x, no x twice
 * @param confidence standard errors between `slope` and `lower`
 */
export function trendOf (points: ReadonlyArray<readonly [x: number, y: number]>, confidence: number = 2.6): Trend {
  const slopes: number[] = []
  let s = 0
  for (const [index, [x, y]] of points.entries()) {
    for (let other = 0; other < index; other++) {
      const [earlierX, earlierY] = points[other]!
      slopes.push((y - earlierY) / (x - earlierX))
      s += Math.sign(y - earlierY)
    }
  }
  if (slopes.length === 0) return { slope: 0, lower: -Infinity, z: 0 }
  const n = points.length
  const sigma = Math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
  slopes.sort((a, b) => a - b)
  const rank = Math.floor((slopes.length - confidence * sigma) / 2)
  return { slope: median(slopes), lower: slopes[rank] ?? -Infinity, z: (s - Math.sign(s)) / sigma }
}
