import { LatencyWindow } from '@plimsoll/core'
import type { AppFigure, Clock, MetricSource } from '@plimsoll/core'
import { ClassicHistogram } from './classic-buckets.ts'
import type { ClassicBuckets } from './classic-buckets.ts'
import { InvalidFigureError } from './errors.ts'

/** Figures of the application's own, of all types together. */
export const MAX_FIGURES = 500

const NAME = /^[a-z][a-z0-9_]{0,79}$/

/** How long something of the application's takes. */
export class Timer {
  readonly #histogram: ClassicHistogram
  readonly #now: () => number

  constructor (histogram: ClassicHistogram, now: () => number) {
    this.#histogram = histogram
    this.#now = now
  }

  /** Milliseconds. */
  record (ms: number): void { this.#histogram.record(ms) }

  /** Begins to time; the returned function ends it, once, and gives the milliseconds. */
  start (): () => number {
    const startedAt = this.#now()
    let ms: number | undefined
    return () => {
      if (ms === undefined) {
        ms = this.#now() - startedAt
        this.#histogram.record(ms)
      }
      return ms
    }
  }

  /** Times `work`, until its promise settles if it returns one, and also where it fails. */
  time<T> (work: () => T): T {
    const stop = this.start()
    let result: T
    try {
      result = work()
    } catch (error) {
      stop()
      throw error
    }
    if (result instanceof Promise) result.then(stop, stop)
    else stop()
    return result
  }
}

/** How often something happened. */
export class Counter {
  readonly #total: Float64Array = new Float64Array(1)

  get value (): number { return this.#total[0]! }

  /** A counter only grows: anything but a positive finite number adds nothing. */
  add (count: number = 1): void {
    if (count > 0 && count < Infinity) this.#total[0]! += count
  }
}

/** How much there is of something. */
export class Gauge {
  readonly #value: Float64Array = new Float64Array(1)

  get value (): number { return this.#value[0]! }

  set (value: number): void { this.#value[0] = value }
}

type Figure =
  | { readonly type: 'timer', readonly figure: Timer, readonly histogram: ClassicHistogram }
  | { readonly type: 'counter', readonly figure: Counter }
  | { readonly type: 'gauge', readonly figure: Gauge }

export interface AppFiguresPorts {
  readonly clock: Pick<Clock, 'now'>
  /** First word of the names in Prometheus. */
  readonly prefix: string
  readonly buckets: ClassicBuckets
  /** Makes a figure visible to scrapes. */
  readonly register: (source: MetricSource) => void
}

/** The application's timers, counters and gauges by name; the same name gives the same one. */
export class AppFigures {
  readonly #ports: AppFiguresPorts
  readonly #figures: Map<string, Figure> = new Map()
  readonly #windows: Map<string, { next (): { readonly value: number, readonly time: number, readonly buckets: readonly number[] } }> = new Map()

  constructor (ports: AppFiguresPorts) {
    this.#ports = ports
  }

  get size (): number { return this.#figures.size }

  /** @throws PLM_MONITOR_INVALID_FIGURE, PLM_CORE_REGISTRATION_INVALID */
  timer (name: string, help: string = `How long ${name} took`): Timer {
    const known = this.#known(name, 'timer')
    if (known?.type === 'timer') return known.figure
    const { buckets, clock, prefix } = this.#ports
    const histogram = new ClassicHistogram(buckets)
    const figure = new Timer(histogram, () => clock.now())
    this.#add(name, { type: 'timer', figure, histogram }, {
      name: `${prefix}_${name}_seconds`,
      help,
      type: 'histogram',
      bounds: buckets.bounds,
      collect: (report) => report.distribution(histogram.counts, histogram.seconds)
    })
    return figure
  }

  /** @throws PLM_MONITOR_INVALID_FIGURE, PLM_CORE_REGISTRATION_INVALID */
  counter (name: string, help: string = `How often ${name} happened`): Counter {
    const known = this.#known(name, 'counter')
    if (known?.type === 'counter') return known.figure
    const figure = new Counter()
    this.#add(name, { type: 'counter', figure }, { name: `${this.#ports.prefix}_${name}_total`, help, type: 'counter', collect: (report) => report.value(figure.value) })
    return figure
  }

  /** @throws PLM_MONITOR_INVALID_FIGURE, PLM_CORE_REGISTRATION_INVALID */
  gauge (name: string, help: string = `How much there is of ${name}`): Gauge {
    const known = this.#known(name, 'gauge')
    if (known?.type === 'gauge') return known.figure
    const figure = new Gauge()
    this.#add(name, { type: 'gauge', figure }, { name: `${this.#ports.prefix}_${name}`, help, type: 'gauge', collect: (report) => report.value(figure.value) })
    return figure
  }

  /** What was before is no part of the first window. */
  begin (): void { this.next() }

  /** Ends the window of every figure. */
  next (): readonly AppFigure[] {
    return Array.from(this.#figures, ([name, figure]) => {
      let window = this.#windows.get(name)
      if (window === undefined) {
        window = windowOf(figure)
        this.#windows.set(name, window)
      }
      return { name, type: figure.type, ...window.next() }
    })
  }

  end (): void { this.#windows.clear() }

  #known (name: string, type: Figure['type']): Figure | undefined {
    const known = this.#figures.get(name)
    if (known !== undefined && known.type !== type) throw new InvalidFigureError(name, `is a ${known.type} already; give the ${type} another name`)
    return known
  }

  #add (name: string, figure: Figure, source: MetricSource): void {
    if (!NAME.test(name)) throw new InvalidFigureError(JSON.stringify(String(name).slice(0, 100)), 'needs a name of a-z, 0-9 and _, beginning with a letter, at most 80 characters, such as render_invoice')
    if (this.#figures.size === MAX_FIGURES) throw new InvalidFigureError(name, `would be number ${MAX_FIGURES + 1} of at most ${MAX_FIGURES}; are names made of ids?`)
    this.#ports.register(source)
    this.#figures.set(name, figure)
  }
}

function windowOf (figure: Figure): { next (): { readonly value: number, readonly time: number, readonly buckets: readonly number[] } } {
  if (figure.type === 'timer') {
    const window = new LatencyWindow(figure.histogram.latency)
    return {
      next () {
        const { count, time, buckets } = window.next()
        return { value: count, time, buckets }
      }
    }
  }
  const { type, figure: number } = figure
  let before = 0
  return {
    next () {
      const value = number.value - before
      if (type === 'counter') before = number.value
      return { value, time: 0, buckets: [] }
    }
  }
}
