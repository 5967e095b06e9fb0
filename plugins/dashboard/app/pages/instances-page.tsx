import type { JSX } from 'preact'
import type { InstanceView } from '../../src/view/view.ts'
import { LevelIcon } from '../layout/level.tsx'
import { Panel } from '../layout/panel.tsx'
import type { Column } from '../layout/table.tsx'
import { durationText, millisecondsText, numberText, shareText, timeText } from '../state/format.ts'
import { view } from '../state/live.ts'
import { hrefTo } from '../state/navigation.ts'
import { SortableTable } from './sortable-table.tsx'

/** The processes of the cluster beside one another: the sick one stands out. */
export function InstancesPage (): JSX.Element {
  const instances = view.value?.instances ?? []
  const now = view.value?.at ?? 0
  const columns: ReadonlyArray<Column<InstanceView>> = [
    { name: 'Instance', raw: ({ instance }) => instance, show: (row) => <><LevelIcon level={levelOf(row)} size={14} /> <a href={hrefTo('overview', { instance: row.instance })}>{row.instance}</a>{row.self ? <small> this one</small> : ''}</>, class: 'text' },
    { name: 'State', raw: ({ state }) => state, show: ({ state, at }) => state === 'live' ? 'live' : `stale for ${durationText(now - at)}`, class: 'text' },
    { name: 'Requests/s', raw: ({ requests }) => requests, show: ({ requests }) => numberText(requests) },
    { name: 'Errors', raw: ({ errorShare }) => errorShare, show: ({ errorShare }) => shareText(errorShare) },
    { name: 'P99', raw: ({ p99 }) => p99, show: ({ p99 }) => millisecondsText(p99) },
    { name: 'Loop', title: 'Share of the second that the event loop was busy', raw: ({ loop }) => loop, show: ({ loop }) => <Meter share={loop} /> },
    { name: 'CPU', title: 'Cores in use', raw: ({ cpu }) => cpu, show: ({ cpu }) => numberText(cpu) },
    { name: 'Memory', title: 'Share of the limit', raw: ({ memory }) => memory, show: ({ memory }) => <Meter share={memory} /> },
    { name: 'Health', raw: (row) => healthText(row), class: 'text long' }
  ]
  return (
    <Panel title='Instances' note={instances.length === 1 ? 'More than one is seen where a coordinator is configured.' : String(instances.length)}>
      <SortableTable label='Instances' columns={columns} rows={instances} keyOf={({ instance }) => instance} rowClass={({ state }) => `is-${state}`} empty='No frame yet.' />
    </Panel>
  )
}

function Meter ({ share }: { readonly share: number }): JSX.Element {
  const level = share >= 0.9 ? 'critical' : share >= 0.75 ? 'warning' : 'ok'
  return <span class={`meter is-${level}`}><i style={{ width: `${Math.min(100, share * 100)}%` }} /><span>{shareText(share)}</span></span>
}

function levelOf ({ state, live, ready, degraded }: InstanceView): 'ok' | 'notice' | 'warning' | 'critical' {
  if (state === 'stale') return 'warning'
  return !live || !ready ? 'critical' : degraded ? 'warning' : 'ok'
}

function healthText ({ state, at, live, ready, degraded, reasons }: InstanceView): string {
  // What it said of itself then is of no use now.
  if (state === 'stale') return `silent since ${timeText(at)}`
  const words = [!live && 'not alive', !ready && 'not ready', degraded && 'degraded'].filter((word) => word !== false)
  return words.length === 0 ? 'ready' : `${words.join(', ')}${reasons.length === 0 ? '' : `: ${reasons.join('; ')}`}`
}
