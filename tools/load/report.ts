import { Histogram, mergeHistograms, type HistogramData } from './histogram.ts'

/**
 * How a request can end, seen by its client:
 * `ok` 2xx within the deadline (goodput), `late` 2xx behind it, `refused` 503 or 429, `error` another status or no connection,
 * `timeout` the client gave up, `reset` the connection broke before the answer was whole.
 */
export const outcomes = ['ok', 'late', 'refused', 'error', 'timeout', 'reset'] as const
export type Outcome = typeof outcomes[number]

/** What happened to the requests of one class that arrived in one phase. */
export interface Tally extends Readonly<Record<Outcome, number>> {
  readonly offered: number
  /** Latency of 2xx answers, late ones included, from the scheduled arrival. */
  readonly admittedLatency: HistogramData
  readonly refusedLatency: HistogramData
}

/**
 * Counts per time bin. All but `okAt` belong to the bin of the scheduled arrival, so that the outcomes of a bin sum up to
 * `offered`; `okAt` counts a success in the bin in which its answer came, which is what a rate of goodput means.
 */
export type BinColumn = 'offered' | Outcome | 'slow' | 'okAt'
export type Bins = Readonly<Record<BinColumn, readonly number[]>>

export interface Report {
  /** Start of the first phase, in ms since the epoch, so that it can be laid beside what other processes saw. */
  readonly startedAtMs: number
  readonly classes: readonly string[]
  readonly phases: ReadonlyArray<{ readonly name: string, readonly seconds: number, readonly tallies: Readonly<Record<string, Tally>> }>
  readonly binMs: number
  readonly bins: Readonly<Record<string, Bins>>
  /** Actual minus scheduled send, of every arrival: what the generator itself adds. */
  readonly lagP99Ms: number
  readonly lagMaxMs: number
  /** CPU time of the generator over wall time; near 1 it was the bottleneck. */
  readonly generatorCpu: number
  /** The first few distinct failures, for whoever wonders why there are errors. */
  readonly failures: Readonly<Record<string, number>>
}

/** Figures of the time since the last ones, by the time of the answer, sent while the load runs. */
export interface LiveStats {
  readonly elapsedSeconds: number
  readonly phase: string
  readonly seconds: number
  readonly classes: Readonly<Record<string, Readonly<Record<Outcome, number>> & { readonly offered: number }>>
  readonly admittedP99Ms: number
  readonly refusedP99Ms: number
  readonly lagP99Ms: number
}

/** Sums tallies: over classes, over phases, or over runs. */
function sumTallies (tallies: readonly Tally[]): Tally {
  const sum = (pick: (tally: Tally) => number): number => tallies.reduce((total, tally) => total + pick(tally), 0)
  return {
    offered: sum(tally => tally.offered),
    ok: sum(tally => tally.ok),
    late: sum(tally => tally.late),
    refused: sum(tally => tally.refused),
    error: sum(tally => tally.error),
    timeout: sum(tally => tally.timeout),
    reset: sum(tally => tally.reset),
    admittedLatency: mergeHistograms(tallies.map(tally => tally.admittedLatency)).toJSON(),
    refusedLatency: mergeHistograms(tallies.map(tally => tally.refusedLatency)).toJSON()
  }
}

/** The tally of the named phases and classes; of all of them when no names are given. The probe counts only when it is named. */
export function tallyOf (report: Report, which: { phase?: string, classes?: readonly string[] } = {}): Tally {
  const names = which.classes ?? report.classes.filter(name => name !== 'probe')
  const phases = report.phases.filter(phase => which.phase === undefined || phase.name === which.phase)
  return sumTallies(phases.flatMap(phase => names.map(name => phase.tallies[name]).filter(tally => tally !== undefined)))
}

export function quantileMs (histogram: HistogramData, quantile: number): number {
  return new Histogram().add(histogram).quantile(quantile)
}
