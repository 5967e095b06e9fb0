import { countIn, ERROR_CLASSES, SERVED_CLASSES } from '@plimsoll/core'
import type { Frame } from '@plimsoll/core'
import type { Findings } from '../rule.ts'
import { RouteTable, secondOf } from './route-table.ts'
import { ShareWindows } from './share-windows.ts'
import type { ShareVerdict } from './share-windows.ts'

export interface ErrorRateSettings {
  /** Share of served requests that may fail, 0 to 1. */
  threshold: number
  /** Served requests in a minute, below which nothing is said. */
  readonly minRequests: number
}

/**
 * The share of requests that this side failed (5xx, reset, timeout), of the whole service or of one route: a route that
 * fails whole and is a small part of the traffic is an incident as well. Refusals are no errors: they are the protection.
 */
export function errorRateSpike (settings: ErrorRateSettings): (frame: Frame) => Findings {
  const routes = new RouteTable(() => new ShareWindows())
  const service = new ShareWindows()
  return function errorRateSpike (frame) {
    const second = secondOf(frame)
    service.moveTo(second)
    const failing: Failing[] = []
    let judged = 0
    for (const [name, windows, figures] of routes.of(frame)) {
      windows.moveTo(second)
      if (figures !== undefined) {
        const total = countIn(figures.classes, SERVED_CLASSES)
        const errors = countIn(figures.classes, ERROR_CLASSES)
        windows.add(total, errors)
        service.add(total, errors)
      }
      const verdict = windows.judge(settings.threshold, settings.minRequests)
      if (verdict !== undefined) judged++
      if (verdict?.active === true) failing.push({ name, verdict })
    }
    const whole = service.judge(settings.threshold, settings.minRequests)
    if (whole?.active === true) failing.push({ name: 'all routes', verdict: whole })
    const [worst, ...others] = failing.sort((a, b) => b.verdict.hits - a.verdict.hits)
    if (worst !== undefined) return finding(worst, others, settings.threshold)
    return judged === 0 && whole === undefined ? undefined : false
  }
}

interface Failing { readonly name: string, readonly verdict: ShareVerdict }

function finding ({ name, verdict: { hits, total } }: Failing, others: readonly Failing[], threshold: number): Findings {
  const also = others.length === 0 ? '' : `; also ${others.slice(0, 3).map(other => other.name).join(', ')}`
  return {
    active: true,
    value: hits / total,
    threshold,
    summary: `${hits} of ${total} requests of ${name} failed in the last minute (${(100 * hits / total).toFixed(1)} %)${also}`
  }
}
