import { effect } from '@preact/signals'
import { dependOn } from '../state/depend-on.ts'
import { tick, timeline } from '../state/live.ts'
import { palette } from './palette.ts'

const drawings = new Set<() => void>()
let scheduled = false

/** Draws at most once a frame of the screen, and so never in a hidden tab. */
export function redraw (): void {
  if (scheduled) return
  scheduled = true
  requestAnimationFrame(() => {
    scheduled = false
    for (const draw of drawings) draw()
  })
}

/** Calls `draw` whenever there is something new to draw, until the returned function is called. */
export function keepDrawn (draw: () => void): () => void {
  drawings.add(draw)
  redraw()
  return () => { drawings.delete(draw) }
}

effect(() => {
  dependOn(tick, timeline, palette)
  redraw()
})
