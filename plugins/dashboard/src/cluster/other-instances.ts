import type { ObservedFrame } from '../view/observed-frame.ts'
import type { ReceivedFrame } from './frame-receiver.ts'
import { InstanceFrames } from './instance-frames.ts'

/** What came from others since somebody looks. */
export interface ReceivedFigures {
  /** Other instances whose frames are here, and of these the silent ones. */
  readonly instances: number
  readonly stale: number
  readonly received: number
  /** Frames that did not come, or without their traffic; times that an instance began anew after a pause. */
  readonly missed: number
  readonly interrupted: number
  /** Came after a later one; came twice. */
  readonly late: number
  readonly duplicates: number
  /** Came without details, or without traffic, as they were too large for the backend. */
  readonly thinned: number
}

/** Two frames and a half: one may be lost on the way. */
const STALE_MS = 2_500
const FORGOTTEN_MS = 60_000
const MAX_INSTANCES = 100
/** JSON of the frames that are held: a frame is some tens of kilobytes. */
const MAX_BYTES = 32 * 1024 * 1024
const MAX_DEPARTED = 200

/** The other processes whose frames have come, by instance id. Silence is measured by the local clock alone. */
export class OtherInstances {
  /** Frames beyond a bound, or of a second process that runs under the id of another. */
  refused = 0
  readonly #own: string
  readonly #instances = new Map<string, InstanceFrames>()
  readonly #lives = new Map<string, InstanceFrames>()
  readonly #counters = { received: 0, late: 0, duplicates: 0, thinned: 0, missed: 0, interrupted: 0 }
  /** Lives that are over, and those that fell silent and may come back. */
  readonly #departed = new Map<string, 'gone' | 'silent'>()
  #bytes = 0
  #told = ''

  /** @param own this instance's id */
  constructor (own: string) { this.#own = own }

  has (instance: string): boolean { return this.#instances.has(instance) }

  /** Asked before a frame is read: one that is counted already is not. */
  wants (life: string, sequence: number): boolean {
    const wanted = this.#lives.get(life)?.lacks(sequence) ?? true
    if (!wanted) this.#counters.duplicates += 1
    return wanted
  }

  /** Whether its figures are to be counted: each frame's once. */
  add (received: ReceivedFrame, now: number): boolean {
    const { life, frame: { instance, sequence } } = received
    const holder = this.#instances.get(instance)
    if (holder?.life === life) {
      // Two copies may have been read at a time.
      if (!this.wants(life, sequence) || !this.#fits(holder, received)) return false
      const before = holder.bytes
      if (holder.add(received, now) === 'late') this.#counters.late += 1
      this.#bytes += holder.bytes - before
    } else {
      if (!this.#mayAppear(received, holder, now) || !this.#fits(holder, received)) return false
      if (holder !== undefined) this.#drop(holder, 'silent')
      this.#place(new InstanceFrames(received, now))
    }
    this.#count(received)
    return true
  }

  /** It has said that it leaves, and does not come back. */
  remove (life: string): void {
    const gone = this.#lives.get(life)
    if (gone === undefined) this.#depart(life, 'gone')
    else this.#drop(gone, 'gone')
  }

  /** Drops those of which nothing was heard for a minute. */
  forget (now: number): void {
    for (const one of this.#instances.values()) if (one.silence(now) >= FORGOTTEN_MS) this.#drop(one, 'silent')
  }

  /** Whether there are others than at the last call, or other ones are stale. */
  changed (now: number): boolean {
    const state = Array.from(this.#instances.values(), (one) => `${one.life} ${isStale(one, now)}`).join()
    const changed = state !== this.#told
    this.#told = state
    return changed
  }

  excuse (ms: number): void {
    for (const one of this.#instances.values()) one.excuse(ms)
  }

  /** Milliseconds until the next one becomes stale if it stays silent; `Infinity` if there is none. */
  untilStale (now: number): number {
    let least = Infinity
    for (const one of this.#instances.values()) {
      const left = STALE_MS - one.silence(now)
      if (left > 0 && left < least) least = left
    }
    return least
  }

  /** By name. */
  list (now: number): readonly ObservedFrame[] {
    return [...this.#instances.values()]
      .sort((a, b) => a.instance < b.instance ? -1 : 1)
      .map((one) => ({ frame: one.frame, stale: isStale(one, now) }))
  }

  figures (now: number): ReceivedFigures {
    const { received, late, duplicates, thinned } = this.#counters
    let { missed, interrupted } = this.#counters
    let stale = 0
    for (const one of this.#instances.values()) {
      missed += one.missed
      interrupted += one.interrupted
      if (isStale(one, now)) stale += 1
    }
    return { instances: this.#instances.size, stale, received, missed, interrupted, late, duplicates, thinned }
  }

  /** Of two processes with one id the first counts, until it is silent: figures must not jump between them. */
  #mayAppear ({ life, frame: { instance } }: ReceivedFrame, holder: InstanceFrames | undefined, now: number): boolean {
    const may = instance !== this.#own && !this.#lives.has(life) && this.#departed.get(life) !== 'gone' &&
      (holder === undefined ? this.#instances.size < MAX_INSTANCES : isStale(holder, now))
    if (!may) this.refused += 1
    return may
  }

  #fits (holder: InstanceFrames | undefined, { bytes }: ReceivedFrame): boolean {
    const fits = this.#bytes - (holder?.bytes ?? 0) + bytes <= MAX_BYTES
    if (!fits) this.refused += 1
    return fits
  }

  #count ({ life, thinned }: ReceivedFrame): void {
    this.#counters.received += 1
    if (thinned !== 'nothing') this.#counters.thinned += 1
    if (thinned === 'traffic') this.#counters.missed += 1
    // Back after more than a minute: what it did meanwhile is not in the totals.
    if (this.#departed.delete(life)) this.#counters.interrupted += 1
  }

  #place (one: InstanceFrames): void {
    this.#instances.set(one.instance, one)
    this.#lives.set(one.life, one)
    this.#bytes += one.bytes
  }

  #drop (one: InstanceFrames, how: 'gone' | 'silent'): void {
    this.#depart(one.life, how)
    this.#instances.delete(one.instance)
    this.#lives.delete(one.life)
    this.#bytes -= one.bytes
    // What is missing from the totals stays missing.
    this.#counters.missed += one.missed
    this.#counters.interrupted += one.interrupted
  }

  #depart (life: string, how: 'gone' | 'silent'): void {
    this.#departed.set(life, how)
    for (const oldest of this.#departed.keys()) {
      if (this.#departed.size <= MAX_DEPARTED) break
      this.#departed.delete(oldest)
    }
  }
}

function isStale (one: InstanceFrames, now: number): boolean { return one.silence(now) >= STALE_MS }
