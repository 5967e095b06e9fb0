import type { TimeRange, TrafficTotals } from '@plimsoll/core'
import { routeViews, upstreamViews } from '../view/traffic.ts'
import { ALL } from '../view/view-builder.ts'
import type { RouteView, UpstreamView, View } from '../view/view.ts'
import type { ApiSources } from './api-routes.ts'

/** Routes or upstreams, and what they are really of. */
export interface TrafficAnswer<Of extends 'routes' | 'upstreams'> {
  /** `all`, or an instance's id. */
  readonly of: string
  /** Milliseconds since the Unix epoch: a second, or whole minutes. */
  readonly from: number
  readonly to: number
  readonly rows: ReadonlyArray<Of extends 'routes' ? RouteView : UpstreamView>
}

type TrafficSources = Pick<ApiSources, 'core' | 'live' | 'pool' | 'isOwn'>
type Totals = Pick<TrafficTotals, 'routes' | 'upstreams'> & Required<TimeRange>

/** With a range: of whole minutes. Without one, and where there are no minutes: of this second. */
export async function routesIn (sources: TrafficSources, range: TimeRange | undefined, asked: string): Promise<TrafficAnswer<'routes'>> {
  const found = totalsOf(sources, range, asked)
  if (found === undefined) return ofSecond(await sources.live.current(asked), ({ routes }) => routes)
  const { of, totals: { from, to, routes } } = found
  const own = routes.filter(({ route }) => !sources.isOwn(route))
  return { of, from, to, rows: routeViews(own.map((route) => ({ ...route, inFlight: 0 })), to - from) }
}

export async function upstreamsIn (sources: TrafficSources, range: TimeRange | undefined, asked: string): Promise<TrafficAnswer<'upstreams'>> {
  const found = totalsOf(sources, range, asked)
  if (found === undefined) return ofSecond(await sources.live.current(asked), ({ upstreams }) => upstreams)
  const { of, totals: { from, to, upstreams } } = found
  return { of, from, to, rows: upstreamViews(upstreams.map((upstream) => ({ ...upstream, inFlight: 0 })), to - from) }
}

function ofSecond<T> (view: View, rowsOf: (view: View) => readonly T[]): { readonly of: string, readonly from: number, readonly to: number, readonly rows: readonly T[] } {
  return { of: view.of, from: view.at - 1000, to: view.at, rows: rowsOf(view) }
}

/**
 * Of all instances there are sums since somebody looks; of this one there is its history, which reaches back further; of
 * another one by itself there are none here.
 */
function totalsOf ({ core: { frames }, pool }: TrafficSources, range: TimeRange | undefined, asked: string): { readonly of: string, readonly totals: Totals } | undefined {
  if (range === undefined) return undefined
  const others = pool.frames().some(({ frame }) => frame.instance !== frames.instance)
  const cluster = asked === ALL && others ? pool.totals(range) : undefined
  if (cluster !== undefined) return { of: ALL, totals: cluster }
  const own = asked === ALL || asked === frames.instance ? frames.history?.totals(range) : undefined
  return own && { of: frames.instance, totals: own }
}
