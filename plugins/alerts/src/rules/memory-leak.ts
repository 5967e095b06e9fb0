import type { Frame } from '@plimsoll/core'
import { trendOf } from '@plimsoll/core/statistics'
import type { Findings } from '../rule.ts'

export interface MemoryLeakSettings {
  /** Bytes an hour. */
  threshold: number
  /** Milliseconds of data that it takes. */
  readonly minDataMs: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/** Points that are looked at, and shares of the time that it takes: how long after a start nothing counts (caches and code), and one point (a minute of half an hour). */
const MAX_POINTS = 60
const MIN_POINTS = 10
const SETTLE_SHARE = 1 / 6
const POINT_SHARE = 1 / 30

/** Standard score from which a rise is no chance (one-sided 99.9 %), and the rise of the traffic that may explain one. */
const TREND_Z = 3
const TRAFFIC_RISE = 0.15

/** What fills up levels off: the newer half has to rise at this share of the whole's pace. */
const STEADY = 0.6
const NEWER_CONFIDENCE = 1.3

type Point = readonly [at: number, bytes: number]

/**
 * Memory that major collections leave behind rises, steadily: the slope of the post-GC floor is above the threshold with
 * confidence, it does not level off (a cache that fills up does), and the traffic does not rise with it. Each minute with a major collection gives one point
 * (where half an hour of data is asked for; less or more in proportion).
 */
export function memoryLeak (settings: MemoryLeakSettings): (frame: Frame) => Findings {
  let points: Point[] = []
  let traffic: Point[] = []
  let settledAt: number | undefined
  let pointAt = 0
  let collected = false
  let requests = 0
  let finding: Findings
  return function memoryLeak (frame) {
    settledAt ??= frame.clock + settings.minDataMs * SETTLE_SHARE
    if (frame.clock < settledAt) {
      pointAt = frame.clock
      return undefined
    }
    collected ||= frame.vitals.gc.major > 0
    requests += frame.requests.settled.completed
    if (frame.clock - pointAt < settings.minDataMs * POINT_SHARE) return finding
    const floor = frame.vitals.memory.oldSpaceFloor
    traffic = [...traffic, [frame.clock, requests] as const].slice(-MAX_POINTS)
    requests = 0
    pointAt = frame.clock
    if (!collected || floor === undefined) return finding
    collected = false
    points = [...points, [frame.clock, floor] as const].slice(-MAX_POINTS)
    finding = judge(points, traffic, settings)
    return finding
  }
}

function judge (points: readonly Point[], traffic: readonly Point[], { threshold, minDataMs }: MemoryLeakSettings): Findings {
  const first = points[0]
  const last = points.at(-1)
  if (first === undefined || last === undefined || points.length < MIN_POINTS || last[0] - first[0] < minDataMs) return undefined
  // Cheap, and most of the time enough.
  if ((last[1] - first[1]) / (last[0] - first[0]) * HOUR_MS < threshold / 2) return false
  const { slope, lower, z } = trendOf(points)
  const newer = trendOf(points.slice(points.length >> 1), NEWER_CONFIDENCE)
  const steady = newer.lower * HOUR_MS > threshold && newer.slope > STEADY * slope
  const active = z >= TREND_Z && lower * HOUR_MS > threshold && steady && !rises(traffic, last[0] - first[0])
  return {
    active,
    value: slope * HOUR_MS,
    threshold,
    summary: `${megabytes(slope * HOUR_MS)} MB an hour more are left after major collections, ${megabytes(last[1] - first[1])} MB in ${Math.round((last[0] - first[0]) / MINUTE_MS)} minutes; now ${megabytes(last[1])} MB`
  }
}

/** More requests need more memory: a rise that comes with the traffic is judged when the traffic has stopped rising. */
function rises (traffic: readonly Point[], span: number): boolean {
  const { slope, z } = trendOf(traffic)
  const mean = traffic.reduce((sum, [, requests]) => sum + requests, 0) / traffic.length
  return z >= TREND_Z && slope * span > TRAFFIC_RISE * mean
}

function megabytes (bytes: number): string { return (bytes / 2 ** 20).toFixed(1) }
