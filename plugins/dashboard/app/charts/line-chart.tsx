import { useComputed } from '@preact/signals'
import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import { topOf } from './axis-scale.ts'
import { Canvas } from './canvas.tsx'
import { Chart, Reading } from './chart.tsx'
import type { ChartFrame } from './chart-frame.ts'
import type { Palette } from './palette.ts'
import { drawAxes, drawLine, plotOf } from './plot.ts'

export interface Line {
  readonly column: string
  readonly label: string
  readonly colour: Exclude<keyof Palette, 'heat'>
  readonly filled?: boolean
}

/**
 * One figure, or a few, over time. Drawn by hand on a canvas: a chart library is two thirds of what the first view may
 * weigh. Where one wants to zoom, on the second level, there is one.
 */
export function LineChart ({ frame, name, lines, write, least, most = Infinity, binary = false, times = false, whose }: {
  readonly frame: ChartFrame
  readonly name: string
  readonly lines: readonly Line[]
  readonly write: (value: number | null) => string
  /** Upper end of the axis at least, and at most. */
  readonly least: number
  readonly most?: number
  /** The axis counts in powers of 1024. */
  readonly binary?: boolean
  /** The lowest chart of a stack has the times. */
  readonly times?: boolean
  /** Whose figure it is, where it is the worst of several. */
  readonly whose?: () => string
}): JSX.Element {
  const top = useRef(least)
  const owner = useComputed(() => whose?.() ?? '')
  const readout = (
    <>
      <span class='whose'>{owner}</span>
      {lines.map(({ column, label, colour }) => <Reading key={column} frame={frame} column={column} label={label} write={write} class={colour} />)}
    </>
  )
  return (
    <Chart frame={frame} name={name} readout={readout} table={lines.map(({ column, label }) => ({ column, label, write }))}>
      <div class={times ? 'plot with-times' : 'plot'}>
        <Canvas
          class='fills' draw={(context, size) => {
            const columns = frame.columns.peek()
            const domain = frame.domain.peek()
            top.current = topOf(Math.max(...lines.map(({ column }) => columns.maxSince(column, domain.from))), { least, most, current: top.current, binary })
            const plot = plotOf({ size, domain, top: top.current, times })
            drawAxes(context, plot, write)
            for (const { column, ...style } of lines) drawLine(context, plot, { at: columns.at, values: columns.column(column), style })
          }}
        />
        <div class='area' data-plot='' />
      </div>
    </Chart>
  )
}
