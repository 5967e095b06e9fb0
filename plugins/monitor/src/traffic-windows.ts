import { LatencyWindow, OUTCOME_CLASSES } from '@plimsoll/core'
import type { ClassFigures, ClassTable } from '@plimsoll/core'
import type { ClassRecord, Traffic } from './traffic.ts'

/** What came to each class since the last look. Its 7 kB a class are held only while somebody looks. */
export class TrafficWindows {
  readonly #traffic: Traffic
  readonly #windows: Map<ClassRecord, ClassWindow> = new Map()

  constructor (traffic: Traffic) {
    this.#traffic = traffic
  }

  /** What was before is no part of the first window. `slots`: how many are in use. */
  begin (slots: number): void {
    for (let slot = 0; slot < slots; slot++) this.next(slot)
  }

  /** Ends the window of a slot. */
  next (slot: number): ClassTable {
    const table: { -readonly [C in keyof ClassTable]: ClassFigures } = {}
    for (const [outcome, name] of OUTCOME_CLASSES.entries()) {
      const record = this.#traffic.recordOf(slot, outcome)
      if (record === undefined) continue
      const figures = this.#windowOf(record).next()
      if (figures.count > 0) table[name] = figures
    }
    return table
  }

  end (): void { this.#windows.clear() }

  #windowOf (record: ClassRecord): ClassWindow {
    let window = this.#windows.get(record)
    if (window === undefined) {
      window = new ClassWindow(record)
      this.#windows.set(record, window)
    }
    return window
  }
}

class ClassWindow {
  readonly #record: ClassRecord
  readonly #latency: LatencyWindow
  #requestBytes = 0
  #responseBytes = 0

  constructor (record: ClassRecord) {
    this.#record = record
    this.#latency = new LatencyWindow(record.duration.latency)
  }

  next (): ClassFigures {
    const { requestBytes, responseBytes } = this.#record
    const figures = { ...this.#latency.next(), requestBytes: requestBytes - this.#requestBytes, responseBytes: responseBytes - this.#responseBytes }
    this.#requestBytes = requestBytes
    this.#responseBytes = responseBytes
    return figures
  }
}
