import { useSignalEffect } from '@preact/signals'
import type { ReadonlySignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import UPlot from 'uplot'
import { byWord } from '../../src/view/by-word.ts'
import type { Mark } from '../../src/view/view.ts'
import { topOf } from '../charts/axis-scale.ts'
import type { Line } from '../charts/line-chart.tsx'
import { palette } from '../charts/palette.ts'
import { dependOn } from '../state/depend-on.ts'
import { recorded } from '../state/history-answer.ts'
import type { HistoryAnswer } from '../state/history-answer.ts'

interface HistoryChartProps {
  readonly name: string
  readonly lines: readonly Line[]
  readonly write: (value: number | null) => string
  readonly least: number
  readonly answer: ReadonlySignal<HistoryAnswer | undefined>
  readonly marks: ReadonlySignal<readonly Mark[]>
}

const HEIGHT = 150
const AXIS_WIDTH = 60

/** A chart to look closer at: dragging zooms, a double click shows everything again. All on a page share cursor and zoom. */
export function HistoryChart ({ name, lines, write, least, answer, marks }: HistoryChartProps): JSX.Element {
  const element = useRef<HTMLDivElement>(null)
  const chart = useRef<UPlot>(undefined)
  useEffect(() => {
    const { current } = element
    if (current === null) return undefined
    const made = chart.current = new UPlot(optionsOf({ lines, write, least, marks }, current.clientWidth), dataOf(answer.peek(), lines), current)
    const observer = new ResizeObserver(() => { made.setSize({ width: current.clientWidth, height: HEIGHT }) })
    observer.observe(current)
    return () => {
      observer.disconnect()
      made.destroy()
    }
  }, [])
  useSignalEffect(() => {
    const data = dataOf(answer.value, lines)
    if (chart.current === undefined) return
    // Somebody who has zoomed in wants to stay there.
    const { min = 0, max = 0 } = chart.current.scales['x'] ?? {}
    const [at] = chart.current.data
    const zoomed = at.length > 0 && min !== null && max !== null && (min > (at[0] ?? 0) || max < (at.at(-1) ?? 0))
    chart.current.setData(data, !zoomed)
  })
  useSignalEffect(() => {
    dependOn(palette, marks)
    chart.current?.redraw(false)
  })
  return (
    <figure class='history-chart' aria-label={name}>
      <figcaption>{name}</figcaption>
      <div ref={element} />
    </figure>
  )
}

function dataOf (answer: HistoryAnswer | undefined, lines: readonly Line[]): UPlot.AlignedData {
  if (answer === undefined) return [[], ...lines.map(() => [])]
  const { at, step, columns } = recorded(answer)
  return [at.map((begin) => begin + step), ...lines.map(({ column }) => [...columns[column] ?? at.map(() => null)])]
}

function optionsOf ({ lines, write, least, marks }: Pick<HistoryChartProps, 'lines' | 'write' | 'least' | 'marks'>, width: number): UPlot.Options {
  const axis: UPlot.Axis = { stroke: () => palette.peek().soft, grid: { stroke: () => palette.peek().line, width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' }
  return {
    width,
    height: HEIGHT,
    ms: 1,
    tzDate: (at) => UPlot.tzDate(new Date(at), 'Etc/UTC'),
    cursor: { sync: { key: 'history' }, focus: { prox: 30 }, drag: { x: true, y: false } },
    scales: { y: { range: (_chart, _least, largest) => [0, topOf(Number.isFinite(largest) ? largest : 0, { least })] } },
    axes: [{ ...axis, size: 28, values: '{HH}:{mm}:{ss}' }, { ...axis, size: AXIS_WIDTH, values: (_chart, splits) => splits.map(write) }],
    series: [
      { label: 'UTC', value: '{YYYY}-{MM}-{DD} {HH}:{mm}:{ss}' },
      ...lines.map(({ label, colour, filled = false }) => ({
        label,
        stroke: () => palette.peek()[colour],
        ...(filled && { fill: () => palette.peek().fill }),
        width: 1.25,
        points: { show: false },
        value: (_chart: UPlot, value: number | null) => write(value)
      }))
    ],
    hooks: { draw: [(chart) => { drawMarks(chart, marks.peek()) }] }
  }
}

function drawMarks ({ ctx, bbox, valToPos }: UPlot, marks: readonly Mark[]): void {
  const { warning, critical, accent } = palette.peek()
  const colours = byWord({ info: accent, warning, error: critical })
  for (const { at, severity } of marks) {
    const x = Math.round(valToPos(at, 'x', true))
    if (!(x >= bbox.left && x <= bbox.left + bbox.width)) continue
    ctx.fillStyle = colours[severity]
    ctx.globalAlpha = severity === 'info' ? 0.4 : 0.75
    ctx.fillRect(x, bbox.top, devicePixelRatio, bbox.height)
  }
  ctx.globalAlpha = 1
}
