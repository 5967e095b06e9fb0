import { bucketsIn, countIn, ERROR_CLASSES, quantileOf, SERVED_CLASSES, timeIn, totalOf } from '@plimsoll/core'
import type { Buckets, MergedFrame, RouteFigures, UpstreamFigures } from '@plimsoll/core'
import { figure, figureOrNull, shareOf, shortName } from './figure.ts'
import type { RouteView, TrafficView, UpstreamView } from './view.ts'

const MAX_ROWS = 50

/** What all requests came to, by core's own count: it is there without the monitor, but for percentiles and status 5xx. */
export function trafficOf ({ requests: { settled, inFlight, openStreams }, routes, window }: Pick<MergedFrame, 'requests' | 'routes' | 'window'>): TrafficView & { readonly buckets: Buckets } {
  const seconds = secondsOf(window)
  const total = totalOf(routes.map(({ classes }) => classes))
  const buckets = bucketsIn(total)
  const ended = Object.values(settled).reduce((sum, count) => sum + count, 0)
  const errors = settled.reset + settled.timeout + countIn(total, ['5xx'])
  return {
    requests: figure(ended / seconds),
    errorShare: shareOf(Math.min(errors, ended), ended),
    refused: figure(settled.refused / seconds),
    aborted: figure(settled['client-abort'] / seconds),
    p50: figureOrNull(quantileOf(buckets, 0.5)),
    p95: figureOrNull(quantileOf(buckets, 0.95)),
    p99: figureOrNull(quantileOf(buckets, 0.99)),
    inFlight,
    openStreams,
    buckets
  }
}

/** By time spent in them, most first; then by requests. */
export function routeViews (routes: readonly RouteFigures[], window: number): RouteView[] {
  return routes.map((route) => routeView(route, secondsOf(window)))
    .sort((a, b) => b.time - a.time || b.requests - a.requests)
    .slice(0, MAX_ROWS)
}

/** By requests, most first. */
export function upstreamViews (upstreams: readonly UpstreamFigures[], window: number): UpstreamView[] {
  return upstreams.map((upstream) => upstreamView(upstream, secondsOf(window)))
    .sort((a, b) => b.requests - a.requests)
    .slice(0, MAX_ROWS)
}

function routeView ({ method, route, inFlight, classes }: RouteFigures, seconds: number): RouteView {
  const buckets = bucketsIn(classes)
  const requests = countIn(classes)
  return {
    method: shortName(method),
    route: shortName(route),
    requests: figure(requests / seconds),
    errorShare: shareOf(countIn(classes, ERROR_CLASSES), requests),
    refused: figure(countIn(classes, ['refused']) / seconds),
    p50: figureOrNull(quantileOf(buckets, 0.5)),
    p95: figureOrNull(quantileOf(buckets, 0.95)),
    p99: figureOrNull(quantileOf(buckets, 0.99)),
    inFlight,
    time: figure(timeIn(classes, SERVED_CLASSES) / 1000 / seconds)
  }
}

function upstreamView ({ origin, inFlight, classes }: UpstreamFigures, seconds: number): UpstreamView {
  const buckets = bucketsIn(classes)
  const requests = countIn(classes)
  return {
    origin: shortName(origin),
    requests: figure(requests / seconds),
    errorShare: shareOf(countIn(classes, ERROR_CLASSES), requests),
    p50: figureOrNull(quantileOf(buckets, 0.5)),
    p99: figureOrNull(quantileOf(buckets, 0.99)),
    inFlight
  }
}

/** Of no frame at all: nothing came in any time. */
function secondsOf (window: number): number { return window > 0 ? window / 1000 : 1 }
