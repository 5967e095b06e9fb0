import { bucketOf } from '@plimsoll/core'
import type { ClassTable, ComponentFigures, Frame, Json, RouteFigures } from '@plimsoll/core'
import { emptyFrame } from '@plimsoll/core/testing'

const IDLE = emptyFrame()

export interface RouteTraffic {
  readonly route?: string
  readonly ok?: number
  readonly failed?: number
  /** Milliseconds that each of them took. */
  readonly ms?: number
  readonly slow?: number
  readonly slowMs?: number
}

/** The frame of the second `second`. */
export function frameAt (second: number, overrides: Partial<Frame> = {}): Frame {
  return emptyFrame({ sequence: second, clock: 1000 * second, at: IDLE.at + 1000 * second, ...overrides })
}

export function traffic (...routes: readonly RouteTraffic[]): Pick<Frame, 'routes' | 'requests'> {
  const completed = routes.reduce((sum, { ok = 0, failed = 0, slow = 0 }) => sum + ok + failed + slow, 0)
  return { requests: { ...IDLE.requests, settled: { ...IDLE.requests.settled, completed } }, routes: routes.map(routeOf) }
}

function routeOf ({ route = '/', ok = 0, failed = 0, ms = 10, slow = 0, slowMs = 1000 }: RouteTraffic): RouteFigures {
  const buckets = [bucketOf(1000 * ms), ok, ...slow > 0 ? [bucketOf(1000 * slowMs), slow] : []]
  const figures = { time: 0, requestBytes: 0, responseBytes: 0 }
  const classes: ClassTable = {
    ...(ok + slow > 0 && { '2xx': { ...figures, count: ok + slow, buckets } }),
    ...(failed > 0 && { '5xx': { ...figures, count: failed, buckets: [bucketOf(1000 * ms), failed] } })
  }
  return { method: 'GET', route, inFlight: 0, classes }
}

export function vitals (change: { readonly heap?: number, readonly utilization?: number, readonly floor?: number | undefined, readonly major?: number, readonly pause?: number, readonly stall?: number }): Pick<Frame, 'vitals'> {
  const { eventLoop, memory, gc, ...rest } = IDLE.vitals
  return {
    vitals: {
      ...rest,
      eventLoop: { ...eventLoop, delay: { ...eventLoop.delay, max: change.stall ?? 1 } },
      memory: { ...memory, utilization: change.utilization ?? 0.1, oldSpaceFloor: 'floor' in change ? change.floor : 15e6 },
      gc: { ...gc, longestPause: change.pause ?? 1, major: change.major ?? 0 }
    }
  }
}

export function component (kind: string, name: string, snapshot: { readonly [key: string]: Json }): ComponentFigures {
  return { kind, name, health: { status: 'ok' }, snapshot }
}
