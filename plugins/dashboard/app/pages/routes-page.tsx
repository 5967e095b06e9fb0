import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import type { RouteView } from '../../src/view/view.ts'
import { Panel } from '../layout/panel.tsx'
import type { Column } from '../layout/table.tsx'
import { Bar } from '../overview/top-routes.tsx'
import { ERRORS, IN_FLIGHT, nameOf, P50, P99, REQUESTS, ROUTE_COLUMN } from '../overview/traffic-columns.tsx'
import { apiUrl } from '../state/api.ts'
import { millisecondsText, numberText } from '../state/format.ts'
import { serverNow } from '../state/history.ts'
import { rankedRoutes } from '../state/live.ts'
import { instance, place, range } from '../state/navigation.ts'
import { Fault } from './fault.tsx'
import { FilterBox, passes } from './filter-box.tsx'
import { Period } from './period.tsx'
import type { Covered } from './period.tsx'
import { usePolled } from './polled.ts'
import { SortableTable } from './sortable-table.tsx'
import { TrafficDetail } from './traffic-detail.tsx'

const EVERY_MS = 10_000
const P95: Column<RouteView> = { name: 'P95', raw: ({ p95 }) => p95, show: ({ p95 }) => millisecondsText(p95) }
const REFUSED: Column<RouteView> = { name: 'Refused', raw: ({ refused }) => refused, show: ({ refused }) => numberText(refused) }

export function RoutesPage (): JSX.Element {
  const filter = useSignal('')
  const live = useSignal(true)
  const { data, fault } = usePolled<Covered & { readonly routes: readonly RouteView[] }>(() => live.value ? '' : apiUrl('routes', { from: serverNow() - range.value * 1000, to: serverNow(), instance: instance.value }), EVERY_MS)
  const all = live.value ? rankedRoutes.value : data.value?.routes ?? []
  const rows = all.filter((row) => passes(filter.value, nameOf(row)))
  const total = all.reduce((sum, { time }) => sum + time, 0)
  const time: Column<RouteView> = { name: 'Time', title: 'Service time a second, and its share of all', raw: (row) => row.time, show: (row) => <Bar value={row.time} of={total} /> }
  const of = place.value.params['of'] ?? ''
  return (
    <>
      {of !== '' && <TrafficDetail key={of} title={of} of={`route:${of}`} />}
      <Panel title='Routes' note={<><FilterBox value={filter} label='Filter routes' /> <Period live={live} covered={data} /></>}>
        <Fault of={fault} />
        <SortableTable
          label='Routes' columns={[ROUTE_COLUMN, REQUESTS, ERRORS, P50, P95, P99, IN_FLIGHT, REFUSED, time]} rows={rows} keyOf={nameOf} {...(!live.value && { by: 'Time' })}
          empty={all.length === 0 ? 'No requests seen. Per-route figures need @plimsoll/monitor.' : 'No route has these words.'}
        />
      </Panel>
    </>
  )
}
