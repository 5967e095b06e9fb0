import { mergeBuckets } from './buckets.ts'
import type { Buckets } from './buckets.ts'

/**
 * How a request or a call ended; each is in exactly one class, so counts add up.
 * `2xx` … `5xx`: answered whole. `refused`: by a limit, a gate or a breaker. `aborted`: its client went away.
 * `reset`: this side or an error destroyed it. `timeout`: by a timeout that could not be answered.
 * `stream`, `upgraded`: long-lived, timed to their head.
 */
export const OUTCOME_CLASSES = ['2xx', '3xx', '4xx', '5xx', 'refused', 'aborted', 'reset', 'timeout', 'stream', 'upgraded'] as const

export type OutcomeClass = typeof OUTCOME_CLASSES[number]

/** The fault of whoever was asked. */
export const ERROR_CLASSES: readonly OutcomeClass[] = ['5xx', 'reset', 'timeout']

/**
 * What was worked on: percentiles are over these. Aborted ones are in it, since they are the slow ones that clients gave
 * up on; refusals, streams and upgrades have no service time.
 */
export const SERVED_CLASSES: readonly OutcomeClass[] = ['2xx', '3xx', '4xx', '5xx', 'aborted', 'reset', 'timeout']

/** Figures of one class in one window. */
export interface ClassFigures {
  readonly count: number
  /** Sum of the durations in whole microseconds. */
  readonly time: number
  readonly buckets: Buckets
  /** Bytes of the bodies, as declared by content-length. */
  readonly requestBytes: number
  readonly responseBytes: number
}

/** A class that nothing ended in stays out. */
export type ClassTable = { readonly [C in OutcomeClass]?: ClassFigures }

export function countIn (classes: ClassTable, which: readonly OutcomeClass[] = OUTCOME_CLASSES): number {
  return which.reduce((sum, name) => sum + (classes[name]?.count ?? 0), 0)
}

/** Sum of durations in microseconds. */
export function timeIn (classes: ClassTable, which: readonly OutcomeClass[] = OUTCOME_CLASSES): number {
  return which.reduce((sum, name) => sum + (classes[name]?.time ?? 0), 0)
}

export function bucketsIn (classes: ClassTable, which: readonly OutcomeClass[] = SERVED_CLASSES): Buckets {
  return mergeBuckets(which.map((name) => classes[name]?.buckets ?? []))
}

/** All tables together, class by class. */
export function totalOf (tables: Iterable<ClassTable>): ClassTable {
  const all = [...tables]
  const total: { [C in OutcomeClass]?: ClassFigures } = {}
  for (const name of OUTCOME_CLASSES) {
    const figures = all.map((table) => table[name]).filter((one) => one !== undefined)
    if (figures.length > 0) total[name] = sumOf(figures)
  }
  return total
}

function sumOf (figures: readonly ClassFigures[]): ClassFigures {
  const sum = (read: (one: ClassFigures) => number): number => figures.reduce((total, one) => total + read(one), 0)
  return {
    count: sum(({ count }) => count),
    time: sum(({ time }) => time),
    buckets: mergeBuckets(figures.map(({ buckets }) => buckets)),
    requestBytes: sum(({ requestBytes }) => requestBytes),
    responseBytes: sum(({ responseBytes }) => responseBytes)
  }
}
