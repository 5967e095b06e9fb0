import type { ReadonlySignal } from '@preact/signals'
import type { JSX } from 'preact'

/** Says why something could not be had; nothing while it could. */
export function Fault ({ of }: { readonly of: ReadonlySignal<string> }): JSX.Element {
  return <div role='alert' class='fault'>{of.value}</div>
}
