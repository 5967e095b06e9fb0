import type { JSX } from 'preact'
import { signedOut } from '../state/api.ts'
import { timeText } from '../state/format.ts'
import { view } from '../state/live.ts'
import { flow } from '../state/stream.ts'

/** Says that what is seen is old. Silent while all is well. */
export function Banner (): JSX.Element {
  const at = view.value?.at
  return (
    <div role='alert' class='banner'>
      {signedOut.value
        ? <p>You are signed out. <a href=''>Sign in</a></p>
        : flow.value === 'stale' && <p>{at === undefined ? 'No data yet, connecting…' : `No data since ${timeText(at)}, reconnecting…`}</p>}
    </div>
  )
}
