import { useComputed } from '@preact/signals'
import type { JSX } from 'preact'
import type { UpstreamView } from '../../src/view/view.ts'
import { LiveTable } from '../layout/live-table.tsx'
import type { LiveColumn } from '../layout/live-table.tsx'
import { Panel } from '../layout/panel.tsx'
import { rankedUpstreams } from '../state/live.ts'
import { hrefTo } from '../state/navigation.ts'
import { room } from './room.ts'
import { ERRORS, IN_FLIGHT, ORIGIN_COLUMN, P50, P99, REQUESTS } from './traffic-columns.ts'

const COLUMNS: ReadonlyArray<LiveColumn<UpstreamView>> = [ORIGIN_COLUMN, REQUESTS, ERRORS, P50, P99, IN_FLIGHT]

export function Upstreams (): JSX.Element {
  const rows = useComputed(() => rankedUpstreams.value.slice(0, room.value.upstreams))
  const note = useComputed(() => rankedUpstreams.value.length > room.value.upstreams ? `${room.value.upstreams} of ${rankedUpstreams.value.length}` : '')
  return (
    <Panel title='Upstreams' href={hrefTo('upstreams')} note={note}>
      <LiveTable label='Upstreams' columns={COLUMNS} rows={rows} keyOf={({ origin }) => origin} empty='No calls to other services seen.' />
    </Panel>
  )
}
