import { batch } from '@preact/signals'
import { apiUrl, getJson } from './api.ts'
import { atSteps, recorded } from './history-answer.ts'
import type { HistoryAnswer } from './history-answer.ts'
import { aloneBefore, marks, stepOf, tick, timeline, view } from './live.ts'
import type { ColumnName, Timeline } from './live.ts'
import { addMarks } from './marks.ts'
import { instance, range } from './navigation.ts'

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

/**
 * Puts the past before what the stream has brought; with `anew` in its place, where the stream has missed something.
 * Where there is none, the charts begin now.
 */
export async function loadHistory ({ anew = false }: { readonly anew?: boolean } = {}): Promise<void> {
  const request = ++latest
  const into = timeline.peek()
  const seconds = range.peek()
  try {
    const answer = atSteps(recorded(await getJson<HistoryAnswer>(apiUrl('history', { from: serverNow() - seconds * 1000, step: stepOf(seconds), instance: instance.peek() }))), stepOf(seconds))
    if (request !== latest) return
    if (anew && answer.at.length > 0 && isOfOne()) into.clear()
    const joinedAt = joinOf(into, answer)
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

/** Only one instance is looked at, so that its history is all there is to know. */
function isOfOne (): boolean {
  return instance.peek() !== '' || (view.peek()?.instances.length ?? 0) < 2
}

/** Where the history of one instance ends and what was seen of all begins. */
function joinOf (columns: Timeline, { at, step }: HistoryAnswer): number {
  const before = aloneBefore.peek()
  if (before !== undefined && columns.oldest <= before.at) return before.at
  return columns.length === 0 ? (at.at(-1) ?? 0) + step : columns.oldest
}
