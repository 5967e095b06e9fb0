import { bucketsIn, countIn, ERROR_CLASSES, quantileOf, SERVED_CLASSES, timeIn } from '@plimsoll/core'
import type { AppFigure, Buckets, ClassTable, TrafficTotals, OutcomeClass } from '@plimsoll/core'

/** Figures of some stretch of time, as people and programs read them. */
export interface Summary {
  /** Milliseconds since the Unix epoch. */
  readonly from: number
  readonly to: number
  readonly instance: string
  /** Of all routes together. */
  readonly total: TrafficSummary
  /** Most total time first. */
  readonly routes: ReadonlyArray<TrafficSummary & { readonly method: string, readonly route: string }>
  readonly upstreams: ReadonlyArray<TrafficSummary & { readonly origin: string }>
  readonly figures: ReadonlyArray<{ readonly name: string, readonly type: AppFigure['type'], readonly value: number, readonly latency: LatencySummary | undefined }>
}

export interface TrafficSummary {
  readonly count: number
  /** Per second. */
  readonly rate: number
  /** 5xx, resets and timeouts. */
  readonly errors: number
  readonly classes: { readonly [C in OutcomeClass]?: number }
  /** Milliseconds of work on everything served. */
  readonly totalMs: number
  /** Of everything served; `undefined` where nothing was. */
  readonly latency: LatencySummary | undefined
  readonly requestBytes: number
  readonly responseBytes: number
}

/** Milliseconds. */
export interface LatencySummary {
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p95: number
  readonly p99: number
  readonly p999: number
}

/** @param totals with exact histograms */
export function summarize (totals: TrafficTotals, total: ClassTable, { from, to, instance }: { readonly from: number, readonly to: number, readonly instance: string }): Summary {
  const seconds = Math.max(1, to - from) / 1000
  return {
    from,
    to,
    instance,
    total: trafficSummary(total, seconds),
    routes: totals.routes.map(({ method, route, classes }) => ({ method, route, ...trafficSummary(classes, seconds) })).sort(byTotalTime),
    upstreams: totals.upstreams.map(({ origin, classes }) => ({ origin, ...trafficSummary(classes, seconds) })).sort(byTotalTime),
    figures: totals.figures.map(({ name, type, value, time, buckets }) => ({ name, type, value, latency: latencySummary(buckets, time, value) }))
  }
}

function byTotalTime (a: TrafficSummary, b: TrafficSummary): number { return b.totalMs - a.totalMs }

function trafficSummary (classes: ClassTable, seconds: number): TrafficSummary {
  const served = countIn(classes, SERVED_CLASSES)
  const time = timeIn(classes, SERVED_CLASSES)
  const count = countIn(classes)
  const all = Object.entries(classes)
  return {
    count,
    rate: count / seconds,
    errors: countIn(classes, ERROR_CLASSES),
    classes: Object.fromEntries(all.map(([name, { count }]) => [name, count])),
    totalMs: time / 1000,
    latency: latencySummary(bucketsIn(classes), time, served),
    requestBytes: all.reduce((sum, [, { requestBytes }]) => sum + requestBytes, 0),
    responseBytes: all.reduce((sum, [, { responseBytes }]) => sum + responseBytes, 0)
  }
}

function latencySummary (buckets: Buckets, time: number, count: number): LatencySummary | undefined {
  if (buckets.length === 0) return undefined
  const at = (q: number): number => quantileOf(buckets, q)
  return { mean: time / count / 1000, p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), p999: at(0.999) }
}
