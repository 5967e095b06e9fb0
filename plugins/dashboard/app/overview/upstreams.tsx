import type { JSX } from 'preact'
import { Panel } from '../layout/panel.tsx'
import { Table } from '../layout/table.tsx'
import { rankedUpstreams } from '../state/live.ts'
import { hrefTo } from '../state/navigation.ts'
import { room } from './room.ts'
import { ERRORS, IN_FLIGHT, ORIGIN_COLUMN, P50, P99, REQUESTS } from './traffic-columns.tsx'

export function Upstreams (): JSX.Element {
  const rows = rankedUpstreams.value
  return (
    <Panel title='Upstreams' href={hrefTo('upstreams')} note={rows.length > room.value.upstreams ? `${room.value.upstreams} of ${rows.length}` : undefined}>
      <Table label='Upstreams' columns={[ORIGIN_COLUMN, REQUESTS, ERRORS, P50, P99, IN_FLIGHT]} rows={rows.slice(0, room.value.upstreams)} keyOf={({ origin }) => origin} empty='No calls to other services seen.' />
    </Panel>
  )
}
