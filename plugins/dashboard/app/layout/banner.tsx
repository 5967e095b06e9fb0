import { useComputed } from '@preact/signals'
import type { JSX } from 'preact'
import { signedOut } from '../state/api.ts'
import { timeText } from '../state/format.ts'
import { view } from '../state/live.ts'
import { flow } from '../state/stream.ts'

/** Says that what is seen is old. Silent while all is well. */
export function Banner (): JSX.Element {
  const says = useComputed(() => flow.value !== 'stale' ? '' : view.value === undefined ? 'No data yet, connecting…' : `No data since ${timeText(view.value.at)}, reconnecting…`)
  return (
    <div role='alert' class='banner'>
      {signedOut.value
        ? <p>You are signed out. <a href=''>Sign in</a></p>
        : says.value !== '' && <p>{says}</p>}
    </div>
  )
}
