import { useSignal } from '@preact/signals'
import { Fragment } from 'preact'
import type { JSX } from 'preact'
import { byWord } from '../../src/view/by-word.ts'
import type { ComponentDetail } from '../../src/view/view.ts'
import { LevelIcon } from '../layout/level.tsx'
import { Panel } from '../layout/panel.tsx'
import { apiUrl } from '../state/api.ts'
import { hrefTo, instance, place } from '../state/navigation.ts'
import { ComponentPanel } from './component-panel.tsx'
import { Fault } from './fault.tsx'
import { FilterBox, passes } from './filter-box.tsx'
import { usePolled } from './polled.ts'

const EVERY_MS = 2000

const LEVELS = byWord({ ok: 'ok', degraded: 'warning', failing: 'critical' })

/** Everything that runs, also what other packages registered. */
export function ComponentsPage (): JSX.Element {
  const filter = useSignal('')
  const { data, fault } = usePolled<{ readonly components: readonly ComponentDetail[] }>(() => apiUrl('components', { instance: instance.value }), EVERY_MS)
  const components = data.value?.components ?? []
  const of = place.value.params['of'] ?? ''
  const chosen = components.find((component) => idOf(component) === of) ?? components.find(({ kind, name }) => name === of || kind === of) ?? components.find(({ snapshot }) => of !== '' && JSON.stringify(snapshot).includes(JSON.stringify(of)))
  const listed = components.filter((component) => passes(filter.value, `${component.kind} ${component.name} ${component.instance} ${component.health.status}`))
  const instances = [...new Set(listed.map(({ instance: id }) => id))]
  return (
    <div class='with-list'>
      <Panel title='Components' class='side' note={<FilterBox value={filter} label='Filter components' />}>
        <Fault of={fault} />
        {data.value !== undefined && listed.length === 0 && <p class='empty'>{components.length === 0 ? 'No component has registered.' : 'No component has these words.'}</p>}
        {instances.map((id) => (
          <Fragment key={id}>
            {instances.length > 1 && <h3>{id}</h3>}
            <ul class='choices' aria-label={id}>
              {listed.filter((component) => component.instance === id).map((component) => <Choice key={idOf(component)} component={component} isChosen={component === chosen} />)}
            </ul>
          </Fragment>
        ))}
      </Panel>
      {chosen === undefined
        ? <Panel title='Nothing chosen'><p class='empty'>{of === '' ? 'Choose a component to see its snapshot.' : `There is no component ${of}.`}</p></Panel>
        : <ComponentPanel key={idOf(chosen)} component={chosen} level={LEVELS[chosen.health.status]} />}
    </div>
  )
}

function Choice ({ component, isChosen }: { readonly component: ComponentDetail, readonly isChosen: boolean }): JSX.Element {
  const { kind, name, health: { status } } = component
  return (
    <li>
      <a href={hrefTo('components', { of: idOf(component) })} aria-current={isChosen ? 'true' : undefined}>
        <LevelIcon level={LEVELS[status]} size={14} /><span class='unseen'>{status}</span>
        <span class='name'>{name}</span>
        {kind !== name && <small>{kind}</small>}
      </a>
    </li>
  )
}

function idOf ({ kind, name, instance: id }: ComponentDetail): string { return `${kind}/${name}@${id}` }
