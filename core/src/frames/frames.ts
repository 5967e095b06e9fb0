import { messageOf } from '../bounded-json.ts'
import type { Clock } from '../clock.ts'
import type { Components } from '../components.ts'
import type { HealthReport } from '../health.ts'
import { JOURNAL_CAPACITY } from '../journal.ts'
import type { Journal } from '../journal.ts'
import { Listeners } from '../listeners.ts'
import type { SettleReason } from '../request-scope.ts'
import type { VitalSigns } from '../vitals/vital-signs.ts'
import type { Frame, FramePart, FrameSource, RequestFigures } from './frame.ts'
import { FrameHistory } from './frame-history.ts'
import type { HistoryBounds } from './frame-history.ts'

/** What frames are made of. */
export interface FramesPorts {
  readonly clock: Pick<Clock, 'wallTime'>
  readonly journal: Journal
  readonly components: Components
  readonly health: { readonly report: HealthReport }
  readonly vitals: { subscribe (listener: (signs: VitalSigns) => void): () => void }
  readonly scopes: {
    readonly inFlight: number
    readonly leased: number
    readonly openStreams: number
    readonly settled: Readonly<Record<SettleReason, number>>
    /** From now on every scope is counted. */
    observe (observer: () => void): () => void
  }
  /** Asked for each frame: a coordinator may still give the name. */
  readonly instance: () => string
}

const MAX_LISTENERS = 200
const MAX_SOURCES = 20
/** Journal entries in one frame; what is more is counted. */
const MAX_FRAME_ENTRIES = 200
const MIN_HISTORY_SECONDS = 60
const MAX_HISTORY_SECONDS = 86_400
const MIN_HISTORY_BYTES = 1_048_576
const MAX_HISTORY_BYTES = 1_073_741_824
const HOUR: HistoryBounds = { seconds: 3600, maxBytes: 67_108_864 }

/** A wish for history. */
interface KeptHistory extends HistoryBounds {
  /** Keep the frames that are made for others; make none for it. */
  readonly passive: boolean
}

/** What a running collection remembers of the last frame. */
interface Last {
  settled: Readonly<Record<SettleReason, number>>
  entry: number
}

/**
 * One frame a second for everybody who subscribes, made in the tick of core's vital signs. While nobody does there is no
 * timer, no component is asked for its snapshot, and the sources sleep.
 */
export class Frames {
  readonly #ports: FramesPorts
  readonly #listeners: Listeners<Frame>
  readonly #failed: WeakSet<FrameSource> = new WeakSet()
  readonly #sources: Set<FrameSource> = new Set()
  readonly #kept: Set<KeptHistory> = new Set()
  #sequence = 0
  #last: Last
  #leave: (() => void) | undefined
  #leaveHistory: (() => void) | undefined
  #history: FrameHistory | undefined
  #latest: Frame | undefined

  constructor (ports: FramesPorts) {
    this.#ports = ports
    this.#last = lastOf(ports)
    this.#listeners = new Listeners(MAX_LISTENERS, (error) => ports.journal.record({ component: 'core', event: 'frame-listener-failed', severity: 'error', message: `a listener of frames threw: ${messageOf(error)}` }))
  }

  /** This process's name in its frames. */
  get instance (): string { return this.#ports.instance() }

  /** The last frame; `undefined` until a second after the first subscription, and when nobody subscribes. */
  get latest (): Frame | undefined { return this.#latest }

  /** The last hour or so; while somebody keeps it. */
  get history (): FrameHistory | undefined { return this.#history }

  /**
   * Tells `listener` of every frame until the returned function is called.
   * @throws RangeError above 200 subscribers
   */
  subscribe (listener: (frame: Frame) => void): () => void {
    const remove = this.#listeners.add(listener)
    this.#leave ??= this.#start()
    return () => {
      remove()
      if (this.#listeners.size === 0) this.#stop()
    }
  }

  /**
   * Adds figures to every frame, such as those of routes; returns the way out.
   * @throws RangeError above 20 sources
   */
  addSource (source: FrameSource): () => void {
    if (this.#sources.size >= MAX_SOURCES) throw new RangeError(`at most ${MAX_SOURCES} sources of frames; is ${source.name} added again and again?`)
    this.#sources.add(source)
    if (this.#leave !== undefined) this.#guard(source, () => source.begin())
    return () => { this.#sources.delete(source) }
  }

  /**
   * Subscribes to keep {@link history} until the returned function is called. Of several who keep it, the largest wish counts.
   * One that is `passive` does not subscribe: it keeps what frames there are while somebody else does.
   * @throws RangeError for anything but 60 to 86,400 seconds and 1 MiB to 1 GiB
   */
  keepHistory ({ seconds = HOUR.seconds, maxBytes = HOUR.maxBytes, passive = false }: Partial<KeptHistory> = {}): () => void {
    if (!(seconds >= MIN_HISTORY_SECONDS && seconds <= MAX_HISTORY_SECONDS)) throw new RangeError(`a history of ${seconds} seconds: give ${MIN_HISTORY_SECONDS} to ${MAX_HISTORY_SECONDS}`)
    if (!(maxBytes >= MIN_HISTORY_BYTES && maxBytes <= MAX_HISTORY_BYTES)) throw new RangeError(`a history of ${maxBytes} bytes: give ${MIN_HISTORY_BYTES} to ${MAX_HISTORY_BYTES}`)
    const wish = { seconds, maxBytes, passive }
    this.#kept.add(wish)
    this.#history ??= new FrameHistory(HOUR)
    this.#fitHistory()
    return () => {
      if (!this.#kept.delete(wish)) return
      if (this.#kept.size === 0) this.#endHistory()
      else this.#fitHistory()
    }
  }

  /** Ends it for good, when the application closes. */
  close (): void {
    this.#kept.clear()
    this.#endHistory()
    this.#listeners.clear()
    this.#stop()
  }

  #fitHistory (): void {
    const wishes = [...this.#kept]
    this.#history?.fit({ seconds: Math.max(...wishes.map(({ seconds }) => seconds)), maxBytes: Math.max(...wishes.map(({ maxBytes }) => maxBytes)) })
    if (wishes.every(({ passive }) => passive)) {
      this.#leaveHistory?.()
      this.#leaveHistory = undefined
    } else {
      this.#leaveHistory ??= this.subscribe(() => {})
    }
  }

  #endHistory (): void {
    this.#leaveHistory?.()
    this.#leaveHistory = undefined
    this.#history = undefined
  }

  #start (): () => void {
    const { scopes, vitals } = this.#ports
    this.#last = lastOf(this.#ports)
    for (const source of this.#sources) this.#guard(source, () => source.begin())
    const leave = [scopes.observe(nothing), vitals.subscribe((signs) => this.#tick(signs))]
    return () => { for (const step of leave) step() }
  }

  #stop (): void {
    if (this.#leave === undefined) return
    this.#leave()
    this.#leave = undefined
    // A stale frame is worse than none: somebody would decide by it.
    this.#latest = undefined
    for (const source of this.#sources) this.#guard(source, () => source.end())
  }

  #tick (signs: VitalSigns): void {
    const last = this.#last
    const { clock, health, journal } = this.#ports
    const parts = [...this.#sources].map((source) => this.#guard(source, () => source.collect()) ?? {})
    // Everything that may write to the journal has been asked by now.
    const components = this.#componentFigures()
    const entries = journal.entries({ after: Math.max(last.entry, journal.latest - MAX_FRAME_ENTRIES), limit: JOURNAL_CAPACITY })
    this.#latest = Object.freeze({
      instance: this.instance,
      sequence: ++this.#sequence,
      at: clock.wallTime(),
      clock: signs.at,
      window: signs.window,
      vitals: signs,
      health: health.report,
      requests: this.#requestFigures(last),
      components,
      ...joined(parts),
      journal: Object.freeze(entries),
      journalMissed: journal.latest - last.entry - entries.length
    })
    last.entry = journal.latest
    this.#history?.add(this.#latest)
    this.#listeners.tell(this.#latest)
  }

  #requestFigures (last: Last): RequestFigures {
    const { inFlight, leased, openStreams, settled } = this.#ports.scopes
    const now = { ...settled }
    const before = last.settled
    last.settled = now
    return {
      inFlight,
      leased,
      openStreams,
      settled: {
        completed: now.completed - before.completed,
        'client-abort': now['client-abort'] - before['client-abort'],
        reset: now.reset - before.reset,
        timeout: now.timeout - before.timeout,
        refused: now.refused - before.refused,
        upgraded: now.upgraded - before.upgraded,
        stream: now.stream - before.stream
      }
    }
  }

  #componentFigures (): Frame['components'] {
    const { components } = this.#ports
    return Object.freeze(components.list().map((component) => ({
      kind: component.kind,
      name: component.name,
      health: components.healthOf(component),
      snapshot: components.snapshotOf(component.kind, component.name)
    })))
  }

  /** A source that throws harms nobody; told once. */
  #guard<T> (source: FrameSource, run: () => T): T | undefined {
    try {
      return run()
    } catch (error) {
      if (!this.#failed.has(source)) {
        this.#failed.add(source)
        this.#ports.journal.record({ component: 'core', event: 'frame-source-failed', severity: 'error', message: `${source.name} could not add its figures to a frame: ${messageOf(error)}` })
      }
      return undefined
    }
  }
}

/** As things are now. */
function lastOf ({ scopes, journal }: Pick<FramesPorts, 'scopes' | 'journal'>): Last {
  return { settled: { ...scopes.settled }, entry: journal.latest }
}

function joined (parts: readonly FramePart[]): Required<FramePart> {
  return {
    routes: Object.freeze(parts.flatMap(({ routes = [] }) => routes)),
    upstreams: Object.freeze(parts.flatMap(({ upstreams = [] }) => upstreams)),
    figures: Object.freeze(parts.flatMap(({ figures = [] }) => figures)),
    slow: Object.freeze(parts.flatMap(({ slow = [] }) => slow))
  }
}

function nothing (): void {}
