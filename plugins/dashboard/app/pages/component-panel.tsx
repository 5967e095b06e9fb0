import type { JSX } from 'preact'
import type { ComponentView } from '@plimsoll/core'
import type { ComponentDetail } from '../../src/view/view.ts'
import { LevelIcon } from '../layout/level.tsx'
import { Panel } from '../layout/panel.tsx'
import { componentUrl } from '../state/api.ts'
import { view } from '../state/live.ts'
import { viewer } from '../state/viewer.ts'
import { Controls } from './controls.tsx'
import { JsonView } from './json-view.tsx'
import { usePolled } from './polled.ts'

const EVERY_MS = 5000

/** A component: how it is, its figures, and what an operator can do with it. */
export function ComponentPanel ({ component, level }: { readonly component: ComponentDetail, readonly level: 'ok' | 'warning' | 'critical' }): JSX.Element {
  const { kind, name, instance, health, snapshot } = component
  // Controls reach the instance that answers, so they are offered for its own components only.
  const { data, again } = usePolled<ComponentView>(() => viewer.controls && instance === viewer.instance ? componentUrl(kind, name) : '', EVERY_MS)
  return (
    <Panel title={name} note={kind === name ? instance : `${kind} on ${instance}`}>
      <p class='health'><LevelIcon level={level} size={16} /> {health.status}{health.reason === undefined ? '' : `: ${health.reason}`}</p>
      <JsonView value={snapshot} now={view.value?.at ?? 0} />
      {data.value !== undefined && <Controls component={data.value} instance={instance} done={again} />}
      {viewer.controls && instance !== viewer.instance && <p class='empty'>Controls of {instance} are used on that instance: requests from here reach {viewer.instance}.</p>}
    </Panel>
  )
}
