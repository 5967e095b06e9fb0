import { useComputed, useSignal } from '@preact/signals'
import type { ComponentView, Json } from '@plimsoll/core'
import type { JSX } from 'preact'
import type { AlertView, ComponentDetail } from '../../src/view/view.ts'
import { LevelIcon } from '../layout/level.tsx'
import { Panel } from '../layout/panel.tsx'
import type { Column } from '../layout/table.tsx'
import { levelOfAlert } from '../overview/alerts.tsx'
import { apiUrl, componentUrl } from '../state/api.ts'
import { dateText, durationText } from '../state/format.ts'
import { view } from '../state/live.ts'
import { instance } from '../state/navigation.ts'
import { viewer } from '../state/viewer.ts'
import { Fault } from './fault.tsx'
import { JsonView } from './json-view.tsx'
import { usePolled } from './polled.ts'
import { SilenceDialog, UnsilenceButton } from './silence-dialog.tsx'
import { SortableTable } from './sortable-table.tsx'

const EVERY_MS = 3000
const OFFERED_EVERY_MS = 60_000

/** What fires, what fired, and who is not to be told: as the component of kind `alerts` says. */
export function AlertsPage (): JSX.Element {
  const silencing = useSignal<AlertView | undefined>(undefined)
  const { data, fault, again } = usePolled<{ readonly components: readonly ComponentDetail[] }>(() => apiUrl('components', { instance: instance.value }), EVERY_MS)
  const components = data.value?.components.filter(({ kind }) => kind === 'alerts') ?? []
  const own = components.find(({ instance: id }) => id === viewer.instance)
  const shown = own ?? components[0]
  const ownName = useComputed(() => data.value?.components.find(({ kind, instance: id }) => kind === 'alerts' && id === viewer.instance)?.name ?? '')
  const offered = usePolled<ComponentView>(() => viewer.controls && ownName.value !== '' ? componentUrl('alerts', ownName.value) : '', OFFERED_EVERY_MS)
  const canSilence = own !== undefined && Object.hasOwn(offered.data.value?.controls ?? {}, 'silence')
  const now = view.value?.at ?? 0
  const columns: ReadonlyArray<Column<AlertView>> = [
    { name: 'Rule', raw: ({ rule }) => rule, show: (alert) => <><LevelIcon level={levelOfAlert(alert)} size={14} /> {alert.rule}</>, class: 'text' },
    { name: 'State', raw: ({ state }) => state, class: 'text' },
    { name: 'Severity', raw: ({ severity }) => severity, class: 'text' },
    { name: 'Instance', raw: ({ instance: id }) => id, class: 'text' },
    { name: 'Since', raw: ({ since }) => since, show: ({ since }) => `${dateText(since, now)} (${durationText(now - since)})`, class: 'text' },
    { name: 'Summary', raw: ({ summary }) => summary, class: 'text long' },
    ...canSilence ? [{ name: 'Silence', raw: () => null, show: (alert: AlertView) => <button type='button' onClick={() => { silencing.value = alert }}>Silence…</button> }] : []
  ]
  return (
    <>
      <Panel title='Alerts'>
        <Fault of={fault} />
        <SortableTable label='Alerts' columns={columns} rows={view.value?.alerts ?? []} keyOf={({ rule, instance: id, since }) => `${rule} ${id} ${since}`} empty='Nothing fires.' />
      </Panel>
      {data.value !== undefined && shown === undefined && <Panel title='Rules'><p class='empty'>No alerts component is registered. With @plimsoll/alerts there are rules, history, silences and notifiers here.</p></Panel>}
      {shown !== undefined && <Silences silences={shown.snapshot['silences'] ?? []} now={now} done={again} canSilence={canSilence} component={shown} />}
      {shown !== undefined && ['history', 'rules', 'notifiers'].map((part) => <Part key={part} name={part} value={shown.snapshot[part]} now={now} />)}
      {silencing.value !== undefined && own !== undefined && <SilenceDialog alert={silencing.value} component={own} close={() => { silencing.value = undefined; again() }} />}
    </>
  )
}

function Part ({ name, value, now }: { readonly name: string, readonly value: Json | undefined, readonly now: number }): JSX.Element | null {
  if (value === undefined) return null
  return <Panel title={`${name[0]?.toUpperCase()}${name.slice(1)}`}><JsonView value={value} name={name} now={now} /></Panel>
}

function Silences ({ silences, now, canSilence, component, done }: { readonly silences: Json, readonly now: number, readonly canSilence: boolean, readonly component: ComponentDetail, readonly done: () => void }): JSX.Element {
  const list: readonly Json[] = Array.isArray(silences) ? silences : []
  return (
    <Panel title='Silences'>
      {list.length === 0 ? <p class='empty'>None: everybody is told of everything.</p> : <JsonView value={list} name='silences' now={now} />}
      {canSilence && list.map((silence, index) => <UnsilenceButton key={index} silence={silence} component={component} done={done} />)}
    </Panel>
  )
}
