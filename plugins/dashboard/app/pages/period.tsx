import type { ReadonlySignal, Signal } from '@preact/signals'
import type { JSX } from 'preact'
import { timeText } from '../state/format.ts'
import { range } from '../state/navigation.ts'

/** What an answer about a range is really of: whole minutes, as far as they were kept. */
export interface Covered {
  readonly from: number
  readonly to: number
}

/** Figures of the last second, or of the range that is looked at. */
export function Period ({ live, covered }: { readonly live: Signal<boolean>, readonly covered: ReadonlySignal<Covered | undefined> }): JSX.Element {
  const of = covered.value
  return (
    <>
      {!live.value && of !== undefined && of.to > of.from && <span class='note'>{timeText(of.from)} to {timeText(of.to)} </span>}
      <label><span class='unseen'>Period</span>
        <select value={live.value ? 'live' : 'range'} onChange={({ currentTarget }) => { live.value = currentTarget.value === 'live' }}>
          <option value='live'>last second</option>
          <option value='range'>last {range.value / 60} min</option>
        </select>
      </label>
    </>
  )
}
