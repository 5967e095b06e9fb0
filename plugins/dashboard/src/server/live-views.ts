import { systemClock } from '@plimsoll/core'
import type { Clock, ClockTimer, TimeRange, TrafficTotals } from '@plimsoll/core'
import { NoFrameError, TooManySelectionsError, TooManyViewersError } from '../errors.ts'
import type { ObservedFrame } from '../view/observed-frame.ts'
import type { View } from '../view/view.ts'
import type { Selected } from '../view/view-builder.ts'
import { Selection } from './selection.ts'
import { Viewer } from './viewer.ts'
import type { EventSink } from './viewer.ts'

/** Where the frames of all instances come from; see FramePool. */
export interface FramesOfAll {
  look (listener: () => void): () => void
  onInstances (listener: () => void): () => void
  frames (): readonly ObservedFrame[]
  /** Instances that are known, and of which no frame has come. */
  silent (): readonly string[]
  /** Sums of all of them since somebody looks. */
  totals (range: TimeRange): (Pick<TrafficTotals, 'routes' | 'upstreams'> & Required<TimeRange>) | undefined
}

export const MAX_VIEWERS = 200
export const MAX_SELECTIONS = 20
/** Milliseconds for which the last who looked is taken to come back: figures go on, and it misses nothing. */
export const LINGER_MS = 10_000
/** Milliseconds after which who waits for figures is told that there are none. */
export const PATIENCE_MS = 5000

const MAX_WAITING = 200
const HEARTBEAT_MS = 15_000
/** A view that is older says nothing about now. */
const FRESH_MS = 2500
/** Seconds for which who asks once waits for the frames of other instances, which begin to send when somebody looks. */
const COMPLETE_AFTER = 3

/** What everybody is shown, second by second. While nobody looks there is no subscription and no timer. */
export class LiveViews {
  readonly #clock: Clock
  readonly #pool: FramesOfAll
  readonly #place: Omit<Selected, 'of'>
  readonly #selections: Map<string, Selection> = new Map()
  #running: Running | undefined
  #closed = false
  #id = 0
  #tickedAt: number = -Infinity
  #viewers = 0
  #refused = 0
  #left = { dropped: 0, sentBytes: 0 }

  constructor ({ clock = systemClock, pool, ...place }: { readonly clock?: Clock, readonly pool: FramesOfAll } & Omit<Selected, 'of'>) {
    this.#clock = clock
    this.#pool = pool
    this.#place = place
  }

  get viewers (): number { return this.#viewers }

  /** Viewers turned away. */
  get refused (): number { return this.#refused }

  /** Events that viewers who did not keep up have missed, and bytes handed to their connections. */
  get sent (): { readonly dropped: number, readonly bytes: number } {
    const viewers = [...this.#selections.values()].flatMap((selection) => [...selection.viewers])
    return {
      dropped: viewers.reduce((sum, { dropped }) => sum + dropped, this.#left.dropped),
      bytes: viewers.reduce((sum, { sentBytes }) => sum + sentBytes, this.#left.sentBytes)
    }
  }

  /** Whether figures are gathered: somebody looks, or did a moment ago. */
  get running (): boolean { return this.#running !== undefined }

  /**
   * Whether one more may look at `of`.
   * @throws PLM_DASHBOARD_TOO_MANY_VIEWERS, PLM_DASHBOARD_TOO_MANY_SELECTIONS, PLM_DASHBOARD_NO_FRAME (503)
   */
  admit (of: string): void {
    if (this.#closed) throw new NoFrameError(0)
    if (this.#viewers >= MAX_VIEWERS) {
      this.#refused++
      throw new TooManyViewersError(MAX_VIEWERS)
    }
    this.#checkRoom(of)
  }

  /**
   * Sends `sink` a view a second until the returned function is called, which is to be done when its connection is gone.
   * Ask {@link admit} before.
   */
  watch (sink: EventSink, { of, lastEventId }: { readonly of: string, readonly lastEventId?: number | undefined }): () => void {
    const selection = this.#select(of)
    const now = this.#look(selection)
    const viewer = new Viewer(sink, now)
    this.#viewers++
    selection.add(viewer, { lastEventId, now })
    return () => {
      if (!selection.viewers.delete(viewer)) return
      viewer.closed()
      this.#viewers--
      selection.lookedAt = this.#clock.now()
      this.#left = { dropped: this.#left.dropped + viewer.dropped, sentBytes: this.#left.sentBytes + viewer.sentBytes }
    }
  }

  /**
   * The view of this second, or the next where nobody looked.
   * @throws PLM_DASHBOARD_NO_FRAME, PLM_DASHBOARD_TOO_MANY_SELECTIONS (503)
   */
  async current (of: string): Promise<View> {
    const selection = this.#select(of)
    const now = this.#look(selection)
    if (selection.view !== undefined && this.#complete && now - this.#tickedAt < FRESH_MS) return selection.view
    if (this.#closed || selection.waiting >= MAX_WAITING) throw new NoFrameError(0)
    const late = Promise.withResolvers<never>()
    const timer = this.#clock.after(PATIENCE_MS, () => { late.reject(new NoFrameError(PATIENCE_MS / 1000)) })
    try {
      return await Promise.race([selection.next(), late.promise])
    } finally {
      timer.cancel()
    }
  }

  /** Ends every stream; nobody is shown anything from now on. */
  close (): void {
    this.#closed = true
    this.clear()
  }

  /** Ends every stream. Who comes back is shown again. */
  clear (): void {
    for (const { viewers } of this.#selections.values()) {
      for (const viewer of viewers) viewer.end()
    }
    this.#stop()
    for (const selection of this.#selections.values()) selection.cancel(new NoFrameError(0))
    this.#selections.clear()
  }

  #select (of: string): Selection {
    const known = this.#selections.get(of)
    if (known !== undefined) return known
    this.#checkRoom(of)
    const selection = new Selection({ of, ...this.#place }, this.#clock.now())
    this.#selections.set(of, selection)
    return selection
  }

  #checkRoom (of: string): void {
    if (this.#selections.has(of) || this.#selections.size < MAX_SELECTIONS) return
    this.#forget(this.#clock.now())
    if (this.#selections.size >= MAX_SELECTIONS) throw new TooManySelectionsError(MAX_SELECTIONS)
  }

  /** What nobody has looked at for a while is built no longer. */
  #forget (now: number): void {
    for (const [of, selection] of this.#selections) {
      if (!selection.wantedSince(now - LINGER_MS)) this.#selections.delete(of)
    }
  }

  get #complete (): boolean {
    return this.#running !== undefined && (this.#running.ticks >= COMPLETE_AFTER || this.#pool.silent().length === 0)
  }

  #look (selection: Selection): number {
    const now = selection.lookedAt = this.#clock.now()
    if (!this.#closed) this.#running ??= this.#start()
    return now
  }

  #start (): Running {
    return {
      ticks: 0,
      leave: [this.#pool.look(() => { this.#tick() }), this.#pool.onInstances(() => { this.#instancesChanged() })],
      heartbeat: this.#clock.every(HEARTBEAT_MS, () => { this.#beat() })
    }
  }

  #stop (): void {
    for (const leave of this.#running?.leave ?? []) leave()
    this.#running?.heartbeat.cancel()
    this.#running = undefined
  }

  #tick (): void {
    const now = this.#clock.now()
    const at = this.#clock.wallTime()
    this.#forget(now)
    if (this.#running === undefined || this.#selections.size === 0) {
      this.#stop()
      return
    }
    this.#running.ticks++
    // About the second since the epoch: it goes on rising where another instance answers, or this one after a restart.
    this.#id = Math.max(this.#id + 1, Math.round(at / 1000))
    this.#tickedAt = now
    const observed = this.#pool.frames()
    const complete = this.#complete
    for (const selection of this.#selections.values()) selection.tick({ id: this.#id, at, now, observed, complete })
  }

  #instancesChanged (): void {
    const observed = this.#pool.frames()
    const now = this.#clock.now()
    for (const selection of this.#selections.values()) selection.instancesChanged(observed, now)
  }

  #beat (): void {
    const now = this.#clock.now()
    for (const { viewers } of this.#selections.values()) {
      for (const viewer of viewers) viewer.beat(now)
    }
  }
}

interface Running {
  ticks: number
  readonly leave: ReadonlyArray<() => void>
  readonly heartbeat: ClockTimer
}
