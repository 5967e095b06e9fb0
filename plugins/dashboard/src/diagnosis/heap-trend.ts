import { trendOf } from '@plimsoll/core/statistics'
import { TREND_BYTES, TREND_POINTS, TREND_S, TREND_SHARE, TREND_STEADY } from './thresholds.ts'

const MAX_POINTS = 60
/** Milliseconds between two points: a minute of collections each second is no longer a trend than one each ten seconds. */
const APART_MS = 2000
/** Score of the sign test from which a rise is no chance (one-sided 99.9 %). */
const TREND_Z = 3
/** Share of a rise that is none yet. */
const FLAT = 0.1

type Point = readonly [ms: number, bytes: number]

/**
 * Whether what survives major collections rises, steadily: by the slope of Theil and Sen and the test of Mann and Kendall.
 */
export class HeapTrend {
  #points: Point[] = []
  #bytesPerSecond: number | undefined
  #risenBy = 0

  /** The floor after a major collection. */
  add (ms: number, bytes: number): void {
    const last = this.#points.at(-1)
    if (last !== undefined && ms - last[0] < APART_MS) return
    this.#points.push([ms, bytes])
    if (this.#points.length > MAX_POINTS) this.#thin()
    this.#bytesPerSecond = slopeOf(this.#points)
    this.#risenBy = bytes - this.#points[0]![1]
  }

  /** Bytes a second; `undefined` as long as nothing rises for certain. */
  get bytesPerSecond (): number | undefined { return this.#bytesPerSecond }

  /** Bytes between the first point and the last. */
  get risenBy (): number { return this.#risenBy }

  /** Every other one goes: a slow leak is seen over a longer time. */
  #thin (): void {
    this.#points = this.#points.filter((_, index) => index % 2 === 0)
  }
}

function slopeOf (points: readonly Point[]): number | undefined {
  const first = points[0]!
  const last = points.at(-1)!
  const rise = last[1] - first[1]
  if (rise < TREND_BYTES || rise < TREND_SHARE * first[1]) return undefined
  // From where it began to rise.
  const rising = points.slice(points.findLastIndex(([, bytes]) => bytes <= first[1] + FLAT * rise))
  if (rising.length < TREND_POINTS || last[0] - rising[0]![0] < 1000 * TREND_S) return undefined
  const whole = trendOf(rising)
  const newer = trendOf(rising.slice(rising.length >> 1))
  return whole.z >= TREND_Z && newer.slope >= TREND_STEADY * whole.slope ? whole.slope * 1000 : undefined
}
