import { useSignal, useSignalEffect } from '@preact/signals'
import type { JSX } from 'preact'
import { goTo } from '../state/navigation.ts'
import type { PageName } from '../state/place.ts'
import { viewer } from '../state/viewer.ts'
import { Later } from './later.tsx'

/** `g` and then one of these. */
export const PAGE_KEYS: Readonly<Record<string, PageName>> = {
  o: 'overview',
  r: 'routes',
  u: 'upstreams',
  c: 'components',
  a: 'alerts',
  j: 'journal',
  i: 'instances',
  f: 'configuration',
  p: 'profiles'
}

const CHORD_MS = 1500

export function Keys (): JSX.Element | null {
  const shown = useSignal(false)
  useSignalEffect(() => {
    let chordAt = -Infinity
    const listen = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      const page = PAGE_KEYS[event.key]
      if (event.key === '?') shown.value = true
      else if (event.timeStamp - chordAt < CHORD_MS && page !== undefined && (page !== 'profiles' || viewer.profiles)) goTo(page)
      chordAt = event.key === 'g' ? event.timeStamp : -Infinity
    }
    addEventListener('keydown', listen)
    return () => { removeEventListener('keydown', listen) }
  })
  return shown.value ? <Later show={({ KeysDialog }) => <KeysDialog close={() => { shown.value = false }} />} /> : null
}

function isTyping (target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'SELECT', 'TEXTAREA'].includes(target.tagName))
}
