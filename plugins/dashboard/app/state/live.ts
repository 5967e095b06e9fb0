import { batch, computed, signal } from '@preact/signals'
import type { ReadonlySignal, Signal } from '@preact/signals'
import type { Mark, RouteView, UpstreamView, View } from '../../src/view/view.ts'
import { HEAT_ROWS } from '../../src/view/heat.ts'
import { LEVEL_WORDS } from './levels.ts'
import { addMarks } from './marks.ts'
import { range } from './navigation.ts'
import { Ranking } from './ranking.ts'
import { UpstreamRows } from './upstream-rows.ts'
import { TimeColumns } from './time-columns.ts'
import type { ColumnSpec, Row } from './time-columns.ts'

const COLUMNS: ReadonlyArray<ColumnSpec<ColumnName>> = [
  { name: 'requests', fold: 'mean' },
  { name: 'errors', fold: 'mean' },
  { name: 'refused', fold: 'mean' },
  { name: 'p50', fold: 'max' },
  { name: 'p95', fold: 'max' },
  { name: 'p99', fold: 'max' },
  { name: 'inFlight', fold: 'max' },
  { name: 'loop', fold: 'mean' },
  { name: 'loopDelay', fold: 'max' },
  { name: 'heapFloor', fold: 'max' },
  { name: 'gc', fold: 'mean' }
]
export type ColumnName = 'requests' | 'errors' | 'refused' | 'p50' | 'p95' | 'p99' | 'inFlight' | 'loop' | 'loopDelay' | 'heapFloor' | 'gc'
export type Timeline = TimeColumns<ColumnName>

/** Points of a chart; a longer range has longer steps. */
const POINTS = 900

/** The newest second; undefined until the first came. */
export const view: Signal<View | undefined> = signal(undefined)
/** For the title: what is wrong, also while nobody sees the page. */
export const headline: Signal<string> = signal('')
export const marks: Signal<readonly Mark[]> = signal([])
/** What is before this time is the history of one instance: the others' is not kept here. */
export const aloneBefore: Signal<{ readonly at: number, readonly instance: string } | undefined> = signal(undefined)
/** Rises when {@link timeline} has changed inside. */
export const tick: Signal<number> = signal(0)
export const rankedRoutes: Signal<readonly RouteView[]> = signal([])
export const rankedUpstreams: Signal<readonly UpstreamView[]> = signal([])
/** The columns of the range that is looked at. */
export const timeline: ReadonlySignal<Timeline> = computed(() => {
  const step = stepOf(range.value)
  const next: Timeline = new TimeColumns(COLUMNS, { capacity: range.value * 1000 / step, step, heatRows: HEAT_ROWS })
  // What was seen of all instances is in nobody's history.
  if (shownBefore !== undefined && shownBefore.step <= step) next.takeFrom(shownBefore)
  shownBefore = next
  return next
})

let shownBefore: Timeline | undefined
const ranking = new Ranking<RouteView>({
  keyOf: ({ method, route }) => `${method} ${route}`,
  weightOf: ({ time }) => time,
  quiet: (row) => ({ ...row, requests: 0, errorShare: 0, refused: 0, p50: null, p95: null, p99: null, inFlight: 0, time: 0 })
})
const upstreamRows = new UpstreamRows()
// Came while nobody could see it.
let unseen: View | undefined

/** Milliseconds of one point. */
export function stepOf (seconds: number): number {
  return Math.max(1, Math.ceil(seconds / POINTS)) * 1000
}

/** Takes a second's view. In a hidden tab it is kept, and nothing is drawn. */
export function receive (next: View): void {
  timeline.peek().push(next.at, rowOf(next), next.heat)
  const ranked = ranking.update(next.routes, next.at)
  const upstreams = upstreamRows.update(next)
  const remembered = addMarks(marks.peek(), next.marks, next.at)
  headline.value = next.status.level === 'ok' ? '' : `${LEVEL_WORDS[next.status.level]}: ${next.status.sentence}`
  if (document.hidden) {
    unseen = next
    marks.value = remembered
    return
  }
  unseen = undefined
  batch(() => {
    marks.value = remembered
    rankedRoutes.value = ranked
    rankedUpstreams.value = upstreams
    view.value = next
    tick.value = tick.peek() + 1
  })
}

export function showUnseen (): void {
  if (unseen !== undefined) receive(unseen)
  tick.value = tick.peek() + 1
}

/** Another instance or range: nothing of what was shown holds any longer. */
export function forget (): void {
  timeline.peek().clear()
  ranking.clear()
  upstreamRows.clear()
  unseen = undefined
  batch(() => {
    view.value = undefined
    aloneBefore.value = undefined
    marks.value = []
    rankedRoutes.value = []
    rankedUpstreams.value = []
    tick.value = tick.peek() + 1
  })
}

function rowOf ({ traffic, saturation }: View): Row<ColumnName> {
  const { requests, errorShare, refused, p50, p95, p99, inFlight } = traffic
  return {
    requests,
    errors: requests * errorShare,
    refused,
    p50,
    p95,
    p99,
    inFlight,
    loop: saturation.loop.value,
    loopDelay: saturation.loopDelay.value,
    // Before the first major collection there is none.
    heapFloor: saturation.heapFloor.value || null,
    gc: saturation.gc.value
  }
}
