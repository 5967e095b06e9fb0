import type { Signal } from '@preact/signals'
import type { JSX } from 'preact'
import { range } from '../state/navigation.ts'

/** Figures of the last second, or of the range that is looked at. */
export function Period ({ live }: { readonly live: Signal<boolean> }): JSX.Element {
  return (
    <label><span class='unseen'>Period</span>
      <select value={live.value ? 'live' : 'range'} onChange={({ currentTarget }) => { live.value = currentTarget.value === 'live' }}>
        <option value='live'>last second</option>
        <option value='range'>last {range.value / 60} min</option>
      </select>
    </label>
  )
}
