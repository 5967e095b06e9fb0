import { useSignal } from '@preact/signals'
import type { Json } from '@plimsoll/core'
import type { JSX } from 'preact'
import type { AlertView, ComponentDetail } from '../../src/view/view.ts'
import { componentUrl, postJson } from '../state/api.ts'
import { viewer } from '../state/viewer.ts'
import { Dialog } from './dialog.tsx'
import { isRecord } from './json-text.ts'
import { messageOf } from './message.ts'

const DEFAULT_MINUTES = 60

/** Says who is not told, and how long, before it is so. */
export function SilenceDialog ({ alert: { rule, instance }, component: { kind, name }, close }: { readonly alert: AlertView, readonly component: ComponentDetail, readonly close: () => void }): JSX.Element {
  const minutes = useSignal(String(DEFAULT_MINUTES))
  const comment = useSignal('')
  const everywhere = useSignal(false)
  const fault = useSignal('')
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    try {
      await postJson(componentUrl(kind, name), { control: 'silence', argument: { rule, ...(!everywhere.value && { instance }), minutes: Number(minutes.value), comment: comment.value, ...(viewer.user !== '' && { by: viewer.user }) } })
      close()
    } catch (error) {
      fault.value = messageOf(error)
    }
  }
  return (
    <Dialog title={`Silence ${rule}`} close={close}>
      <form onSubmit={(event) => { submit(event) }}>
        <p>Nobody is notified of <b>{rule}</b> on <b>{everywhere.value ? 'any instance' : instance}</b> for <b>{minutes.value || '?'} minutes</b>. It still shows here.</p>
        <label>Minutes <input type='number' min='1' step='1' required value={minutes.value} onInput={({ currentTarget }) => { minutes.value = currentTarget.value }} /></label>
        <label>Why <input type='text' maxLength={200} value={comment.value} onInput={({ currentTarget }) => { comment.value = currentTarget.value }} /></label>
        <label><input type='checkbox' checked={everywhere.value} onChange={({ currentTarget }) => { everywhere.value = currentTarget.checked }} /> On all instances</label>
        <p role='alert' class='fault'>{fault.value}</p>
        <div class='buttons'><button type='submit'>Silence</button><button type='button' onClick={close}>Cancel</button></div>
      </form>
    </Dialog>
  )
}

/** Takes a silence back: notifications begin again, which needs no warning. */
export function UnsilenceButton ({ silence, component: { kind, name }, done }: { readonly silence: Json, readonly component: ComponentDetail, readonly done: () => void }): JSX.Element | null {
  const fault = useSignal('')
  const id = isRecord(silence) ? silence['id'] : undefined
  if (typeof id !== 'string') return null
  const run = async (): Promise<void> => {
    try {
      await postJson(componentUrl(kind, name), { control: 'unsilence', argument: id })
    } catch (error) {
      fault.value = messageOf(error)
    }
    done()
  }
  return <><button type='button' onClick={() => { run() }}>End silence {id}</button> <span role='alert' class='fault'>{fault.value}</span></>
}
