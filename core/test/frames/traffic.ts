import { LatencyHistogram, LatencyWindow } from '@plimsoll/core'
import type { ClassFigures, RouteFigures } from '@plimsoll/core'

/** A class that requests of these milliseconds ended in. */
export function classOf (...ms: readonly number[]): ClassFigures {
  const histogram = new LatencyHistogram()
  for (const one of ms) histogram.record(one)
  return { ...new LatencyWindow(histogram).next(), requestBytes: 10 * ms.length, responseBytes: 100 * ms.length }
}

export function routeOf (route: string, classes: RouteFigures['classes'], inFlight: number = 0): RouteFigures {
  return { method: 'GET', route, inFlight, classes }
}
