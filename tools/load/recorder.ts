import { Histogram } from './histogram.ts'
import { type BinColumn, type Bins, type LiveStats, type Outcome, type Report, type Tally } from './report.ts'

interface RecorderOptions {
  readonly classes: readonly string[]
  readonly phases: ReadonlyArray<{ readonly name: string, readonly seconds: number }>
  readonly binMs: number
  readonly deadlineMs: number
  readonly slowMs: number
  /** How long after the end of the last phase an answer can still come. */
  readonly timeoutMs: number
}

type Counts = Record<Outcome | 'offered', number>

class MutableTally {
  readonly counts: Counts = noCounts()
  readonly admittedLatency = new Histogram()
  readonly refusedLatency = new Histogram()

  toJSON (): Tally {
    return { ...this.counts, admittedLatency: this.admittedLatency.toJSON(), refusedLatency: this.refusedLatency.toJSON() }
  }
}

/** Counts what happens to the requests. All times are milliseconds from the start of the load. */
export class Recorder {
  readonly #options: RecorderOptions
  readonly #tallies: MutableTally[][]
  readonly #bins: Array<Record<BinColumn, Uint32Array>>
  readonly #lag = new Histogram()
  readonly #failures = new Map<string, number>()
  readonly #live: { counts: Counts[], admitted: Histogram, refused: Histogram, lag: Histogram }
  #liveSince = 0

  constructor (options: RecorderOptions) {
    this.#options = options
    this.#tallies = options.phases.map(() => options.classes.map(() => new MutableTally()))
    const seconds = options.phases.reduce((total, phase) => total + phase.seconds, 0)
    const bins = Math.ceil((seconds * 1000 + options.timeoutMs) / options.binMs) + 1
    this.#bins = options.classes.map(() => emptyBins(bins))
    this.#live = { counts: options.classes.map(noCounts), admitted: new Histogram(), refused: new Histogram(), lag: new Histogram() }
  }

  arrived (phase: number, classIndex: number, scheduledMs: number, nowMs: number): void {
    const tally = this.#tallies[phase]?.[classIndex]
    if (tally === undefined) return
    tally.counts.offered++
    this.#bump(classIndex, 'offered', scheduledMs)
    this.#lag.record(nowMs - scheduledMs)
    this.#live.lag.record(nowMs - scheduledMs)
    this.#bumpLive(classIndex, 'offered')
  }

  answered (phase: number, classIndex: number, scheduledMs: number, nowMs: number, status: number): void {
    const tally = this.#tallies[phase]?.[classIndex]
    if (tally === undefined) return
    const latency = nowMs - scheduledMs
    const outcome = outcomeOf(status, latency <= this.#options.deadlineMs)
    this.#settle(phase, classIndex, scheduledMs, outcome)
    if (outcome === 'refused') {
      tally.refusedLatency.record(latency)
      this.#live.refused.record(latency)
    } else if (outcome === 'error') {
      this.#noteFailure(`status ${status}`)
    } else {
      tally.admittedLatency.record(latency)
      this.#live.admitted.record(latency)
      if (outcome === 'ok') this.#bump(classIndex, 'okAt', nowMs)
      if (latency > this.#options.slowMs) this.#bump(classIndex, 'slow', scheduledMs)
    }
  }

  timedOut (phase: number, classIndex: number, scheduledMs: number): void {
    this.#settle(phase, classIndex, scheduledMs, 'timeout')
  }

  failed (phase: number, classIndex: number, scheduledMs: number, error: string): void {
    this.#noteFailure(error)
    this.#settle(phase, classIndex, scheduledMs, error === 'ECONNREFUSED' || error === 'EADDRNOTAVAIL' ? 'error' : 'reset')
  }

  /** The figures since the last call. */
  live (nowMs: number, phase: string): LiveStats {
    const { counts, admitted, refused, lag } = this.#live
    const stats: LiveStats = {
      elapsedSeconds: nowMs / 1000,
      phase,
      seconds: (nowMs - this.#liveSince) / 1000,
      classes: Object.fromEntries(this.#options.classes.map((name, index) => [name, counts[index] ?? noCounts()])),
      admittedP99Ms: admitted.quantile(0.99),
      refusedP99Ms: refused.quantile(0.99),
      lagP99Ms: lag.quantile(0.99)
    }
    this.#liveSince = nowMs
    this.#live.counts = this.#options.classes.map(noCounts)
    for (const histogram of [admitted, refused, lag]) histogram.clear()
    return stats
  }

  report (startedAtMs: number, generatorCpu: number): Report {
    const { classes, phases, binMs } = this.#options
    const byClass = <T>(value: (index: number) => T): Record<string, T> =>
      Object.fromEntries(classes.map((name, index) => [name, value(index)]))
    return {
      startedAtMs,
      classes,
      phases: phases.map(({ name, seconds }, phase) => ({
        name,
        seconds,
        tallies: byClass(index => (this.#tallies[phase]?.[index] ?? new MutableTally()).toJSON())
      })),
      binMs,
      bins: byClass(index => toBins(this.#bins[index])),
      lagP99Ms: this.#lag.quantile(0.99),
      lagMaxMs: this.#lag.maxMs,
      generatorCpu,
      failures: Object.fromEntries(this.#failures)
    }
  }

  #settle (phase: number, classIndex: number, scheduledMs: number, outcome: Outcome): void {
    const tally = this.#tallies[phase]?.[classIndex]
    if (tally === undefined) return
    tally.counts[outcome]++
    this.#bump(classIndex, outcome, scheduledMs)
    this.#bumpLive(classIndex, outcome)
  }

  #bump (classIndex: number, column: BinColumn, atMs: number): void {
    const counts = this.#bins[classIndex]?.[column]
    const bin = Math.floor(atMs / this.#options.binMs)
    if (counts !== undefined) counts[bin] = (counts[bin] ?? 0) + 1
  }

  #bumpLive (classIndex: number, count: keyof Counts): void {
    const counts = this.#live.counts[classIndex]
    if (counts !== undefined) counts[count]++
  }

  /** Keeps at most ten kinds: a message may hold anything. */
  #noteFailure (kind: string): void {
    if (this.#failures.has(kind) || this.#failures.size < 10) this.#failures.set(kind, (this.#failures.get(kind) ?? 0) + 1)
  }
}

function outcomeOf (status: number, inTime: boolean): Outcome {
  if (status >= 200 && status < 300) return inTime ? 'ok' : 'late'
  return status === 503 || status === 429 ? 'refused' : 'error'
}

function noCounts (): Counts {
  return { offered: 0, ok: 0, late: 0, refused: 0, error: 0, timeout: 0, reset: 0 }
}

function emptyBins (bins: number): Record<BinColumn, Uint32Array> {
  const column = (): Uint32Array => new Uint32Array(bins)
  return {
    offered: column(),
    ok: column(),
    late: column(),
    refused: column(),
    error: column(),
    timeout: column(),
    reset: column(),
    slow: column(),
    okAt: column()
  }
}

function toBins (columns: Record<BinColumn, Uint32Array> | undefined): Bins {
  const plain = (column: BinColumn): number[] => Array.from(columns?.[column] ?? [])
  return {
    offered: plain('offered'),
    ok: plain('ok'),
    late: plain('late'),
    refused: plain('refused'),
    error: plain('error'),
    timeout: plain('timeout'),
    reset: plain('reset'),
    slow: plain('slow'),
    okAt: plain('okAt')
  }
}
