import { bucketsIn } from '@plimsoll/core'
import type { Buckets, Frame } from '@plimsoll/core'
import type { Findings } from '../rule.ts'
import { countAbove, LatencyBaseline } from './latency-baseline.ts'
import { RouteTable, secondOf } from './route-table.ts'
import { ShareWindows } from './share-windows.ts'

export interface LatencySettings {
  /** How many times its usual P99 a route's P99 may be. */
  threshold: number
  /** Judge by this P99 in milliseconds, and learn nothing. */
  readonly absoluteMs: number | undefined
  /** Milliseconds above the usual P99 that are never too slow. */
  readonly minExcessMs: number
  /** Requests of a route in a minute, below which nothing is said of it. */
  readonly minRequests: number
  /** Milliseconds after which a latency that stays is taken for the new usual. */
  readonly relearnAfterMs: number
}

/** P99 is above the limit where more than this share is. */
const SLOW_SHARE = 0.01
const NO_BUCKETS: Buckets = []

class RouteLatency {
  readonly windows: ShareWindows = new ShareWindows()
  readonly baseline: LatencyBaseline = new LatencyBaseline()
  slowSince: number | undefined
}

/**
 * Routes whose P99 is above what is usual for them. "P99 above the limit" is judged as "more than 1 % are slower than the
 * limit", which few requests can't feign.
 */
export function latencyThreshold (settings: LatencySettings): (frame: Frame) => Findings {
  const routes = new RouteTable(() => new RouteLatency())
  return function latencyThreshold (frame) {
    const slow: Slow[] = []
    let judged = 0
    const second = secondOf(frame)
    for (const [name, route, figures] of routes.of(frame)) {
      const buckets = figures === undefined ? NO_BUCKETS : bucketsIn(figures.classes)
      const limitMs = settings.absoluteMs ?? route.baseline.limitMs(settings.threshold, settings.minExcessMs)
      route.windows.moveTo(second)
      if (limitMs !== undefined) route.windows.add(total(buckets), countAbove(buckets, limitMs))
      const verdict = limitMs === undefined ? undefined : route.windows.judge(SLOW_SHARE, settings.minRequests)
      const active = verdict?.active === true
      if (settings.absoluteMs === undefined) learn(route, frame.clock, buckets, active, settings.relearnAfterMs)
      if (verdict === undefined || limitMs === undefined) continue
      judged++
      if (active) slow.push({ name, limitMs, share: verdict.hits / verdict.total, total: verdict.total, usualMs: route.baseline.usualMs })
    }
    if (judged === 0) return undefined
    const worst = slow.sort((a, b) => b.share - a.share)[0]
    return worst === undefined ? false : { active: true, value: worst.share, threshold: worst.limitMs / 1000, summary: sentence(worst, slow.length) }
  }
}

interface Slow { readonly name: string, readonly limitMs: number, readonly share: number, readonly total: number, readonly usualMs: number | undefined }

function learn (route: RouteLatency, now: number, buckets: Buckets, active: boolean, relearnAfterMs: number): void {
  route.baseline.learn(now, buckets, active)
  if (!active) route.slowSince = undefined
  else if (now - (route.slowSince ??= now) >= relearnAfterMs) {
    route.baseline.forget()
    route.slowSince = undefined
  }
}

function total (buckets: Buckets): number {
  let count = 0
  for (let index = 1; index < buckets.length; index += 2) count += buckets[index]!
  return count
}

function sentence ({ name, limitMs, share, total, usualMs }: Slow, routes: number): string {
  const usual = usualMs === undefined ? '' : `; its P99 is usually ${usualMs.toFixed(0)} ms`
  const others = routes === 1 ? '' : `, and ${routes - 1} more ${routes === 2 ? 'route is' : 'routes are'} too slow`
  return `${(100 * share).toFixed(1)} % of ${total} requests of ${name} took longer than ${limitMs.toFixed(0)} ms in the last minute${usual}${others}`
}
