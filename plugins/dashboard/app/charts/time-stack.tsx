import { useComputed } from '@preact/signals'
import type { ReadonlySignal } from '@preact/signals'
import type { ComponentChildren, JSX, TargetedKeyboardEvent, TargetedPointerEvent } from 'preact'
import { useRef } from 'preact/hooks'
import type { Mark } from '../../src/view/view.ts'
import { timeText } from '../state/format.ts'
import { keyOf, markNear } from '../state/marks.ts'
import { cursorAt, GUTTER } from './chart-frame.ts'
import type { ChartFrame, Domain } from './chart-frame.ts'

/** Charts under one another on one time axis; what happened, and the cursor, run through all of them. */
export function TimeStack ({ frame, marks, over, children }: {
  readonly frame: ChartFrame
  readonly marks: ReadonlySignal<readonly Mark[]>
  /** Stands over the plots, as marks do. */
  readonly over?: ComponentChildren
  readonly children: ComponentChildren
}): JSX.Element {
  const from = useComputed(() => frame.domain.value.from)
  const to = useComputed(() => frame.domain.value.to)
  return (
    <div
      class='stack' role='group' aria-label='Time charts' aria-description='Left and right arrow keys move the time cursor' tabIndex={0}
      data-from={from} data-to={to}
      onPointerMove={(event) => { point(event, frame) }}
      onPointerLeave={() => { cursorAt.value = undefined }}
      onKeyDown={(event) => { move(event, frame) }}
      onBlur={() => { cursorAt.value = undefined }}
    >
      {children}
      <div class='layer' aria-hidden='true'>
        {over}
        <Marks frame={frame} marks={marks} />
        <Cursor frame={frame} />
      </div>
      <div class='layer of-text'><CursorText frame={frame} marks={marks} /></div>
    </div>
  )
}

function Marks ({ frame, marks }: { readonly frame: ChartFrame, readonly marks: ReadonlySignal<readonly Mark[]> }): JSX.Element {
  const span = useComputed(() => frame.domain.value.to - frame.domain.value.from)
  // Where they are in the whole of the history stays; what moves every second is the window on it.
  const origin = useRef(NaN)
  if (Number.isNaN(origin.current)) origin.current = frame.domain.peek().from
  const moved = useComputed(() => `left: ${(origin.current - frame.domain.value.from) / span.value * 100}%`)
  return (
    <div class='moving' style={moved}>
      {marks.value.map((mark) => (
        <div key={keyOf(mark)} class={`mark is-${mark.severity}`} data-mark-at={mark.at} title={`${timeText(mark.at)} ${mark.component}: ${mark.text}`} style={{ left: `${(mark.at - origin.current) / span.value * 100}%` }} />
      ))}
    </div>
  )
}

function Cursor ({ frame }: { readonly frame: ChartFrame }): JSX.Element | null {
  return cursorAt.value === undefined ? null : <div class='cursor' style={{ left: leftOf(cursorAt.value, frame.domain.value) }} />
}

/** The time at the cursor, or what happened there. */
function CursorText ({ frame, marks }: { readonly frame: ChartFrame, readonly marks: ReadonlySignal<readonly Mark[]> }): JSX.Element | null {
  const at = cursorAt.value
  if (at === undefined) return null
  const { from, to } = frame.domain.value
  const share = (at - from) / (to - from)
  const mark = markNear(marks.value, at, (to - from) / 150)
  return (
    <output class='cursor-text' style={share < 0.5 ? { left: `${share * 100}%`, right: '' } : { left: '', right: `${(1 - share) * 100}%` }}>
      {mark === undefined ? timeText(at) : `${timeText(mark.at)} ${mark.component}: ${mark.text}`}
    </output>
  )
}

function leftOf (at: number, { from, to }: Domain): string {
  return `${(at - from) / (to - from) * 100}%`
}

function point ({ clientX, currentTarget }: TargetedPointerEvent<HTMLElement>, { domain }: ChartFrame): void {
  const { left, width } = currentTarget.getBoundingClientRect()
  const share = (clientX - left - GUTTER.left) / (width - GUTTER.left - GUTTER.right)
  const { from, to } = domain.peek()
  cursorAt.value = share < 0 || share > 1 ? undefined : from + share * (to - from)
}

function move (event: TargetedKeyboardEvent<HTMLElement>, { domain, columns }: ChartFrame): void {
  if (event.target !== event.currentTarget) return
  const { from, to } = domain.peek()
  const direction = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0
  if (direction === 0) {
    if (event.key === 'Escape') cursorAt.value = undefined
    return
  }
  event.preventDefault()
  const step = columns.peek().step * (event.shiftKey ? 10 : 1)
  cursorAt.value = Math.min(to, Math.max(from, (cursorAt.peek() ?? to) + direction * step))
}
