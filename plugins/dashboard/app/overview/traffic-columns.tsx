import type { RouteView, UpstreamView } from '../../src/view/view.ts'
import type { Column } from '../layout/table.tsx'
import { millisecondsText, numberText, shareText } from '../state/format.ts'
import { hrefTo } from '../state/navigation.ts'

/** From this share on errors are coloured. */
const BAD_SHARE = 0.01

export function nameOf ({ method, route }: RouteView): string { return `${method} ${route}` }

/** Of an origin, to make room for what tells them apart. */
export function withoutScheme (origin: string): string { return origin.replace(/^https?:\/\//, '') }

export const ROUTE_COLUMN: Column<RouteView> = { name: 'Route', raw: nameOf, show: (row) => <a href={hrefTo('routes', { of: nameOf(row) })} title={nameOf(row)}>{nameOf(row)}</a>, class: 'name' }
export const ORIGIN_COLUMN: Column<UpstreamView> = { name: 'Origin', raw: ({ origin }) => origin, show: ({ origin }) => <a href={hrefTo('upstreams', { of: origin })} title={origin}>{withoutScheme(origin)}</a>, class: 'name' }

type Both = Pick<RouteView & UpstreamView, 'requests' | 'errorShare' | 'p50' | 'p99' | 'inFlight'>

export const REQUESTS: Column<Both> = { name: 'Requests/s', raw: ({ requests }) => requests, show: ({ requests }) => numberText(requests) }
export const ERRORS: Column<Both> = {
  name: 'Errors',
  raw: ({ errorShare }) => errorShare,
  show: ({ errorShare, requests }) => requests === 0 ? '–' : <span class={errorShare >= BAD_SHARE ? 'bad' : undefined}>{shareText(errorShare)}</span>
}
export const P50: Column<Both> = { name: 'P50', raw: ({ p50 }) => p50, show: ({ p50 }) => millisecondsText(p50) }
export const P99: Column<Both> = { name: 'P99', raw: ({ p99 }) => p99, show: ({ p99 }) => millisecondsText(p99) }
export const IN_FLIGHT: Column<Both> = { name: 'In flight', raw: ({ inFlight }) => inFlight, show: ({ inFlight }) => numberText(inFlight) }
