import { useComputed } from '@preact/signals'
import type { JSX } from 'preact'
import { signOut } from '../state/api.ts'
import { timeText } from '../state/format.ts'
import { view } from '../state/live.ts'
import { hrefTo, instance, place, range, RANGES, setParams } from '../state/navigation.ts'
import { PAGES } from '../state/place.ts'
import { flow } from '../state/stream.ts'
import { theme, THEMES } from '../state/theme.ts'
import { viewer } from '../state/viewer.ts'

export function Header (): JSX.Element {
  return (
    <header>
      <a class='brand' href={hrefTo('overview')} title={viewer.version === '' ? 'Plimsoll' : `Plimsoll dashboard ${viewer.version}`}><PlimsollMark /> <b>{viewer.service || 'Plimsoll'}</b></a>
      <Navigation />
      <Clock />
      <div class='tools'>
        <InstancePicker />
        <label><span class='unseen'>Range</span>
          <select value={String(range.value)} onChange={({ currentTarget }) => { setParams({ range: currentTarget.value }) }}>
            {RANGES.map((seconds) => <option key={seconds} value={String(seconds)}>{seconds / 60} min</option>)}
          </select>
        </label>
        <label><span class='unseen'>Theme</span>
          <select value={theme.value} onChange={({ currentTarget }) => { theme.value = THEMES.find((known) => known === currentTarget.value) ?? 'auto' }}>
            {THEMES.map((name) => <option key={name} value={name}>{name[0]?.toUpperCase()}{name.slice(1)}</option>)}
          </select>
        </label>
        {viewer.session && <button type='button' title={viewer.user} onClick={() => { signOut() }}>Sign out</button>}
      </div>
    </header>
  )
}

function Navigation (): JSX.Element {
  const shown = PAGES.filter((page) => page !== 'profiles' || viewer.profiles)
  return (
    <nav aria-label='Pages'>
      {shown.map((page) => <a key={page} href={hrefTo(page)} aria-current={page === place.value.page ? 'page' : undefined}>{page === 'configuration' ? 'Config' : page[0]?.toUpperCase() + page.slice(1)}</a>)}
    </nav>
  )
}

function InstancePicker (): JSX.Element {
  const chosen = instance.value
  // Every second has a list; a new one is drawn only where somebody came, went or fell silent.
  const listed = useComputed(() => JSON.stringify(view.value?.instances.map(({ instance: id, self, state }) => [id, `${id}${self ? ' (this)' : ''}${state === 'stale' ? ' (stale)' : ''}`]) ?? []))
  const known: ReadonlyArray<readonly [id: string, label: string]> = JSON.parse(listed.value)
  // One that is gone stays in the list while it is looked at.
  const gone = chosen !== '' && !known.some(([id]) => id === chosen)
  return (
    <label><span class='unseen'>Instance</span>
      <select value={chosen} onChange={({ currentTarget }) => { setParams({ instance: currentTarget.value }) }}>
        <option value=''>All instances{known.length > 1 ? ` (${known.length})` : ''}</option>
        {gone && <option value={chosen}>{chosen}</option>}
        {known.map(([id, label]) => <option key={id} value={id}>{label}</option>)}
      </select>
    </label>
  )
}

function Clock (): JSX.Element {
  const time = useComputed(() => view.value === undefined ? '--:--:--' : timeText(view.value.at))
  return <span class={`clock is-${flow.value}`} title='End of the newest second'>{time} UTC</span>
}

/** The mark itself: a ring, cut by the load line. */
function PlimsollMark (): JSX.Element {
  return <svg viewBox='0 0 24 24' width='20' height='20' aria-hidden='true'><circle cx='12' cy='12' r='7' /><path d='M1 12h22' /></svg>
}
