import { SlidingSums } from '@plimsoll/core/statistics'

/** Spans of {@link Counters}. */
const COUNTED_SPANS = [10, 60] as const
export type CountedSpan = typeof COUNTED_SPANS[number]

/** A component's counters that only rise, by name. */
const MAX_COUNTERS = 300

interface Counter {
  last: number
  readonly seconds: SlidingSums
}

/** How much counters rose in the last seconds. One that falls has begun anew. */
export class Counters {
  readonly #counters: Map<string, Counter> = new Map()

  moveTo (second: number): void {
    for (const { seconds } of this.#counters.values()) seconds.moveTo(second)
  }

  /** What it has counted since the start. Its first value says nothing about now. */
  read (name: string, value: unknown, second: number): void {
    if (typeof value !== 'number' || !Number.isFinite(value)) return
    const counter = this.#counters.get(name)
    if (counter === undefined) {
      if (this.#counters.size < MAX_COUNTERS) this.#begin(name, value, second)
      return
    }
    counter.seconds.add(0, value >= counter.last ? value - counter.last : value)
    counter.last = value
  }

  rise (name: string, span: CountedSpan): number { return this.#counters.get(name)?.seconds.sum(0, span) ?? 0 }

  #begin (name: string, value: number, second: number): void {
    const seconds = new SlidingSums(1, COUNTED_SPANS)
    seconds.moveTo(second)
    this.#counters.set(name, { last: value, seconds })
  }
}
