import { effect, signal } from '@preact/signals'
import type { Signal } from '@preact/signals'
import type { View } from '../../src/view/view.ts'
import { apiUrl, signedOut } from './api.ts'
import { learnClock, loadHistory } from './history.ts'
import { forget, receive, showUnseen } from './live.ts'
import { instance, range } from './navigation.ts'
import { dependOn } from './depend-on.ts'

/** Whether data flows. `connecting` until the first second came. */
export const flow: Signal<'connecting' | 'live' | 'stale'> = signal('connecting')

/** Without a second for this long the figures are old: they come once a second. */
const STALE_MS = 2300
/** A connection that says nothing for this long is given up: nobody tells us that the other end is gone. */
const DEAD_MS = 12_000
const RETRY_MS = 2000
const REPLAYED_MS = 60_000

let source: EventSource | undefined
let heardAt = performance.now()
let newest = NaN
// A stream that we opened again knows nothing of the last one: nothing is replayed.
let reopened = false

/** Opens the stream, and again with every choice of another instance. */
export function start (): void {
  effect(() => {
    const chosen = instance.value
    forget()
    flow.value = 'connecting'
    open(chosen)
  })
  effect(() => {
    dependOn(instance, range)
    loadHistory()
  })
  setInterval(watch, 250)
  document.addEventListener('visibilitychange', () => { if (!document.hidden) showUnseen() })
  addEventListener('pagehide', () => source?.close())
  // Back from the browser's cache of pages.
  addEventListener('pageshow', ({ persisted }) => { if (persisted) openAgain() })
}

function openAgain (): void {
  reopened = true
  open(instance.peek())
}

function open (chosen: string): void {
  source?.close()
  heardAt = performance.now()
  const opened = source = new EventSource(apiUrl('realtime', { instance: chosen }))
  opened.addEventListener('metrics', ({ data }) => {
    if (opened === source) take(JSON.parse(data))
  })
  opened.addEventListener('error', () => {
    // The browser reconnects by itself, unless the server refused: then it is asked why.
    if (opened === source && opened.readyState === EventSource.CLOSED) setTimeout(reopen, RETRY_MS, opened)
  })
}

function take (view: View): void {
  // What the browser reconnects is replayed, up to a minute; the rest is in the history.
  const missed = view.at - newest > (reopened ? STALE_MS : REPLAYED_MS)
  const misread = learnClock(view.at)
  reopened = false
  heardAt = performance.now()
  newest = view.at
  flow.value = 'live'
  receive(view)
  if (missed || misread) loadHistory({ anew: missed })
}

function watch (): void {
  const silent = performance.now() - heardAt
  if (silent > STALE_MS) flow.value = 'stale'
  if (silent > DEAD_MS && source?.readyState !== EventSource.CLOSED) openAgain()
}

async function reopen (refused: EventSource): Promise<void> {
  if (refused !== source) return
  try {
    const { status } = await fetch(apiUrl('workers'), { method: 'HEAD' })
    signedOut.value = status === 401
  } catch {
    // Not there: the next try will tell.
  }
  if (refused === source) openAgain()
}
