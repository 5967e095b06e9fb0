import type { JSX } from 'preact'
import type { ComponentDetail } from '../../src/view/view.ts'
import { Panel } from '../layout/panel.tsx'
import { apiUrl } from '../state/api.ts'
import { view } from '../state/live.ts'
import { Fault } from './fault.tsx'
import { JsonView } from './json-view.tsx'
import { usePolled } from './polled.ts'

const EVERY_MS = 5000

/** What a profiler has recorded; it is started by its controls, on the page of components. */
export function ProfilesPage (): JSX.Element {
  const { data, fault } = usePolled<{ readonly profiles: readonly ComponentDetail[] }>(() => apiUrl('profiles'), EVERY_MS)
  const profilers = data.value?.profiles
  return (
    <>
      <Fault of={fault} />
      {profilers?.length === 0 && <Panel title='Profiles'><p class='empty'>No profiler is registered.</p></Panel>}
      {profilers?.map(({ kind, name, instance, health, snapshot }) => (
        <Panel key={`${kind} ${name} ${instance}`} title={name} note={instance}>
          {health.reason !== undefined && <p>{health.status}: {health.reason}</p>}
          <JsonView value={snapshot} now={view.value?.at ?? 0} />
        </Panel>
      ))}
    </>
  )
}
