import { useSignal, useSignalEffect } from '@preact/signals'
import type { ReadonlySignal } from '@preact/signals'
import { getJson } from '../state/api.ts'
import { messageOf } from './message.ts'
import { dependOn } from '../state/depend-on.ts'

export interface Polled<T> {
  readonly data: ReadonlySignal<T | undefined>
  /** Why the newest answer is missing; the older one stays. */
  readonly fault: ReadonlySignal<string>
  /** Asks again at once. */
  readonly again: () => void
}

/** Asks now and every so often, and anew when a signal that `urlOf` reads has changed; not in a hidden tab. '' asks nothing. */
export function usePolled<T> (urlOf: () => string, everyMs: number): Polled<T> {
  const data = useSignal<T | undefined>(undefined)
  const fault = useSignal('')
  const asked = useSignal(0)
  useSignalEffect(() => {
    dependOn(asked)
    if (urlOf() === '') return
    const abort = new AbortController()
    let timer: number | undefined
    const ask = async (): Promise<void> => {
      if (!document.hidden) {
        try {
          data.value = await getJson<T>(urlOf(), abort.signal)
          fault.value = ''
        } catch (error) {
          if (!abort.signal.aborted) fault.value = messageOf(error)
        }
      }
      if (!abort.signal.aborted) timer = window.setTimeout(ask, everyMs)
    }
    ask()
    return () => {
      abort.abort()
      clearTimeout(timer)
    }
  })
  return { data, fault, again: () => { asked.value++ } }
}
