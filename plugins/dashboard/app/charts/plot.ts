import { timeText } from '../state/format.ts'
import { timeTicks } from './axis-scale.ts'
import type { Size } from './canvas.tsx'
import { GUTTER } from './chart-frame.ts'
import type { Domain } from './chart-frame.ts'
import { lineRuns } from './line-runs.ts'
import { palette } from './palette.ts'
import type { Palette } from './palette.ts'

export const FONT = '10px system-ui, sans-serif'
const LINE_WIDTH = 1.2
/** Room above the highest value and below zero, for half a label. */
const MARGIN = 5
const TIMES_HEIGHT = 16
const TICK_WIDTH = 80

/** Where what is on a canvas: time to the right, figures up from zero. */
export interface Plot {
  readonly top: number
  readonly domain: Domain
  readonly times: boolean
  readonly right: number
  /** Of zero. */
  readonly bottom: number
  readonly xOf: (at: number) => number
  readonly yOf: (value: number) => number
}

export function plotOf ({ size: { width, height }, domain, top, times }: { readonly size: Size, readonly domain: Domain, readonly top: number, readonly times: boolean }): Plot {
  const plotWidth = width - GUTTER.left - GUTTER.right
  const bottom = height - (times ? TIMES_HEIGHT : MARGIN)
  return {
    top,
    domain,
    times,
    right: width - GUTTER.right,
    bottom,
    xOf: (at) => GUTTER.left + (at - domain.from) / (domain.to - domain.from) * plotWidth,
    yOf: (value) => bottom - value / top * (bottom - MARGIN)
  }
}

/** Lines at zero and at the top with their figures, and at round times. */
export function drawAxes (context: CanvasRenderingContext2D, { top, domain: { from, to }, times, right, bottom, xOf, yOf }: Plot, write: (value: number) => string): void {
  const { line, soft } = palette.peek()
  context.lineWidth = 1
  context.strokeStyle = line
  context.fillStyle = soft
  context.font = FONT
  context.textBaseline = 'middle'
  context.textAlign = 'right'
  context.beginPath()
  for (const value of [0, top]) {
    const y = Math.round(yOf(value)) + 0.5
    context.moveTo(GUTTER.left, y)
    context.lineTo(right, y)
    context.fillText(write(value), GUTTER.left - 6, y)
  }
  context.textAlign = 'center'
  const ticks = timeTicks(from, to, Math.max(2, (right - GUTTER.left) / TICK_WIDTH))
  const length = (ticks[1] ?? Infinity) - (ticks[0] ?? 0) < 60_000 ? 'hh:mm:ss'.length : 'hh:mm'.length
  for (const at of ticks) {
    const x = Math.round(xOf(at)) + 0.5
    context.moveTo(x, MARGIN)
    context.lineTo(x, bottom)
    if (times && x > GUTTER.left + 20 && x < right - 20) context.fillText(timeText(at).slice(0, length), x, bottom + TIMES_HEIGHT / 2 + 2)
  }
  context.stroke()
}

/** A line through the figures, with a gap where there is none. */
export function drawLine (context: CanvasRenderingContext2D, { xOf, yOf, bottom, domain, right }: Plot, { at, values, style: { colour, filled = false } }: {
  readonly at: Float64Array
  readonly values: Float64Array
  readonly style: { readonly colour: Exclude<keyof Palette, 'heat'>, readonly filled?: boolean }
}): void {
  const colours = palette.peek()
  const line = new Path2D()
  const area = filled ? new Path2D() : undefined
  for (const run of lineRuns(at, values, { from: domain.from, xOf })) {
    const begin = run[0] ?? NaN
    line.moveTo(begin, yOf(run[1] ?? NaN))
    area?.moveTo(begin, bottom)
    for (let i = 0; i < run.length; i += 2) {
      const [x, y] = [run[i] ?? NaN, yOf(run[i + 1] ?? NaN)]
      line.lineTo(x, y)
      area?.lineTo(x, y)
    }
    area?.lineTo(run.at(-2) ?? NaN, bottom)
  }
  context.save()
  context.beginPath()
  context.rect(GUTTER.left, 0, right - GUTTER.left, bottom + 1)
  context.clip()
  if (area !== undefined) {
    context.fillStyle = colours.fill
    context.fill(area)
  }
  context.strokeStyle = colours[colour]
  context.lineWidth = LINE_WIDTH
  context.stroke(line)
  context.restore()
}
