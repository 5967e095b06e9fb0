import { useComputed, useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import { HEAT_ROWS } from '../../src/view/heat.ts'
import { millisecondsText, numberText } from '../state/format.ts'
import { Canvas } from './canvas.tsx'
import type { Size } from './canvas.tsx'
import { Chart, Reading } from './chart.tsx'
import { GUTTER, shownIndex } from './chart-frame.ts'
import type { ChartFrame } from './chart-frame.ts'
import { HeatImage } from './heat-image.ts'
import { latencyAt, rowPositionOf, ticksIn } from './latency-scale.ts'
import type { RowSpan } from './latency-scale.ts'
import { palette } from './palette.ts'
import { drawLine, FONT, plotOf } from './plot.ts'

const PERCENTILES = [
  { column: 'p50', label: 'P50', dash: [] },
  { column: 'p95', label: 'P95', dash: [5, 2] },
  { column: 'p99', label: 'P99', dash: [1.5, 2] }
] as const

/** How many requests took how long, second by second, with the percentiles over it. */
export function Heatmap ({ frame }: { readonly frame: ChartFrame }): JSX.Element {
  const image = useRef<HeatImage>(undefined)
  image.current ??= new HeatImage()
  // Where a pointer is, from 0 at the top to 1.
  const height = useSignal<number | undefined>(undefined)
  const cell = useComputed(() => {
    const index = height.value === undefined ? -1 : shownIndex(frame)
    return height.value === undefined || index < 0 || image.current === undefined ? '' : cellText(frame.columns.value.heatAt(index), image.current.span, height.value)
  })
  const readout = (
    <>
      <span class='whose'>{cell}</span>
      {PERCENTILES.map(({ column, label }) => <Reading key={column} frame={frame} column={column} label={label} write={millisecondsText} class={column} />)}
    </>
  )
  const draw = (context: CanvasRenderingContext2D, size: Size): void => { if (image.current !== undefined) drawHeatmap(context, size, frame, image.current) }
  return (
    <Chart frame={frame} name='Latency' readout={readout} table={PERCENTILES.map(({ column, label }) => ({ column, label, write: millisecondsText }))}>
      <div
        class='heatmap'
        onPointerMove={({ offsetY, currentTarget }) => { height.value = offsetY / currentTarget.clientHeight }}
        onPointerLeave={() => { height.value = undefined }}
      >
        <Canvas class='fills' draw={draw} />
        <div class='area' data-plot='' />
      </div>
    </Chart>
  )
}

/** Such as "12.7 to 16 ms: 34 requests". */
function cellText (counts: Uint32Array, { low, high }: RowSpan, height: number): string {
  const row = Math.min(HEAT_ROWS - 1, Math.max(0, Math.floor(high - height * (high - low))))
  const count = counts[row] ?? 0
  return `${millisecondsText(latencyAt(row))} to ${millisecondsText(latencyAt(row + 1))}: ${numberText(count)} ${count === 1 ? 'request' : 'requests'}`
}

function drawHeatmap (context: CanvasRenderingContext2D, { width, height }: Size, frame: ChartFrame, image: HeatImage): void {
  const columns = frame.columns.peek()
  const domain = frame.domain.peek()
  const { line, soft, heat } = palette.peek()
  const right = width - GUTTER.right
  image.paint(columns, domain.from, heat)
  const { low, high } = image.span
  const yOf = (ms: number): number => height * (high - rowPositionOf(ms)) / (high - low)

  context.font = FONT
  context.textAlign = 'right'
  context.textBaseline = 'middle'
  context.lineWidth = 1
  context.strokeStyle = line
  context.fillStyle = soft
  context.beginPath()
  for (const ms of ticksIn(image.span)) {
    const y = Math.round(yOf(ms)) + 0.5
    context.moveTo(GUTTER.left, y)
    context.lineTo(right, y)
    context.fillText(millisecondsText(ms), GUTTER.left - 6, y)
  }
  context.stroke()
  image.draw(context, { steps: Math.round((domain.to - domain.from) / columns.step), x: GUTTER.left, width: right - GUTTER.left, height })
  const plot = { ...plotOf({ size: { width, height }, domain, top: 1, times: false }), bottom: height, yOf }
  for (const { column, dash } of PERCENTILES) {
    context.setLineDash([...dash])
    drawLine(context, plot, { at: columns.at, values: columns.column(column), style: { colour: 'over' } })
  }
  context.setLineDash([])
}
