import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { keepDrawn, redraw } from './drawing.ts'

export interface Size {
  readonly width: number
  readonly height: number
}

/** A canvas as large as the style sheet makes it, drawn anew in CSS pixels whenever there is something new. */
export function Canvas ({ class: name, draw }: { readonly class: string, readonly draw: (context: CanvasRenderingContext2D, size: Size) => void }): JSX.Element {
  const element = useRef<HTMLCanvasElement>(null)
  const latest = useRef(draw)
  latest.current = draw
  useEffect(() => {
    const canvas = element.current
    const context = canvas?.getContext('2d')
    if (canvas === null || context === null || context === undefined) return
    const size = { width: 0, height: 0 }
    const observer = new ResizeObserver(([entry]) => {
      size.width = entry?.contentRect.width ?? 0
      size.height = entry?.contentRect.height ?? 0
      redraw()
    })
    observer.observe(canvas)
    const stop = keepDrawn(() => {
      const { width, height } = size
      if (width === 0 || height === 0) return
      fit(canvas, width, height)
      context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0)
      context.clearRect(0, 0, width, height)
      latest.current(context, size)
    })
    return () => {
      observer.disconnect()
      stop()
    }
  }, [])
  return <canvas ref={element} class={name} aria-hidden='true' />
}

// Setting the size clears a canvas and allocates it anew, even when it is the same.
function fit (canvas: HTMLCanvasElement, width: number, height: number): void {
  const [wide, high] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)]
  if (canvas.width !== wide) canvas.width = wide
  if (canvas.height !== high) canvas.height = high
}
