import { totalOf } from './class-table.ts'
import type { ClassTable } from './class-table.ts'
import type { AppFigure, RouteFigures, UpstreamFigures } from './frame.ts'
import { addFigures, figureKey, groups, routeKey } from './same-series.ts'

/** Everything that ended on a route, to an upstream or under a name in some stretch of time; a frame is one as well. */
export interface TrafficTotals {
  readonly routes: ReadonlyArray<Omit<RouteFigures, 'inFlight'>>
  readonly upstreams: ReadonlyArray<Omit<UpstreamFigures, 'inFlight'>>
  readonly figures: readonly AppFigure[]
}

/** Sums by route, origin and name; a gauge is its latest value. */
export function mergeTotals (parts: readonly TrafficTotals[]): TrafficTotals {
  return {
    routes: groups(parts.flatMap(({ routes }) => routes), routeKey).map(([first, ...rest]) => ({ method: first.method, route: first.route, classes: classesOf([first, ...rest]) })),
    upstreams: groups(parts.flatMap(({ upstreams }) => upstreams), ({ origin }) => origin).map(([first, ...rest]) => ({ origin: first.origin, classes: classesOf([first, ...rest]) })),
    figures: groups(parts.flatMap(({ figures }) => figures), figureKey).map(([first, ...rest]) => rest.reduce((sum, next) => addFigures(sum, next, 'latest'), first))
  }
}

function classesOf (same: ReadonlyArray<{ readonly classes: ClassTable }>): ClassTable {
  return totalOf(same.map(({ classes }) => classes))
}
