import { OUTCOME_CLASSES } from '@plimsoll/core'
import { ClassicHistogram } from './classic-buckets.ts'
import type { ClassicBuckets } from './classic-buckets.ts'
import type { Outcome } from './outcome.ts'

const CLASSES = OUTCOME_CLASSES.length

/** Everything that ever ended in one class of one slot. */
export class ClassRecord {
  readonly duration: ClassicHistogram
  readonly #bytes: Float64Array = new Float64Array(2)

  constructor (buckets: ClassicBuckets) {
    this.duration = new ClassicHistogram(buckets)
  }

  get count (): number { return this.duration.latency.count }

  /** Of bodies, as declared. */
  get requestBytes (): number { return this.#bytes[0]! }
  get responseBytes (): number { return this.#bytes[1]! }

  record (ms: number, requestBytes: number, responseBytes: number): void {
    this.duration.record(ms)
    const bytes = this.#bytes
    bytes[0]! += requestBytes
    bytes[1]! += responseBytes
  }
}

/**
 * Counts, latency and bytes by slot (a route, an upstream) and outcome class. A class of a slot takes its 7 kB when
 * something first ends in it; after that recording writes numbers into typed arrays and allocates nothing.
 */
export class Traffic {
  readonly #records: Array<ClassRecord | undefined>
  readonly #inFlight: Int32Array
  readonly #buckets: ClassicBuckets

  /** @param slots how many there may be */
  constructor (slots: number, buckets: ClassicBuckets) {
    this.#buckets = buckets
    this.#records = new Array<ClassRecord | undefined>(slots * CLASSES).fill(undefined)
    this.#inFlight = new Int32Array(slots)
  }

  /** Something was begun in a slot. */
  begin (slot: number): void { this.#inFlight[slot]!++ }

  /** What was begun is over. */
  end (slot: number): void { this.#inFlight[slot]!-- }

  record (slot: number, outcome: Outcome, ms: number, requestBytes: number, responseBytes: number): void {
    const record = this.#records[slot * CLASSES + outcome] ?? this.#make(slot, outcome)
    record.record(ms, requestBytes, responseBytes)
  }

  inFlight (slot: number): number { return this.#inFlight[slot]! }

  /** `undefined` where nothing has ended yet. */
  recordOf (slot: number, outcome: Outcome): ClassRecord | undefined { return this.#records[slot * CLASSES + outcome] }

  #make (slot: number, outcome: Outcome): ClassRecord {
    const record = new ClassRecord(this.#buckets)
    this.#records[slot * CLASSES + outcome] = record
    return record
  }
}
