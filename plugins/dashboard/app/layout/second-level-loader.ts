import { signal } from '@preact/signals'
import type { Signal } from '@preact/signals'
import type * as Loaded from '../second-level.tsx'

export type SecondLevel = typeof Loaded

/** File of {@link SecondLevel} beside this one; the build puts its name here. */
declare const SECOND_LEVEL_FILE: string

/** What is not needed at first glance; undefined until it came. */
export const secondLevel: Signal<SecondLevel | undefined> = signal(undefined)
/** The last try to load it. */
export const failed: Signal<boolean> = signal(false)

let tries = 0
let loading = false

/** Does nothing while it is on its way or here. */
export async function loadSecondLevel (): Promise<void> {
  if (loading || secondLevel.peek() !== undefined) return
  loading = true
  try {
    // Some browsers remember that a file could not be loaded: another try needs another address.
    const query = tries++ === 0 ? '' : `?${tries}`
    const loaded: SecondLevel = await import(new URL(`${SECOND_LEVEL_FILE}${query}`, import.meta.url).href)
    failed.value = false
    secondLevel.value = loaded
  } catch {
    failed.value = true
  } finally {
    loading = false
  }
}
