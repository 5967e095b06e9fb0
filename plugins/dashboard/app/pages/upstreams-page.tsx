import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import type { UpstreamView } from '../../src/view/view.ts'
import { Panel } from '../layout/panel.tsx'
import { ERRORS, IN_FLIGHT, ORIGIN_COLUMN, P50, P99, REQUESTS } from '../overview/traffic-columns.ts'
import { apiUrl } from '../state/api.ts'
import { serverNow } from '../state/history.ts'
import { rankedUpstreams } from '../state/live.ts'
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

export function UpstreamsPage (): JSX.Element {
  const filter = useSignal('')
  const live = useSignal(true)
  const { data, fault } = usePolled<Covered & { readonly upstreams: readonly UpstreamView[] }>(() => live.value ? '' : apiUrl('upstreams', { from: serverNow() - range.value * 1000, to: serverNow(), instance: instance.value }), EVERY_MS)
  const all = live.value ? rankedUpstreams.value : data.value?.upstreams ?? []
  const of = place.value.params['of'] ?? ''
  return (
    <>
      {of !== '' && <TrafficDetail key={of} title={of} of={`upstream:${of}`} />}
      <Panel title='Upstreams' note={<><FilterBox value={filter} label='Filter upstreams' /> <Period live={live} covered={data} /></>}>
        <Fault of={fault} />
        <SortableTable
          label='Upstreams' columns={sortable<UpstreamView>([ORIGIN_COLUMN, REQUESTS, ERRORS, P50, P99, IN_FLIGHT])} rows={all.filter(({ origin }) => passes(filter.value, origin))} keyOf={({ origin }) => origin}
          empty={all.length === 0 ? 'No calls to other services seen.' : 'No upstream has these words.'}
        />
      </Panel>
    </>
  )
}
