import { useComputed } from '@preact/signals'
import type { JSX } from 'preact'
import { LevelIcon } from '../layout/level.tsx'
import { Panel } from '../layout/panel.tsx'
import { LEVEL_WORDS } from '../state/levels.ts'
import { view } from '../state/live.ts'
import { useSame } from '../state/use-same.ts'
import { hrefTo } from '../state/navigation.ts'
import { inLines } from './in-lines.ts'
import { room } from './room.ts'
import { withoutScheme } from './traffic-columns.ts'

/** Breakers, limits, pools, shedders: what stands between the load and the service; worst first. */
export function Protections (): JSX.Element {
  const all = useSame(() => view.value?.protections ?? []).value
  const several = useComputed(() => (view.value?.instances.length ?? 0) > 1).value
  const shown = inLines(all, room.value.protections, ({ level, name, instance, text }) => level === 'ok' ? '' : `${name} ${several ? instance : ''} ${text}`)
  return (
    <Panel title='Protections' href={hrefTo('components')} note={all.length > shown.length ? `${shown.length} of ${all.length}` : undefined}>
      {all.length === 0 && <p class='empty'>No breakers, limits, pools or shedders here.</p>}
      <ul class='rows protections'>
        {shown.map(({ kind, name, instance, level, text }) => (
          <li key={`${kind} ${name} ${instance}`} class={level === 'ok' ? undefined : 'whole'}>
            <LevelIcon level={level} size={14} />
            <span class='says' title={`${kind} ${name} on ${instance}: ${text}`}><span class='unseen'>{LEVEL_WORDS[level]} </span><b class='name'>{withoutScheme(name)}</b> {several && <small class='whose'>{instance} </small>}{text}</span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
