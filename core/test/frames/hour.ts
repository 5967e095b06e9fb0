import { FrameHistory } from '@plimsoll/core'
import type { Frame } from '@plimsoll/core'
import { emptyFrame } from '@plimsoll/core/testing'
import { classOf, routeOf } from './traffic.ts'

export const START: number = Date.UTC(2026, 0, 1)
export const HOUR: { readonly seconds: number, readonly maxBytes: number } = { seconds: 3600, maxBytes: 64 * 1024 * 1024 }

/** The frame of a second, whose loop delay, traffic and gauge tell which. */
export function frameOf (second: number, overrides: Partial<Frame> = {}): Frame {
  const empty = emptyFrame()
  return emptyFrame({
    sequence: second + 1,
    at: START + second * 1000,
    vitals: { ...empty.vitals, eventLoop: { utilization: second / 10_000, delay: { mean: 0, p50: 0, p99: 0, max: second } } },
    requests: { ...empty.requests, inFlight: second, settled: { ...empty.requests.settled, completed: 2, timeout: 1 } },
    routes: [routeOf('/', { '2xx': classOf(second + 1, 5), '5xx': classOf(9) }, second)],
    upstreams: [{ origin: 'http://x', inFlight: 1, classes: { reset: classOf(3) } }],
    figures: [{ name: 'depth', type: 'gauge', value: second, time: 0, buckets: [] }, { name: 'sold', type: 'counter', value: 4, time: 0, buckets: [] }],
    ...overrides
  })
}

export function historyOf (seconds: number, bounds: typeof HOUR = HOUR): FrameHistory {
  const history = new FrameHistory(bounds)
  for (let second = 0; second < seconds; second++) history.add(frameOf(second))
  return history
}
