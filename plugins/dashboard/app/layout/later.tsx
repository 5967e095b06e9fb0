import { useSignal, useSignalEffect } from '@preact/signals'
import type { JSX } from 'preact'
import type * as Loaded from '../second-level.tsx'

/** What is not needed at first glance: its own file, fetched when somebody asks for it. */
type SecondLevel = typeof Loaded

let loading: Promise<SecondLevel> | undefined

export function Later ({ show }: { readonly show: (loaded: SecondLevel) => JSX.Element }): JSX.Element {
  const loaded = useSignal<SecondLevel | 'failed' | undefined>(undefined)
  useSignalEffect(() => {
    loading ??= import('../second-level.tsx')
    loading.then((module) => { loaded.value = module }, () => {
      loading = undefined
      loaded.value = 'failed'
    })
  })
  if (loaded.value === 'failed') return <p role='alert' class='empty'>This part of the page could not be loaded. After an update of the service, <a href=''>load the page again</a>.</p>
  return loaded.value === undefined ? <p class='empty'>…</p> : show(loaded.value)
}
