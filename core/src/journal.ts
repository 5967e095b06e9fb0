import { channel } from 'node:diagnostics_channel'
import type { Channel } from 'node:diagnostics_channel'
import { boundedRecord, boundedText } from './bounded-json.ts'
import type { Clock } from './clock.ts'
import type { Json } from './component.ts'
import { Listeners } from './listeners.ts'

/** A discrete happening, worth a line to somebody on call. */
export interface JournalEvent {
  /** `kind` or `kind/name` of the component; at most 200 characters are kept. */
  readonly component: string
  /** Stable word, such as `limit-changed`; at most 100 characters are kept. */
  readonly event: string
  /** A sentence with its figures; at most 500 characters are kept. */
  readonly message: string
  /** @default 'info' */
  readonly severity?: JournalSeverity
  /** Figures for programs. At most 40 values, 4 levels, 200 characters a string; no prototype keys. */
  readonly data?: { readonly [key: string]: Json }
}

export type JournalSeverity = 'info' | 'warning' | 'error'

export interface JournalEntry extends Required<Omit<JournalEvent, 'data'>> {
  /** Rises by one an entry, from 1. */
  readonly sequence: number
  /** Milliseconds since the Unix epoch. */
  readonly at: number
  readonly data: { readonly [key: string]: Json }
}

/** Every entry is published here as well: `diagnostics_channel.subscribe('plimsoll:journal', (entry) => …)`. */
export const JOURNAL_CHANNEL = 'plimsoll:journal'
/** Entries kept; an older one makes room. */
export const JOURNAL_CAPACITY = 1000

const SEVERITIES: readonly JournalSeverity[] = ['info', 'warning', 'error']
const DATA_BOUNDS = { depth: 4, values: 40, text: 200 } as const
const MAX_LISTENERS = 200
// A listener may record what it thinks of an entry; two that answer each other would not end.
const MAX_NESTING = 3

/** The bounded memory of what happened: a ring of the last 1,000 entries, all of bounded size. Recording never throws. */
export class Journal {
  readonly #clock: Clock
  readonly #ring: JournalEntry[] = []
  readonly #channel: Channel = channel(JOURNAL_CHANNEL)
  readonly #counts: Record<JournalSeverity, number> = { info: 0, warning: 0, error: 0 }
  // A listener's failure is not journalled: that would tell the failing listener again.
  readonly #listeners: Listeners<JournalEntry> = new Listeners(MAX_LISTENERS, () => { this.#failures++ })
  #failures = 0
  #nesting = 0
  #latest = 0

  constructor ({ clock }: { readonly clock: Clock }) {
    this.#clock = clock
  }

  /** Sequence of the newest entry, 0 before the first. */
  get latest (): number { return this.#latest }

  /** Entries ever recorded, by severity. */
  get counts (): Readonly<Record<JournalSeverity, number>> { return this.#counts }

  /** How often a listener threw. */
  get listenerFailures (): number { return this.#failures }

  record (event: JournalEvent): void {
    const severity = SEVERITIES.find((known) => known === event.severity) ?? 'info'
    const entry: JournalEntry = Object.freeze({
      sequence: ++this.#latest,
      at: this.#clock.wallTime(),
      component: boundedText(event.component, 200),
      event: boundedText(event.event, 100),
      message: boundedText(event.message, 500),
      severity,
      data: Object.freeze(boundedRecord(event.data ?? {}, DATA_BOUNDS))
    })
    this.#counts[severity]++
    this.#ring[(entry.sequence - 1) % JOURNAL_CAPACITY] = entry
    this.#publish(entry)
  }

  /**
   * Oldest first. With `after`: the first `limit` entries whose sequence is above it; a gap after `after` means that
   * entries were lost to the ring. Without: the last `limit`.
   */
  entries ({ after, limit = 100 }: { readonly after?: number, readonly limit?: number } = {}): readonly JournalEntry[] {
    const oldest = Math.max(1, this.#latest - JOURNAL_CAPACITY + 1)
    const first = after === undefined ? Math.max(oldest, this.#latest - limit + 1) : Math.max(oldest, after + 1)
    const entries: JournalEntry[] = []
    for (let sequence = first; sequence <= this.#latest && entries.length < limit; sequence++) {
      const entry = this.#ring[(sequence - 1) % JOURNAL_CAPACITY]
      if (entry !== undefined) entries.push(entry)
    }
    return entries
  }

  /**
   * Told of every entry at once, in the recorder's turn: be short. What listeners record in answer is told on for three
   * levels, deeper entries are only kept.
   * @throws RangeError above 200 listeners
   */
  subscribe (listener: (entry: JournalEntry) => void): () => void {
    return this.#listeners.add(listener)
  }

  #publish (entry: JournalEntry): void {
    if (this.#nesting === MAX_NESTING) return
    this.#nesting++
    this.#listeners.tell(entry)
    if (this.#channel.hasSubscribers) this.#channel.publish(entry)
    this.#nesting--
  }
}
