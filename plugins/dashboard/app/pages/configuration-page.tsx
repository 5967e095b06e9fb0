import { useSignal } from '@preact/signals'
import type { ConfigurationValue } from '@plimsoll/core'
import type { JSX } from 'preact'
import { Panel } from '../layout/panel.tsx'
import { apiUrl } from '../state/api.ts'
import { view } from '../state/live.ts'
import { instance } from '../state/navigation.ts'
import { Fault } from './fault.tsx'
import { FilterBox, passes } from './filter-box.tsx'
import { JsonView } from './json-view.tsx'
import { usePolled } from './polled.ts'

const EVERY_MS = 10_000

interface Configured {
  readonly kind: string
  readonly name: string
  readonly configuration: { readonly [option: string]: ConfigurationValue }
}

/** What is in force, and where each value comes from. */
export function ConfigurationPage (): JSX.Element {
  const filter = useSignal('')
  const changed = useSignal(false)
  const { data, fault } = usePolled<{ readonly instance?: string, readonly components: readonly Configured[] }>(() => apiUrl('configuration', { instance: instance.value }), EVERY_MS)
  const components = (data.value?.components ?? []).map(({ kind, name, configuration }) => ({
    name,
    kind: kind === name ? '' : kind,
    options: Object.entries(configuration).filter(([option, { source }]) => (!changed.value || source !== 'default') && passes(filter.value, `${kind} ${name} ${option} ${source}`))
  })).filter(({ options }) => options.length > 0)
  return (
    <>
      <div class='page-tools'>
        <h2>Effective configuration</h2>
        <FilterBox value={filter} label='Filter options' />
        <label><input type='checkbox' checked={changed.value} onChange={({ currentTarget }) => { changed.value = currentTarget.checked }} /> only what is not the default</label>
        {data.value?.instance !== undefined && <span class='note'>of {data.value.instance}</span>}
      </div>
      <Fault of={fault} />
      {data.value !== undefined && components.length === 0 && <p class='empty'>Nothing to show.</p>}
      <div class='cards'>
        {components.map(({ kind, name, options }) => (
          <Panel key={`${kind} ${name}`} title={name} note={kind}>
            <table class='options'>
              <thead><tr><th scope='col'>Option</th><th scope='col' class='text'>Value</th><th scope='col' class='text'>Source</th></tr></thead>
              <tbody>
                {options.map(([option, { value, source }]) => (
                  <tr key={option} class={source === 'default' ? undefined : 'changed'}>
                    <th scope='row'>{option}</th>
                    <td class='text'><JsonView value={value} now={view.peek()?.at ?? 0} /></td>
                    <td class='text source'>{source}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Panel>
        ))}
      </div>
    </>
  )
}
