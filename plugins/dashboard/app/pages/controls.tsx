import { useSignal } from '@preact/signals'
import type { Signal } from '@preact/signals'
import type { ComponentView, Json } from '@plimsoll/core'
import type { ComponentChildren, JSX } from 'preact'
import { useRef } from 'preact/hooks'
import { componentUrl, postJson } from '../state/api.ts'
import { viewer } from '../state/viewer.ts'
import { argumentText, readArgument } from './control-argument.ts'
import { Dialog } from './dialog.tsx'
import { quantityText } from './json-text.ts'
import { messageOf } from './message.ts'

/** What is sent, and what will happen, in words. */
interface Intention {
  readonly title: string
  readonly explanation: ComponentChildren
  readonly body: { readonly [key: string]: Json | undefined }
}

/** An operator's levers. Nothing happens before it was said what will happen. */
export function Controls ({ component, instance, done }: { readonly component: ComponentView, readonly instance: string, readonly done: () => void }): JSX.Element | null {
  const intention = useSignal<Intention | undefined>(undefined)
  const controls = Object.entries(component.controls)
  const tunables = Object.entries(component.tunables)
  if (controls.length + tunables.length === 0) return null
  return (
    <div class='controls'>
      {tunables.length > 0 && <h3>Tunables</h3>}
      {tunables.map(([name, tunable]) => <TunableForm key={name} name={name} tunable={tunable} component={component} intend={(next) => { intention.value = next }} />)}
      {controls.length > 0 && <h3>Controls</h3>}
      {controls.map(([name, control]) => <ControlForm key={name} name={name} control={control} component={component} intend={(next) => { intention.value = next }} />)}
      {intention.value !== undefined && <Confirmation intention={intention.value} url={componentUrl(component.kind, component.name)} instance={instance} close={() => { intention.value = undefined; done() }} />}
    </div>
  )
}

interface FormProps {
  readonly name: string
  readonly component: ComponentView
  readonly intend: (intention: Intention) => void
}

function TunableForm ({ name, tunable, component, intend }: FormProps & { readonly tunable: ComponentView['tunables'][string] }): JSX.Element {
  const { description, unit, min, max, value } = tunable
  const wanted = useSignal(String(value ?? ''))
  const number = Number(wanted.value)
  const isValid = wanted.value.trim() !== '' && number >= min && number <= max
  const submit = (event: Event): void => {
    event.preventDefault()
    intend({
      title: `Set ${name} of ${component.name}`,
      explanation: <>From <b>{quantityText(value, unit)}</b> to <b>{quantityText(number, unit)}</b>. {description}. It holds until the process ends or it is set again.</>,
      body: { tunable: name, value: number }
    })
  }
  return (
    <form onSubmit={submit}>
      <div><b>{name}</b> <span class='note'>now {quantityText(value, unit)}</span><p class='empty'>{description}</p></div>
      <label>
        <span class='note'>{quantityText(min, unit.split(' ')[0] === 'bytes' ? 'bytes' : '')} to {quantityText(max, unit)}</span>
        <input type='number' min={min} max={max} step='any' aria-label={`${name} of ${component.name}`} aria-invalid={!isValid} value={wanted.value} onInput={({ currentTarget }) => { wanted.value = currentTarget.value }} />
      </label>
      <button type='submit' disabled={!isValid || number === value}>Set<span class='unseen'> {name} of {component.name}</span>…</button>
    </form>
  )
}

function ControlForm ({ name, control: { description, value }, component, intend }: FormProps & { readonly control: ComponentView['controls'][string] }): JSX.Element {
  const argument = useSignal('')
  const isSwitch = typeof value === 'boolean'
  const intendTo = (given: Json | undefined): void => {
    intend({
      title: isSwitch ? `Switch ${given === true ? 'on' : 'off'} ${name === 'enabled' ? '' : `${name} of `}${component.name}` : `Run ${name} of ${component.name}`,
      explanation: (
        <>
          {description}.{' '}
          {isSwitch ? <>It is <b>{String(value)}</b> and will be <b>{String(given)}</b>.</> : <>Argument: <b>{given === undefined ? 'none' : argumentText(given)}</b>.</>}
        </>
      ),
      body: { control: name, argument: given }
    })
  }
  return (
    <form onSubmit={(event) => { event.preventDefault(); intendTo(isSwitch ? !value : readArgument(argument.value)) }}>
      <div><b>{name}</b> {value !== undefined && <span class='note'>now {argumentText(value)}</span>}<p class='empty'>{description}</p></div>
      {!isSwitch && <input type='text' aria-label={`Argument of ${name}`} placeholder='argument, if it takes one' value={argument.value} onInput={({ currentTarget }) => { argument.value = currentTarget.value }} />}
      <button type='submit'>{isSwitch ? value ? 'Switch off' : 'Switch on' : 'Run'}<span class='unseen'> {name} of {component.name}</span>…</button>
    </form>
  )
}

function Confirmation ({ intention: { title, explanation, body }, url, instance, close }: { readonly intention: Intention, readonly url: string, readonly instance: string, readonly close: () => void }): JSX.Element {
  const outcome: Signal<string | undefined> = useSignal(undefined)
  const running = useSignal(false)
  const end = useRef<HTMLButtonElement>(null)
  const run = async (): Promise<void> => {
    running.value = true
    try {
      const { result, value } = await postJson<{ readonly result?: Json, readonly value?: Json }>(url, body)
      outcome.value = `Done. ${argumentText(result ?? value ?? null)}`
    } catch (error) {
      outcome.value = `It did not work: ${messageOf(error)}`
    }
    running.value = false
    // The button that had the focus is gone.
    end.current?.focus()
  }
  return (
    <Dialog title={title} close={close}>
      <p>{explanation}</p>
      <p>On instance <b>{instance}</b>. The journal records it{viewer.user === '' ? '' : <> as done by <b>{viewer.user}</b></>}, with the values before and after.</p>
      <p role='status'>{outcome.value ?? ''}</p>
      <div class='buttons'>
        {outcome.value === undefined && <button type='button' disabled={running.value} onClick={() => { run() }}>Run</button>}
        <button ref={end} type='button' autoFocus onClick={close}>{outcome.value === undefined ? 'Cancel' : 'Close'}</button>
      </div>
    </Dialog>
  )
}
