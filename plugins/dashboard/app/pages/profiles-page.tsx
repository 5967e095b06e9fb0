import type { Json } from '@plimsoll/core'
import type { JSX } from 'preact'
import { Panel } from '../layout/panel.tsx'
import { apiUrl } from '../state/api.ts'
import { view } from '../state/live.ts'
import { Fault } from './fault.tsx'
import { JsonView } from './json-view.tsx'
import { usePolled } from './polled.ts'

const EVERY_MS = 5000

/** What a profiler has recorded; it is started by its controls, on the page of components. */
export function ProfilesPage (): JSX.Element {
  const { data, fault } = usePolled<{ readonly profiles: readonly Json[] }>(() => apiUrl('profiles'), EVERY_MS)
  const profiles = data.value?.profiles
  return (
    <Panel title='Profiles'>
      <Fault of={fault} />
      {profiles?.length === 0 ? <p class='empty'>No profile has been recorded.</p> : <JsonView value={profiles ?? []} name='profiles' now={view.value?.at ?? 0} />}
    </Panel>
  )
}
