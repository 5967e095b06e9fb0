import type { JSX } from 'preact'
import { PAGE_KEYS } from '../layout/keys.tsx'
import { viewer } from '../state/viewer.ts'
import { Dialog } from './dialog.tsx'

export function KeysDialog ({ close }: { readonly close: () => void }): JSX.Element {
  return (
    <Dialog title='Keys' close={close}>
      <dl class='keys'>
        {Object.entries(PAGE_KEYS).filter(([, page]) => page !== 'profiles' || viewer.profiles).map(([key, page]) => <div key={key}><dt><kbd>g</kbd> <kbd>{key}</kbd></dt><dd>{page}</dd></div>)}
        <div><dt><kbd>←</kbd> <kbd>→</kbd></dt><dd>move the time cursor, in the charts; with Shift ten steps</dd></div>
        <div><dt><kbd>?</kbd></dt><dd>these keys</dd></div>
      </dl>
      <div class='buttons'><button type='button' onClick={close}>Close</button></div>
    </Dialog>
  )
}
