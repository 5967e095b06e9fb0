import type { JournalEntry } from '../journal.ts'
import type { SettleReason } from '../request-scope.ts'
import { totalOf } from './class-table.ts'
import type { AppFigure, ComponentFigures, Frame, RequestFigures, RouteFigures, SlowRequest, UpstreamFigures } from './frame.ts'
import { addFigures, figureKey, groups, routeKey } from './same-series.ts'

/** Frames of several instances as one. Counts and histograms are added; what can't be added stays by instance. */
export interface MergedFrame {
  /** Of the newest. */
  readonly at: number
  /** Milliseconds that a frame covers on average: rate = count / (window / 1000). */
  readonly window: number
  /** By name. */
  readonly instances: ReadonlyArray<Pick<Frame, 'instance' | 'sequence' | 'at' | 'clock' | 'window' | 'vitals' | 'health' | 'requests'>>
  readonly requests: RequestFigures
  readonly components: ReadonlyArray<ComponentFigures & { readonly instance: string }>
  readonly routes: readonly RouteFigures[]
  readonly upstreams: readonly UpstreamFigures[]
  /** A gauge is the sum of the instances'. */
  readonly figures: readonly AppFigure[]
  /** Slowest first, at most 100. */
  readonly slow: ReadonlyArray<SlowRequest & { readonly instance: string }>
  /** Newest first, at most 200. */
  readonly journal: ReadonlyArray<JournalEntry & { readonly instance: string }>
}

const MAX_SLOW = 100
const MAX_ENTRIES = 200
const REASONS: readonly SettleReason[] = ['completed', 'client-abort', 'reset', 'timeout', 'refused', 'upgraded', 'stream']

/** Merges the newest frame of each instance, whatever their order. Histograms come out bit-equal to one of all values. */
export function mergeFrames (given: readonly Frame[]): MergedFrame {
  const frames = newestByInstance(given)
  const withInstance = <T>(read: (frame: Frame) => readonly T[]): Array<T & { readonly instance: string }> =>
    frames.flatMap((frame) => read(frame).map((one) => ({ ...one, instance: frame.instance })))
  return {
    at: frames.reduce((newest, { at }) => Math.max(newest, at), 0),
    window: frames.length === 0 ? 0 : frames.reduce((sum, { window }) => sum + window, 0) / frames.length,
    instances: frames.map(({ instance, sequence, at, clock, window, vitals, health, requests }) => ({ instance, sequence, at, clock, window, vitals, health, requests })),
    requests: mergeRequests(frames.map(({ requests }) => requests)),
    components: withInstance(({ components }) => components),
    routes: groups(frames.flatMap(({ routes }) => routes), routeKey).map(([first, ...rest]) => ({ method: first.method, route: first.route, ...mergeTraffic([first, ...rest]) })),
    upstreams: groups(frames.flatMap(({ upstreams }) => upstreams), ({ origin }) => origin).map(([first, ...rest]) => ({ origin: first.origin, ...mergeTraffic([first, ...rest]) })),
    figures: groups(frames.flatMap(({ figures }) => figures), figureKey).map(([first, ...rest]) => rest.reduce((sum, next) => addFigures(sum, next, 'sum'), first)),
    slow: withInstance(({ slow }) => slow).sort((a, b) => b.ms - a.ms).slice(0, MAX_SLOW),
    journal: withInstance(({ journal }) => journal).sort((a, b) => b.at - a.at || b.sequence - a.sequence).slice(0, MAX_ENTRIES)
  }
}

function newestByInstance (frames: readonly Frame[]): readonly Frame[] {
  const newest = new Map<string, Frame>()
  for (const frame of frames) {
    const rival = newest.get(frame.instance)
    if (rival === undefined || frame.sequence > rival.sequence) newest.set(frame.instance, frame)
  }
  return [...newest.values()].sort((a, b) => a.instance < b.instance ? -1 : 1)
}

function mergeRequests (all: readonly RequestFigures[]): RequestFigures {
  const sum = (read: (one: RequestFigures) => number): number => all.reduce((total, one) => total + read(one), 0)
  const settled: Record<SettleReason, number> = { completed: 0, 'client-abort': 0, reset: 0, timeout: 0, refused: 0, upgraded: 0, stream: 0 }
  for (const reason of REASONS) settled[reason] = sum((one) => one.settled[reason])
  return { inFlight: sum(({ inFlight }) => inFlight), leased: sum(({ leased }) => leased), openStreams: sum(({ openStreams }) => openStreams), settled }
}

function mergeTraffic (same: ReadonlyArray<Pick<RouteFigures, 'inFlight' | 'classes'>>): Pick<RouteFigures, 'inFlight' | 'classes'> {
  return { inFlight: same.reduce((sum, { inFlight }) => sum + inFlight, 0), classes: totalOf(same.map(({ classes }) => classes)) }
}
