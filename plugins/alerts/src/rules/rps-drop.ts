import type { Frame } from '@plimsoll/core'
import { SlidingSums } from '@plimsoll/core/statistics'
import type { Findings } from '../rule.ts'
import { secondOf } from './route-table.ts'
import { TrafficBaseline } from './traffic-baseline.ts'
import type { ExpectedTraffic } from './traffic-baseline.ts'

export interface RpsDropSettings {
  /** Share of the expected traffic that has to be missing, 0 to 1. */
  threshold: number
  /** Expected requests in a minute, below which nothing is said. */
  readonly minRequests: number
}

/** A step up by so much is remembered, so that its end is no drop. */
const SURGE = 1.25
const MINUTE_MS = 60_000

/** Windows that are looked at, in seconds; the shortest is a quarter of a minute. */
const QUARTER = 15
const MINUTE = 60
const FIVE_MINUTES = 300

/** Over five minutes chance takes less: not as little as the root of a fifth of it, since bursts last for a while. */
const FIVE_MINUTES_MARGIN = Math.sqrt(1 / 3)

/** Traffic that stays away, against what the last quarter of an hour lets expect. */
export function rpsDrop (settings: RpsDropSettings): (frame: Frame) => Findings {
  const seconds = new SlidingSums(1, [QUARTER, MINUTE, FIVE_MINUTES])
  const baseline = new TrafficBaseline()
  let minuteBegan: number | undefined
  let suspicious = false
  return function rpsDrop (frame) {
    const arrivals = arrivalsOf(frame) * instancesOf(frame)
    seconds.moveTo(secondOf(frame))
    seconds.add(0, arrivals)
    const current = seconds.sum(0, MINUTE)
    minuteBegan ??= frame.clock
    const expected = baseline.expect(frame.clock)
    let finding: Findings
    let dropped = false
    if (expected !== undefined && expected.requests >= settings.minRequests) {
      const least = leastOf(expected, settings.threshold, 1)
      const leastOfFive = leastOf(expected, settings.threshold, FIVE_MINUTES_MARGIN)
      // It has not come back: in the last quarter of the minute it is at most half way up again.
      dropped = (current < least || (current < leastOfFive && seconds.sum(0, FIVE_MINUTES) < 5 * leastOfFive)) && seconds.sum(0, QUARTER) < (leastOfFive + expected.requests) / 8
      if (current > SURGE * expected.requests && current > expected.requests + expected.margin) baseline.surge(frame.clock, expected.requests)
      finding = dropped
        ? { active: true, value: current / 60, threshold: least / 60, summary: `${(current / 60).toFixed(1)} requests a second in the last minute, expected were ${(expected.requests / 60).toFixed(1)}` }
        : false
    }
    suspicious ||= dropped
    if (frame.clock - minuteBegan >= MINUTE_MS) {
      baseline.learn(frame.clock, current, suspicious ? 'missing' : expected !== undefined && current < (1 - settings.threshold) * expected.requests ? 'doubtful' : 'ordinary')
      minuteBegan = frame.clock
      suspicious = false
    }
    return finding
  }
}

/** Requests a minute, below which too many are missing: more than the threshold's share, and more than chance may take. */
function leastOf ({ requests, margin }: ExpectedTraffic, threshold: number, ofMargin: number): number {
  return Math.min((1 - threshold) * requests, requests - ofMargin * margin)
}

/** Everything that came and has ended by now, refused and aborted as well. */
function arrivalsOf ({ requests }: Frame): number {
  return Object.values(requests.settled).reduce((sum, count) => sum + count, 0)
}

/** A share of the traffic goes to each instance: when one is added, less comes to the others, and nothing is wrong. */
function instancesOf ({ components }: Frame): number {
  const coordinator = components.find(({ kind }) => kind === 'coordinator')
  const instances = coordinator?.snapshot['instances']
  return typeof instances === 'number' && instances >= 1 ? instances : 1
}
