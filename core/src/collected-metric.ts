import { boundedText } from './bounded-json.ts'
import type { MetricReport, MetricSource } from './metric-source.ts'

/** Series of one metric in one scrape; more are dropped, and counted. */
const MAX_SERIES = 10_000

const MAX_LABEL_LENGTH = 200

export interface Series {
  readonly labelValues: readonly string[]
  /** Of a counter or gauge. */
  readonly value: number
  /** Of a histogram: observations per bucket. */
  readonly counts: readonly number[] | undefined
}

/** What a metric reports in one scrape. Each series is copied in one go, so that no sum disagrees with its buckets however slowly it is written out. */
export class CollectedMetric implements MetricReport {
  readonly source: MetricSource
  /** Series that were left out: too many, a wrong number of labels or counts, or reported before. */
  dropped = 0
  #series: Series[] = []
  readonly #seen: Set<string> = new Set()

  constructor (source: MetricSource) {
    this.source = source
  }

  /** The series of each step, and at last of the rest: who writes them out keeps few at a time. @throws whatever the source's `collect` throws */
  * collect (): Generator<readonly Series[]> {
    const reporting = this.source.collect(this)
    if (typeof reporting === 'object') {
      for (const steps = reporting[Symbol.iterator](); steps.next().done !== true;) yield this.#take()
    }
    yield this.#take()
  }

  #take (): readonly Series[] {
    const taken = this.#series
    this.#series = []
    return taken
  }

  value (value: number, ...labelValues: readonly string[]): void {
    this.#add(value, undefined, labelValues)
  }

  distribution (counts: ArrayLike<number>, sum: number, ...labelValues: readonly string[]): void {
    this.#add(sum, counts, labelValues)
  }

  #add (value: number, counts: ArrayLike<number> | undefined, labelValues: readonly string[]): void {
    const { labels = [], bounds } = this.source
    const bounded: string[] = []
    // A series that appears twice makes Prometheus throw the scrape away. With their lengths, no two lists of values look alike.
    let key = ''
    for (const given of labelValues) {
      const label = boundedText(given, MAX_LABEL_LENGTH)
      bounded.push(label)
      key += `${label.length}:${label},`
    }
    if (counts?.length !== (bounds && bounds.length + 1) || bounded.length !== labels.length || this.#seen.size >= MAX_SERIES || this.#seen.has(key)) {
      this.dropped++
      return
    }
    this.#seen.add(key)
    this.#series.push({ labelValues: bounded, value, counts: counts && copyOf(counts) })
  }
}

/** Ten times faster than Array.from() for a typed array. */
function copyOf (counts: ArrayLike<number>): number[] {
  const copy = new Array<number>(counts.length)
  for (let i = 0; i < counts.length; i++) copy[i] = counts[i]!
  return copy
}
