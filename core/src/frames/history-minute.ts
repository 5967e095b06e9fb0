import type { Buckets } from './buckets.ts'
import { bucketsIn, totalOf } from './class-table.ts'
import type { Frame } from './frame.ts'
import { FIGURE_COLUMNS, PROCESS_COLUMNS, secondsOf, TRAFFIC_COLUMNS } from './history-columns.ts'
import type { TimedFigure, Traffic } from './history-columns.ts'
import { FRAMES_PER_MINUTE, HistoryTable } from './history-table.ts'
import { routeKey } from './same-series.ts'
import { mergeTotals } from './traffic-totals.ts'
import type { TrafficTotals } from './traffic-totals.ts'

/** What the history keeps of sixty frames: numbers in typed arrays, the histograms as JSON text outside the heap. */
export class HistoryMinute {
  readonly at: Float64Array = new Float64Array(FRAMES_PER_MINUTE)
  readonly seconds: Float32Array = new Float32Array(FRAMES_PER_MINUTE)
  readonly process: HistoryTable<Frame> = new HistoryTable(PROCESS_COLUMNS)
  readonly routes: HistoryTable<Traffic> = new HistoryTable(TRAFFIC_COLUMNS)
  readonly upstreams: HistoryTable<Traffic> = new HistoryTable(TRAFFIC_COLUMNS)
  readonly figures: HistoryTable<TimedFigure> = new HistoryTable(FIGURE_COLUMNS)
  #length = 0
  // Open, while it is the newest; then only as text.
  #totals: TrafficTotals = { routes: [], upstreams: [], figures: [] }
  #latency: Buckets[] = []
  #text: { readonly totals: Buffer, readonly latency: Buffer } | undefined

  /** Frames in it. */
  get length (): number { return this.#length }

  get full (): boolean { return this.#length === FRAMES_PER_MINUTE }

  get bytes (): number {
    const text = this.#text === undefined ? 0 : this.#text.totals.byteLength + this.#text.latency.byteLength
    return FRAMES_PER_MINUTE * 12 + this.process.bytes + this.routes.bytes + this.upstreams.bytes + this.figures.bytes + text
  }

  add (frame: Frame): void {
    const i = this.#length++
    const seconds = secondsOf(frame)
    this.at[i] = frame.at
    this.seconds[i] = seconds
    this.process.write('', i, frame)
    for (const route of frame.routes) this.routes.write(routeKey(route), i, { ...route, seconds })
    for (const upstream of frame.upstreams) this.upstreams.write(upstream.origin, i, { ...upstream, seconds })
    for (const figure of frame.figures) this.figures.write(figure.name, i, { figure, seconds })
    this.#latency.push(bucketsIn(totalOf(frame.routes.map(({ classes }) => classes))))
    this.#totals = mergeTotals([this.#totals, frame])
    if (this.full) this.#close()
  }

  /** Latency of all served requests of a frame. */
  latency (): readonly Buckets[] {
    return this.#text === undefined ? this.#latency : JSON.parse(this.#text.latency.toString())
  }

  /** Of the whole minute. */
  totals (): TrafficTotals {
    return this.#text === undefined ? this.#totals : JSON.parse(this.#text.totals.toString())
  }

  #close (): void {
    this.#text = { totals: Buffer.from(JSON.stringify(this.#totals)), latency: Buffer.from(JSON.stringify(this.#latency)) }
    this.#totals = { routes: [], upstreams: [], figures: [] }
    this.#latency = []
    for (const table of [this.process, this.routes, this.upstreams, this.figures]) table.trim()
  }
}
