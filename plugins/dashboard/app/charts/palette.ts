import { computed, signal } from '@preact/signals'
import type { ReadonlySignal, Signal } from '@preact/signals'
import { dependOn } from '../state/depend-on.ts'
import { theme } from '../state/theme.ts'
import { heatColours, readRgb } from './heat-colours.ts'

/** Colours of the style sheet, for canvases. */
export interface Palette {
  readonly ink: string
  readonly soft: string
  readonly line: string
  readonly accent: string
  readonly critical: string
  readonly warning: string
  readonly fill: string
  /** Over the heatmap. */
  readonly over: string
  readonly heat: Uint32Array
}

// Counts what can change colours besides the switch: the system's theme, and forced colours.
const changes: Signal<number> = signal(0)
for (const feature of ['(prefers-color-scheme: dark)', '(forced-colors: active)', '(prefers-contrast: more)']) {
  matchMedia(feature).addEventListener('change', () => { changes.value++ })
}

export const palette: ReadonlySignal<Palette> = computed(() => {
  dependOn(theme, changes)
  // A custom property is computed as it is written; only a real property tells the colour.
  const probe = document.createElement('span')
  probe.hidden = true
  document.body.append(probe)
  const colour = (name: string): string => {
    probe.style.color = `var(--${name})`
    return getComputedStyle(probe).color
  }
  const read = {
    ink: colour('ink'),
    soft: colour('soft'),
    line: colour('line'),
    accent: colour('accent'),
    critical: colour('critical'),
    warning: colour('warning'),
    // Forced colours leave nothing half transparent.
    fill: matchMedia('(forced-colors: active)').matches ? 'transparent' : colour('fill'),
    over: colour('over'),
    heat: heatColours(['heat-1', 'heat-2', 'heat-3'].map((name) => readRgb(colour(name))))
  }
  probe.remove()
  return read
})
