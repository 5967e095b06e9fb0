import { computed, signal } from '@preact/signals'
import type { ReadonlySignal, Signal } from '@preact/signals'

const ROW_HEIGHT = 19
/** Everything is seen at once from this height on. */
const GLANCE_HEIGHT = 720

const height: Signal<number> = signal(innerHeight)
addEventListener('resize', () => { height.value = innerHeight })

/** How many lines each list has room for, so that the whole overview is seen without scrolling. */
export const room: ReadonlySignal<{ readonly routes: number, readonly upstreams: number, readonly protections: number, readonly alerts: number, readonly events: number }> = computed(() => {
  const more = Math.max(0, Math.floor((height.value - GLANCE_HEIGHT) / ROW_HEIGHT))
  return {
    routes: 5 + Math.floor(more * 0.35),
    upstreams: 3 + Math.floor(more * 0.15),
    protections: 5 + Math.floor(more * 0.2),
    alerts: 2 + Math.floor(more * 0.1),
    events: 4 + Math.floor(more * 0.2)
  }
})
