import type { VitalSigns } from '@plimsoll/core'

/** The names that @fastify/under-pressure gives to what may be too high. */
export const TYPE_EVENT_LOOP_DELAY = 'eventLoopDelay'
export const TYPE_HEAP_USED_BYTES = 'heapUsedBytes'
export const TYPE_RSS_BYTES = 'rssBytes'
export const TYPE_HEALTH_CHECK = 'healthCheck'
export const TYPE_EVENT_LOOP_UTILIZATION = 'eventLoopUtilization'

export type PressureType = typeof TYPE_EVENT_LOOP_DELAY | typeof TYPE_HEAP_USED_BYTES | typeof TYPE_RSS_BYTES | typeof TYPE_HEALTH_CHECK | typeof TYPE_EVENT_LOOP_UTILIZATION

/** What is too high, and how high; `undefined` of a health check. */
export interface Pressure {
  readonly type: PressureType
  readonly value: number | undefined
}

/** The highest values that are well; 0 of what isn't looked at. */
export interface Thresholds {
  /** Milliseconds, mean of a window. */
  readonly maxEventLoopDelay: number
  /** 0 to 1, of a window. */
  readonly maxEventLoopUtilization: number
  readonly maxHeapUsedBytes: number
  readonly maxRssBytes: number
  /** Milliseconds between two looks. */
  readonly sampleInterval: number
}

/** What @fastify/under-pressure's `memoryUsage()` returns. */
export interface MemoryUsage {
  /** Milliseconds, mean of the last window. */
  readonly eventLoopDelay: number
  readonly rssBytes: number
  readonly heapUsed: number
  /** 0 to 1, of the last window. */
  readonly eventLoopUtilized: number
}

/** Static thresholds on windowed vital signs: what was passed at the last look is read from a field. */
export class PressureSignals {
  readonly #thresholds: Thresholds
  #usage: MemoryUsage = { eventLoopDelay: 0, rssBytes: 0, heapUsed: 0, eventLoopUtilized: 0 }
  #passed: Pressure | undefined
  #healthy = true
  #lookedAt = -Infinity

  constructor (thresholds: Thresholds) {
    this.#thresholds = thresholds
  }

  get usage (): MemoryUsage { return this.#usage }

  /** The threshold that is passed, in the order in which @fastify/under-pressure asks. */
  get pressure (): Pressure | undefined {
    return this.#healthy ? this.#passed : this.#passed ?? UNHEALTHY
  }

  /** Takes the result of a health check in. */
  checked (healthy: boolean): void { this.#healthy = healthy }

  /** Takes a window in. */
  look ({ at, eventLoop, memory }: VitalSigns): void {
    // A window that is a little early still counts.
    if (at - this.#lookedAt < this.#thresholds.sampleInterval * 0.9) return
    this.#lookedAt = at
    this.#usage = { eventLoopDelay: eventLoop.delay.mean, rssBytes: memory.rss, heapUsed: memory.heapUsed, eventLoopUtilized: eventLoop.utilization }
    const { maxEventLoopDelay, maxHeapUsedBytes, maxRssBytes, maxEventLoopUtilization } = this.#thresholds
    this.#passed =
      above(TYPE_EVENT_LOOP_DELAY, eventLoop.delay.mean, maxEventLoopDelay) ??
      above(TYPE_HEAP_USED_BYTES, memory.heapUsed, maxHeapUsedBytes) ??
      above(TYPE_RSS_BYTES, memory.rss, maxRssBytes) ??
      above(TYPE_EVENT_LOOP_UTILIZATION, eventLoop.utilization, maxEventLoopUtilization)
  }
}

const UNHEALTHY: Pressure = { type: TYPE_HEALTH_CHECK, value: undefined }

function above (type: PressureType, value: number, max: number): Pressure | undefined {
  return max > 0 && value > max ? { type, value } : undefined
}
