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
    let scale = 1
    const observer = new ResizeObserver(([entry]) => {
      size.width = entry?.contentRect.width ?? 0
      size.height = entry?.contentRect.height ?? 0
      fit()
    })
    // Another zoom or screen may leave the size in CSS pixels as it is.
    const fit = (): void => {
      scale = devicePixelRatio
      canvas.width = Math.round(size.width * scale)
      canvas.height = Math.round(size.height * scale)
      redraw()
    }
    observer.observe(canvas)
    addEventListener('resize', fit)
    const stop = keepDrawn(() => {
      const { width, height } = size
      if (width === 0 || height === 0) return
      context.setTransform(scale, 0, 0, scale, 0, 0)
      context.clearRect(0, 0, width, height)
      latest.current(context, size)
    })
    return () => {
      observer.disconnect()
      removeEventListener('resize', fit)
      stop()
    }
  }, [])
  return <canvas ref={element} class={name} aria-hidden='true' />
}
