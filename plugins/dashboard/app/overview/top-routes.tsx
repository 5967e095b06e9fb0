import type { JSX } from 'preact'
import type { RouteView } from '../../src/view/view.ts'
import { Panel } from '../layout/panel.tsx'
import { Table } from '../layout/table.tsx'
import type { Column } from '../layout/table.tsx'
import { millisecondsText } from '../state/format.ts'
import { rankedRoutes } from '../state/live.ts'
import { hrefTo } from '../state/navigation.ts'
import { room } from './room.ts'
import { ERRORS, nameOf, P50, P99, REQUESTS, ROUTE_COLUMN } from './traffic-columns.tsx'

/** By the time spent in them, which is what the event loop and the upstreams feel. */
export function TopRoutes (): JSX.Element {
  const rows = rankedRoutes.value.slice(0, room.value.routes)
  const total = rankedRoutes.value.reduce((sum, { time }) => sum + time, 0)
  const time: Column<RouteView> = { name: 'Time', title: 'Service time a second, and its share of all', raw: (row) => row.time, show: (row) => <Bar value={row.time} of={total} /> }
  return (
    <Panel title='Top routes' href={hrefTo('routes')} note='by total time'>
      <Table label='Top routes' columns={[ROUTE_COLUMN, REQUESTS, ERRORS, P50, P99, time]} rows={rows} keyOf={nameOf} empty='No requests yet. Per-route figures need @plimsoll/monitor.' />
    </Panel>
  )
}

/** A figure with its share of the whole behind it. */
export function Bar ({ value, of }: { readonly value: number, readonly of: number }): JSX.Element {
  return <span class='bar'><i style={{ width: `${of > 0 ? value / of * 100 : 0}%` }} /><span>{millisecondsText(value)}</span></span>
}
