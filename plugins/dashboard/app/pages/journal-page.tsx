import { useSignal } from '@preact/signals'
import type { JournalEntry } from '@plimsoll/core'
import type { JSX } from 'preact'
import { byWord } from '../../src/view/by-word.ts'
import { LevelIcon } from '../layout/level.tsx'
import { Panel } from '../layout/panel.tsx'
import { apiUrl } from '../state/api.ts'
import { dateText, isoText } from '../state/format.ts'
import { view } from '../state/live.ts'
import { instance } from '../state/navigation.ts'
import { Fault } from './fault.tsx'
import { FilterBox, passes } from './filter-box.tsx'
import { JsonView } from './json-view.tsx'
import { usePolled } from './polled.ts'

const EVERY_MS = 2000
const LIMIT = 300
const SEVERITIES = ['info', 'warning', 'error'] as const
const LEVELS = byWord({ info: 'notice', warning: 'warning', error: 'critical' })

type Entry = JournalEntry & { readonly instance?: string }

/** What happened, newest first. */
export function JournalPage (): JSX.Element {
  const filter = useSignal('')
  const least = useSignal<Entry['severity']>('info')
  const { data, fault } = usePolled<{ readonly entries: readonly Entry[] }>(() => apiUrl('journal', { limit: LIMIT, instance: instance.value }), EVERY_MS)
  const now = view.value?.at ?? 0
  const entries = data.value?.entries ?? []
  const shown = entries
    .filter(({ severity, component, event, message, instance: id = '' }) => SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least.value) && passes(filter.value, `${component} ${event} ${message} ${id}`))
    .sort((a, b) => b.at - a.at || b.sequence - a.sequence)
  const several = new Set(entries.map(({ instance: id }) => id)).size > 1
  const note = (
    <>
      <FilterBox value={filter} label='Filter the journal' />{' '}
      <label><span class='unseen'>Severity</span>
        <select value={least.value} onChange={({ currentTarget }) => { least.value = SEVERITIES.find((known) => known === currentTarget.value) ?? 'info' }}>
          <option value='info'>everything</option><option value='warning'>warnings and errors</option><option value='error'>errors</option>
        </select>
      </label>
    </>
  )
  return (
    <Panel title='Journal' note={note}>
      <Fault of={fault} />
      {data.value !== undefined && shown.length === 0 && <p class='empty'>{entries.length === 0 ? 'Nothing happened.' : 'Nothing like that happened.'}</p>}
      <ol class='journal'>
        {shown.map((entry) => (
          <li key={`${entry.instance ?? ''} ${entry.sequence}`}>
            <details>
              <summary>
                <LevelIcon level={LEVELS[entry.severity]} size={14} /><span class='unseen'>{entry.severity}</span>
                <time dateTime={isoText(entry.at)}>{dateText(entry.at, now)}</time>
                {several && <span class='whose'>{entry.instance}</span>}
                <span class='name'>{entry.component}</span>
                <span class='event'>{entry.event}</span>
                <span class='message'>{entry.message}</span>
              </summary>
              <JsonView value={{ sequence: entry.sequence, severity: entry.severity, ...entry.data }} now={now} />
            </details>
          </li>
        ))}
      </ol>
    </Panel>
  )
}
