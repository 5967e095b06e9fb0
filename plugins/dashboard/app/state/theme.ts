import { signal } from '@preact/signals'
import type { Signal } from '@preact/signals'

export const THEMES = ['auto', 'light', 'dark'] as const
export type Theme = typeof THEMES[number]

const KEY = 'plimsoll-theme'

export const theme: Signal<Theme> = signal(stored())
theme.subscribe((chosen) => {
  document.documentElement.dataset['theme'] = chosen
  try {
    localStorage.setItem(KEY, chosen)
  } catch {
    // Storage is switched off: the choice lasts as long as the page.
  }
})

function stored (): Theme {
  try {
    return THEMES.find((known) => known === localStorage.getItem(KEY)) ?? 'auto'
  } catch {
    return 'auto'
  }
}
