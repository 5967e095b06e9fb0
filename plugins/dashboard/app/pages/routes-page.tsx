import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import type { RouteView } from '../../src/view/view.ts'
import { Panel } from '../layout/panel.tsx'
import type { LiveColumn } from '../layout/live-table.tsx'
import { ERRORS, IN_FLIGHT, nameOf, P50, P99, REQUESTS, ROUTE_COLUMN } from '../overview/traffic-columns.ts'
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
import { sortable } from './table-columns.tsx'
import { TrafficDetail } from './traffic-detail.tsx'

const EVERY_MS = 10_000
const P95: LiveColumn<RouteView> = { name: 'P95', raw: ({ p95 }) => p95, text: ({ p95 }) => millisecondsText(p95) }
const REFUSED: LiveColumn<RouteView> = { name: 'Refused', raw: ({ refused }) => refused, text: ({ refused }) => numberText(refused) }

export function RoutesPage (): JSX.Element {
  const filter = useSignal('')
  const live = useSignal(true)
  const { data, fault } = usePolled<Covered & { readonly routes: readonly RouteView[] }>(() => live.value ? '' : apiUrl('routes', { from: serverNow() - range.value * 1000, to: serverNow(), instance: instance.value }), EVERY_MS)
  const all = live.value ? rankedRoutes.value : data.value?.routes ?? []
  const rows = all.filter((row) => passes(filter.value, nameOf(row)))
  const total = all.reduce((sum, { time }) => sum + time, 0)
  const time: LiveColumn<RouteView> = { name: 'Time', title: 'Service time a second, and its share of all', raw: (row) => row.time, text: (row) => millisecondsText(row.time), share: (row) => total > 0 ? row.time / total : 0 }
  const of = place.value.params['of'] ?? ''
  return (
    <>
      {of !== '' && <TrafficDetail key={of} title={of} of={`route:${of}`} />}
      <Panel title='Routes' note={<><FilterBox value={filter} label='Filter routes' /> <Period live={live} covered={data} /></>}>
        <Fault of={fault} />
        <SortableTable
          label='Routes' columns={sortable<RouteView>([ROUTE_COLUMN, REQUESTS, ERRORS, P50, P95, P99, IN_FLIGHT, REFUSED, time])} rows={rows} keyOf={nameOf} {...(!live.value && { by: 'Time' })}
          empty={all.length === 0 ? 'No requests seen. Per-route figures need @plimsoll/monitor.' : 'No route has these words.'}
        />
      </Panel>
    </>
  )
}
