import { useSignalEffect } from '@preact/signals'
import type { JSX } from 'preact'
import { dependOn } from '../state/depend-on.ts'
import { flow } from '../state/stream.ts'
import { failed, loadSecondLevel, secondLevel } from './second-level-loader.ts'
import type { SecondLevel } from './second-level-loader.ts'

/** What is not needed at first glance. What could not be loaded is tried again when the stream is back. */
export function Later ({ show }: { readonly show: (loaded: SecondLevel) => JSX.Element }): JSX.Element {
  useSignalEffect(() => {
    dependOn(flow)
    loadSecondLevel()
  })
  if (secondLevel.value !== undefined) return show(secondLevel.value)
  if (failed.value) return <p role='alert' class='empty'>This part of the page could not be loaded; it is tried again when the service answers. After an update of the service, <a href=''>load the page again</a>.</p>
  return <p class='empty'>…</p>
}
