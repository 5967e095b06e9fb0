import type { RouteView, UpstreamView } from '../../src/view/view.ts'
import type { LiveColumn } from '../layout/live-table.tsx'
import { millisecondsText, numberText, shareText } from '../state/format.ts'
import { hrefTo } from '../state/navigation.ts'

/** From this share on errors are coloured. */
const BAD_SHARE = 0.01

export function nameOf ({ method, route }: RouteView): string { return `${method} ${route}` }

/** Of an origin, to make room for what tells them apart. */
export function withoutScheme (origin: string): string { return origin.replace(/^https?:\/\//, '') }

export const ROUTE_COLUMN: LiveColumn<RouteView> = { name: 'Route', raw: nameOf, text: nameOf, href: (row) => hrefTo('routes', { of: nameOf(row) }), class: 'name' }
export const ORIGIN_COLUMN: LiveColumn<UpstreamView> = { name: 'Origin', raw: ({ origin }) => origin, text: ({ origin }) => withoutScheme(origin), href: ({ origin }) => hrefTo('upstreams', { of: origin }), class: 'name' }

type Both = Pick<RouteView & UpstreamView, 'requests' | 'errorShare' | 'p50' | 'p99' | 'inFlight'>

export const REQUESTS: LiveColumn<Both> = { name: 'Requests/s', raw: ({ requests }) => requests, text: ({ requests }) => numberText(requests) }
export const ERRORS: LiveColumn<Both> = {
  name: 'Errors',
  raw: ({ errorShare }) => errorShare,
  text: ({ errorShare, requests }) => requests === 0 ? '–' : shareText(errorShare),
  tone: ({ errorShare, requests }) => requests > 0 && errorShare >= BAD_SHARE ? 'bad' : ''
}
export const P50: LiveColumn<Both> = { name: 'P50', raw: ({ p50 }) => p50, text: ({ p50 }) => millisecondsText(p50) }
export const P99: LiveColumn<Both> = { name: 'P99', raw: ({ p99 }) => p99, text: ({ p99 }) => millisecondsText(p99) }
export const IN_FLIGHT: LiveColumn<Both> = { name: 'In flight', raw: ({ inFlight }) => inFlight, text: ({ inFlight }) => numberText(inFlight) }
