import { batch } from '@preact/signals'
import type { Mark } from '../../src/view/view.ts'
import { apiUrl, getJson } from './api.ts'
import { aloneBefore, marks, stepOf, tick, timeline, view } from './live.ts'
import type { ColumnName } from './live.ts'
import { addMarks } from './marks.ts'
import { instance, range } from './navigation.ts'

/** Columns as the server has them. */
export interface HistoryAnswer {
  /** Whose it is. */
  readonly instance: string
  readonly step: number
  /** Begin of each step. */
  readonly at: readonly number[]
  readonly columns: { readonly [name: string]: ReadonlyArray<number | null> }
  readonly heat?: readonly (readonly number[])[]
  readonly marks?: readonly Mark[]
}

const NAMES: { readonly [N in ColumnName]: string } = {
  requests: 'requests',
  errors: 'errors',
  refused: 'refused',
  p50: 'p50',
  p95: 'p95',
  p99: 'p99',
  inFlight: 'inFlight',
  loop: 'loopUtilization',
  loopDelay: 'loopDelayMax',
  heapFloor: 'heapFloor',
  gc: 'gcShare'
}

let latest = 0
let error = 0

/** Milliseconds since the epoch by the server's clock, as far as it is known: ours may be wrong. */
export function serverNow (): number { return view.peek()?.at ?? Date.now() + error }

/** Told of the time of a view: where our clock is far off, what was asked for was the wrong time. */
export function learnClock (at: number): boolean {
  const before = error
  error = Math.abs(at - Date.now()) > 5000 ? at - Date.now() : 0
  return Math.abs(error - before) > 5000
}

/** Puts the past before what the stream has brought. Where there is none, the charts begin now. */
export async function loadHistory (): Promise<void> {
  const request = ++latest
  const into = timeline.peek()
  const seconds = range.peek()
  try {
    const answer = await getJson<HistoryAnswer>(apiUrl('history', { from: serverNow() - seconds * 1000, step: stepOf(seconds), instance: instance.peek() }))
    if (request !== latest) return
    const joinedAt = into.length === 0 ? (answer.at.at(-1) ?? 0) + answer.step : into.oldest
    into.prepend(answer.at.map((at) => at + answer.step), (name) => answer.columns[NAMES[name]] ?? [], answer.heat)
    batch(() => {
      aloneBefore.value = { at: joinedAt, instance: answer.instance }
      marks.value = addMarks(marks.peek(), answer.marks ?? [], serverNow())
      tick.value = tick.peek() + 1
    })
  } catch {
    // The stream says whether the server is there.
  }
}
