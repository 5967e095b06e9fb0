import { useComputed } from '@preact/signals'
import type { ReadonlySignal } from '@preact/signals'
import { useRef } from 'preact/hooks'

/** What is made of every second's view, but the very same value as long as it says the same: nothing is drawn anew for it. */
export function useSame<T> (compute: () => T): ReadonlySignal<T> {
  const last = useRef<{ readonly text: string, readonly value: T }>(undefined)
  return useComputed(() => {
    const value = compute()
    const text = JSON.stringify(value)
    if (last.current?.text !== text) last.current = { text, value }
    return last.current.value
  })
}
