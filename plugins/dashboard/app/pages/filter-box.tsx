import type { Signal } from '@preact/signals'
import type { JSX } from 'preact'

export function FilterBox ({ value, label }: { readonly value: Signal<string>, readonly label: string }): JSX.Element {
  return <input type='search' class='filter' placeholder={label} aria-label={label} value={value.value} onInput={({ currentTarget }) => { value.value = currentTarget.value }} />
}

/** Whether all words of a filter are in a text, in any order. */
export function passes (filter: string, text: string): boolean {
  const lower = text.toLowerCase()
  return filter.toLowerCase().split(/\s+/).every((word) => lower.includes(word))
}
