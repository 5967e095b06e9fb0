import { quantileOf } from './buckets.ts'
import { bucketsIn, countIn, ERROR_CLASSES } from './class-table.ts'
import type { ClassTable } from './class-table.ts'
import type { AppFigure, Frame } from './frame.ts'

/** A figure of one frame that the history keeps; NaN where the frame has none. */
export interface HistoryColumn<T> {
  readonly name: string
  /** How the frames of one step become one point: the mean over time, or the worst. */
  readonly fold: 'mean' | 'max'
  read (source: T): number
}

/** Traffic of a route or an upstream in one frame. */
export interface Traffic {
  readonly inFlight: number
  readonly classes: ClassTable
  /** Of the frame. */
  readonly seconds: number
}

export interface TimedFigure {
  readonly figure: AppFigure
  readonly seconds: number
}

const BOTTOM = NaN

/** Of the process. Its percentiles are not here: they are made of merged buckets. */
export const PROCESS_COLUMNS: ReadonlyArray<HistoryColumn<Frame>> = [
  mean('requests', (frame) => settledIn(frame) / secondsOf(frame)),
  mean('errors', (frame) => (frame.requests.settled.reset + frame.requests.settled.timeout + countOf(frame, ['5xx'])) / secondsOf(frame)),
  mean('refused', (frame) => frame.requests.settled.refused / secondsOf(frame)),
  mean('aborted', (frame) => frame.requests.settled['client-abort'] / secondsOf(frame)),
  mean('streams', (frame) => (frame.requests.settled.stream + frame.requests.settled.upgraded) / secondsOf(frame)),
  max('inFlight', ({ requests }) => requests.inFlight),
  max('openStreams', ({ requests }) => requests.openStreams),
  mean('loopUtilization', ({ vitals }) => vitals.eventLoop.utilization),
  max('loopDelayP99', ({ vitals }) => vitals.eventLoop.delay.p99),
  max('loopDelayMax', ({ vitals }) => vitals.eventLoop.delay.max),
  mean('cpuUsed', ({ vitals }) => vitals.cpu.used),
  mean('cpuThrottled', ({ vitals }) => vitals.cpu.throttled),
  max('rss', ({ vitals }) => vitals.memory.rss),
  max('heapUsed', ({ vitals }) => vitals.memory.heapUsed),
  max('heapFloor', ({ vitals }) => vitals.memory.oldSpaceFloor ?? BOTTOM),
  max('memoryUtilization', ({ vitals }) => vitals.memory.utilization),
  mean('gcShare', ({ vitals }) => vitals.gc.share),
  max('gcLongestPause', ({ vitals }) => vitals.gc.longestPause),
  mean('ready', ({ health }) => Number(health.ready)),
  max('degraded', ({ health }) => Number(health.degraded)),
  mean('journal', (frame) => frame.journal.filter(({ severity }) => severity !== 'info').length / secondsOf(frame))
]

/** Of a route or an upstream. */
export const TRAFFIC_COLUMNS: ReadonlyArray<HistoryColumn<Traffic>> = [
  mean('requests', ({ classes, seconds }) => countIn(classes) / seconds),
  mean('errors', ({ classes, seconds }) => countIn(classes, ERROR_CLASSES) / seconds),
  max('p50', ({ classes }) => quantileOf(bucketsIn(classes), 0.5)),
  max('p99', ({ classes }) => quantileOf(bucketsIn(classes), 0.99)),
  max('inFlight', ({ inFlight }) => inFlight)
]

/** Of a timer, counter (a second) or gauge. */
export const FIGURE_COLUMNS: ReadonlyArray<HistoryColumn<TimedFigure>> = [
  mean('value', ({ figure, seconds }) => figure.type === 'gauge' ? figure.value : figure.value / seconds),
  max('p50', ({ figure }) => quantileOf(figure.buckets, 0.5)),
  max('p99', ({ figure }) => quantileOf(figure.buckets, 0.99))
]

/** Percentiles of all served requests, by column. */
export const PERCENTILES: ReadonlyArray<readonly [name: string, quantile: number]> = [['p50', 0.5], ['p90', 0.9], ['p95', 0.95], ['p99', 0.99], ['p999', 0.999]]

export function secondsOf ({ window }: Pick<Frame, 'window'>): number { return window / 1000 }

function mean<T> (name: string, read: (source: T) => number): HistoryColumn<T> { return { name, fold: 'mean', read } }

function max<T> (name: string, read: (source: T) => number): HistoryColumn<T> { return { name, fold: 'max', read } }

function settledIn ({ requests }: Frame): number {
  return Object.values(requests.settled).reduce((sum, count) => sum + count, 0)
}

function countOf ({ routes }: Frame, which: Parameters<typeof countIn>[1]): number {
  return routes.reduce((sum, { classes }) => sum + countIn(classes, which), 0)
}
