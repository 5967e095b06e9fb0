import type { JSX } from 'preact'
import { timeline } from '../state/live.ts'
import type { ColumnName } from '../state/live.ts'
import { Canvas } from './canvas.tsx'
import { palette } from './palette.ts'

const SHOWN_MS = 60_000

/** The last minute of a figure, without axes: its shape. */
export function Sparkline ({ column }: { readonly column: ColumnName }): JSX.Element {
  return (
    <Canvas
      class='sparkline' draw={(context, { width, height }) => {
        const columns = timeline.peek()
        const { at } = columns
        const values = columns.column(column)
        const to = columns.newest
        const top = columns.maxSince(column, to - SHOWN_MS)
        const xOf = (index: number): number => width * (1 - (to - (at[index] ?? NaN)) / SHOWN_MS)
        const yOf = (value: number): number => top === 0 ? height - 1 : height - 1 - value / top * (height - 2)
        context.strokeStyle = palette.peek().accent
        context.lineWidth = 1.25
        context.beginPath()
        for (let index = Math.max(0, columns.indexNear(to - SHOWN_MS)); index < at.length; index++) {
          const value = values[index] ?? NaN
          if (!Number.isNaN(value)) context.lineTo(xOf(index), yOf(value))
        }
        context.stroke()
      }}
    />
  )
}
