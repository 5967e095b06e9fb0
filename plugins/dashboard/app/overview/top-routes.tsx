import { useComputed } from '@preact/signals'
import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { RouteView } from '../../src/view/view.ts'
import { LiveTable } from '../layout/live-table.tsx'
import type { LiveColumn } from '../layout/live-table.tsx'
import { Panel } from '../layout/panel.tsx'
import { millisecondsText } from '../state/format.ts'
import { rankedRoutes } from '../state/live.ts'
import { hrefTo } from '../state/navigation.ts'
import { room } from './room.ts'
import { ERRORS, nameOf, P50, P99, REQUESTS, ROUTE_COLUMN } from './traffic-columns.ts'

/** By the time spent in them, which is what the event loop and the upstreams feel. */
export function TopRoutes (): JSX.Element {
  const rows = useComputed(() => rankedRoutes.value.slice(0, room.value.routes))
  const total = useComputed(() => rankedRoutes.value.reduce((sum, { time }) => sum + time, 0))
  const columns = useMemo((): ReadonlyArray<LiveColumn<RouteView>> => {
    const time: LiveColumn<RouteView> = { name: 'Time', title: 'Service time a second, and its share of all', raw: (row) => row.time, text: (row) => millisecondsText(row.time), share: (row) => total.value > 0 ? row.time / total.value : 0 }
    return [ROUTE_COLUMN, REQUESTS, ERRORS, P50, P99, time]
  }, [])
  return (
    <Panel title='Top routes' href={hrefTo('routes')} note='by total time'>
      <LiveTable label='Top routes' columns={columns} rows={rows} keyOf={nameOf} empty='No requests yet. Per-route figures need @plimsoll/monitor.' />
    </Panel>
  )
}
