import { mergeBuckets, quantileOf } from './buckets.ts'
import type { Buckets } from './buckets.ts'
import type { Frame } from './frame.ts'
import { FIGURE_COLUMNS, PERCENTILES, PROCESS_COLUMNS, TRAFFIC_COLUMNS } from './history-columns.ts'
import type { HistoryColumn } from './history-columns.ts'
import { HistoryMinute } from './history-minute.ts'
import { FRAMES_PER_MINUTE } from './history-table.ts'
import type { HistoryTable } from './history-table.ts'
import { routeKey } from './same-series.ts'
import { mergeTotals } from './traffic-totals.ts'
import type { TrafficTotals } from './traffic-totals.ts'

export interface HistoryBounds {
  /** Frames kept, at one a second. @default 3600 */
  readonly seconds: number
  /** @default 67108864 */
  readonly maxBytes: number
}

/** Milliseconds since the Unix epoch; `from` included, `to` not. */
export interface TimeRange {
  /** @default the oldest frame */
  readonly from?: number
  /** @default after the newest frame */
  readonly to?: number
}

export interface HistoryQuery extends TimeRange {
  /** Milliseconds to a point. @default, and least: what gives 1,000 points */
  readonly step?: number
  /** @default the process */
  readonly of?: { readonly method: string, readonly route: string } | { readonly origin: string } | { readonly figure: string }
}

export interface HistorySlice {
  readonly step: number
  /** Begin of each step. */
  readonly at: readonly number[]
  /** As long as `at`; `null` where no frame fell into the step, or none had the figure. */
  readonly columns: { readonly [name: string]: ReadonlyArray<number | null> }
}

export interface Heatmap {
  readonly step: number
  readonly at: readonly number[]
  /** Of all served requests, exact. */
  readonly buckets: readonly Buckets[]
}

export interface HistoryTotals extends TrafficTotals {
  /** What the totals are really of: whole minutes. */
  readonly from: number
  readonly to: number
}

const MAX_POINTS = 1000

interface Steps { readonly step: number, readonly at: readonly number[], readonly from: number, readonly to: number }

/** A frame's place in the history, and in the answer. */
interface Place { readonly minute: HistoryMinute, readonly frame: number, readonly step: number }

/** The frames of the last hour in columns; the oldest minutes go when there are too many or too many bytes. */
export class FrameHistory {
  #bounds: HistoryBounds
  readonly #minutes: HistoryMinute[] = []

  constructor (bounds: HistoryBounds) {
    this.#bounds = bounds
  }

  /** Bytes of the columns and of the histograms in them; at most `maxBytes`, or one minute where that alone is larger. */
  get bytes (): number { return this.#minutes.reduce((sum, { bytes }) => sum + bytes, 0) }

  /** Frames held. */
  get length (): number { return this.#minutes.reduce((sum, { length }) => sum + length, 0) }

  /** Milliseconds since the Unix epoch; `undefined` while it is empty. */
  get oldest (): number | undefined { return this.#minutes[0]?.at[0] }

  fit (bounds: HistoryBounds): void {
    this.#bounds = bounds
    this.#forget()
  }

  add (frame: Frame): void {
    let newest = this.#minutes.at(-1)
    if (newest === undefined || newest.full) {
      newest = new HistoryMinute()
      this.#minutes.push(newest)
    }
    newest.add(frame)
    this.#forget()
  }

  /** Points of a chart. Percentiles of the process are of all requests of the step; those of a route are of its worst second. */
  query ({ of, ...range }: HistoryQuery = {}): HistorySlice {
    const steps = this.#steps(range)
    const places = this.#places(steps)
    const { step, at } = steps
    if (of === undefined) return { step, at, columns: { ...fold(PROCESS_COLUMNS, places, at.length, ({ process }) => process, ''), ...this.#percentiles(steps) } }
    if ('origin' in of) return { step, at, columns: fold(TRAFFIC_COLUMNS, places, at.length, ({ upstreams }) => upstreams, of.origin) }
    if ('figure' in of) return { step, at, columns: fold(FIGURE_COLUMNS, places, at.length, ({ figures }) => figures, of.figure) }
    return { step, at, columns: fold(TRAFFIC_COLUMNS, places, at.length, ({ routes }) => routes, routeKey(of)) }
  }

  /** How the latency of all served requests was distributed, step by step. */
  heatmap (range: Omit<HistoryQuery, 'of'> = {}): Heatmap {
    const steps = this.#steps(range)
    return { step: steps.step, at: steps.at, buckets: this.#bucketsBySteps(steps) }
  }

  /** What came to each route, upstream and figure in the minutes that have a frame in the range, with exact histograms. */
  totals (range: TimeRange = {}): HistoryTotals {
    const { from, to } = this.#range(range)
    const minutes = this.#minutes.filter(({ at, length }) => at.subarray(0, length).some((time) => time >= from && time < to))
    const [first] = minutes
    const last = minutes.at(-1)
    return {
      from: first === undefined ? from : first.at[0]! - first.seconds[0]! * 1000,
      to: last === undefined ? from : last.at[last.length - 1]!,
      ...mergeTotals(minutes.map((minute) => minute.totals()))
    }
  }

  #forget (): void {
    const most = Math.ceil(this.#bounds.seconds / FRAMES_PER_MINUTE) + 1
    while (this.#minutes.length > 1 && (this.#minutes.length > most || this.bytes > this.#bounds.maxBytes)) this.#minutes.shift()
  }

  #range ({ from, to }: TimeRange): { readonly from: number, readonly to: number } {
    const newest = this.#minutes.at(-1)
    const end = newest === undefined ? 0 : newest.at[newest.length - 1]! + 1
    return { from: from ?? this.oldest ?? 0, to: to ?? end }
  }

  #steps ({ step, ...range }: Omit<HistoryQuery, 'of'>): Steps {
    const { from, to } = this.#range(range)
    const length = Math.max(0, to - from)
    const least = Math.max(1000, Math.ceil(length / MAX_POINTS / 1000) * 1000)
    const asked = Math.max(step ?? least, least)
    return { step: asked, from, to, at: Array.from({ length: Math.ceil(length / asked) }, (_, i) => from + i * asked) }
  }

  #places ({ from, to, step }: Steps): Place[] {
    const places: Place[] = []
    for (const minute of this.#minutes) {
      for (let frame = 0; frame < minute.length; frame++) {
        const at = minute.at[frame]!
        if (at >= from && at < to) places.push({ minute, frame, step: Math.floor((at - from) / step) })
      }
    }
    return places
  }

  #percentiles (steps: Steps): Record<string, ReadonlyArray<number | null>> {
    const buckets = this.#bucketsBySteps(steps)
    return Object.fromEntries(PERCENTILES.map(([name, quantile]) => [name, buckets.map((one) => orNull(quantileOf(one, quantile)))]))
  }

  #bucketsBySteps (steps: Steps): Buckets[] {
    const parts: Buckets[][] = steps.at.map(() => [])
    const latencies = new Map<HistoryMinute, readonly Buckets[]>()
    for (const { minute, frame, step } of this.#places(steps)) {
      const latency = latencies.get(minute) ?? minute.latency()
      latencies.set(minute, latency)
      parts[step]!.push(latency[frame]!)
    }
    return parts.map(mergeBuckets)
  }
}

/** The columns of one row, a point a step. */
function fold<T> (columns: ReadonlyArray<HistoryColumn<T>>, places: readonly Place[], points: number, tableOf: (minute: HistoryMinute) => HistoryTable<T>, key: string): Record<string, ReadonlyArray<number | null>> {
  return Object.fromEntries(columns.map(({ name, fold }, column) => {
    const sums = new Float64Array(points)
    const weights = new Float64Array(points)
    const most = new Float64Array(points).fill(NaN)
    for (const { minute, frame, step } of places) {
      const value = tableOf(minute).read(key, column, frame)
      if (Number.isNaN(value)) continue
      const seconds = minute.seconds[frame]!
      sums[step]! += value * seconds
      weights[step]! += seconds
      if (!(most[step]! >= value)) most[step] = value
    }
    return [name, Array.from(most, (worst, i) => orNull(fold === 'max' ? worst : sums[i]! / weights[i]!))]
  }))
}

function orNull (value: number): number | null { return Number.isNaN(value) ? null : value }
