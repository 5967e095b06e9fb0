import type { JSX } from 'preact'
import { LevelIcon } from '../layout/level.tsx'
import { Panel } from '../layout/panel.tsx'
import { LEVEL_WORDS } from '../state/levels.ts'
import { view } from '../state/live.ts'
import { hrefTo } from '../state/navigation.ts'
import { room } from './room.ts'

/** Breakers, limits, pools, shedders: what stands between the load and the service; worst first. */
export function Protections (): JSX.Element {
  const all = view.value?.protections ?? []
  const several = (view.value?.instances.length ?? 0) > 1
  return (
    <Panel title='Protections' href={hrefTo('components')} note={all.length > room.value.protections ? `${room.value.protections} of ${all.length}` : undefined}>
      {all.length === 0 && <p class='empty'>No breakers, limits, pools or shedders here.</p>}
      <ul class='rows'>
        {all.slice(0, room.value.protections).map(({ kind, name, instance, level, text }) => (
          <li key={`${kind} ${name} ${instance}`}>
            <LevelIcon level={level} size={14} />
            <span class='name' title={`${kind} ${name} on ${instance}`}><span class='unseen'>{LEVEL_WORDS[level]}</span>{name}{name !== kind && <small> {kind}</small>}</span>
            {several && <small class='whose'>{instance}</small>}
            <span class='says' title={text}>{text}</span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
