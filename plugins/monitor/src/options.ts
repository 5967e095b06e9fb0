import { accepted, flag, integer, number, optionSpec, text } from '@plimsoll/core'
import type { HistoryBounds, OptionSpec, ResolvedOptions } from '@plimsoll/core'
import { DEFAULT_BOUNDS } from './classic-buckets.ts'
import { InvalidOptionError } from './errors.ts'
import { isExporters } from './exporter.ts'
import type { Exporter } from './exporter.ts'
import type { TraceId } from './trace-id.ts'

/** Options of the plugin. All may stay out. */
export interface MonitorOptions {
  /** `false`, or `monitor` in the environment's `PLIMSOLL_DISABLE`, counts nothing until switched on by control. @default true */
  readonly enabled?: boolean
  /** Calls through undici and `fetch`, by origin. @default true */
  readonly upstreams?: boolean
  /** Share of the slow requests that are looked at as samples, 0 to 1. Counts and latencies are never sampled. @default 1 */
  readonly sampleRate?: number
  /** The trace of a slow request, where its `traceparent` header is not to say so. @default none */
  readonly traceId?: TraceId
  /** Methods of routes with figures of their own; the rest counts as `(other)`. @default 1000 */
  readonly maxRoutes?: number
  /** Upper bounds of the classic buckets in Prometheus, in seconds, ascending. @default 0.001, 0.0025, 0.005 … 10 */
  readonly buckets?: readonly number[]
  /** First word of the names of the application's own figures in Prometheus. @default 'app' */
  readonly figurePrefix?: string
  /** Keeps the last hour (or `seconds`, `maxBytes`) for reports; collects a frame a second. @default false */
  readonly history?: boolean | Partial<HistoryBounds>
  /** Tells everything to the application's OpenTelemetry, through `@opentelemetry/api`. @default false */
  readonly openTelemetry?: boolean
  /** Told of a summary at each of their intervals. @default [] */
  readonly exporters?: readonly Exporter[]
}

type MayStayOut = 'traceId' | 'history'

export type MonitorSettings =
  { readonly [K in Exclude<keyof MonitorOptions, MayStayOut>]-?: Exclude<MonitorOptions[K], undefined> } &
  { readonly traceId: TraceId | undefined, readonly history: boolean | Partial<HistoryBounds> }

export type ResolvedMonitorOptions = ResolvedOptions<MonitorSettings>

const MAX_BUCKETS = 100
const PREFIX = /^[a-z][a-z0-9_]{0,29}$/

export const monitorOptions: OptionSpec<MonitorOptions, MonitorSettings> = optionSpec<MonitorOptions, MonitorSettings>(InvalidOptionError, {
  enabled: flag({ default: true }),
  upstreams: flag({ default: true }),
  sampleRate: number({ min: 0, max: 1, default: 1 }),
  traceId: accepted((given): given is TraceId => typeof given === 'function', 'give a function (req) => trace id'),
  maxRoutes: integer({ min: 10, max: 100_000, default: 1000 }),
  buckets: accepted(areBounds, `give an array of 1 to ${MAX_BUCKETS} numbers above 0, ascending, in seconds`, { default: DEFAULT_BOUNDS }),
  figurePrefix: text({ default: 'app', maxLength: 30 }),
  history: accepted(isHistory, 'give true, false, or { seconds: 60 to 86400, maxBytes: 1048576 to 1073741824 }', { default: false }),
  openTelemetry: flag({ default: false }),
  exporters: {
    ...accepted(isExporters, 'give a list of at most 10 exporters { name, intervalMs from 1000 to 3600000, export(summary, signal) }', { default: [] }),
    show: (exporters) => exporters.map(({ name, intervalMs }) => ({ name, intervalMs }))
  }
}, ({ figurePrefix }) => PREFIX.test(figurePrefix) && figurePrefix !== 'plimsoll' ? undefined : { option: 'figurePrefix', right: 'give a word of a-z, 0-9 and _ that begins with a letter and is not plimsoll' })

function areBounds (given: unknown): given is readonly number[] {
  return Array.isArray(given) && given.length > 0 && given.length <= MAX_BUCKETS &&
    given.every((bound, i) => Number.isFinite(bound) && bound > 0 && (i === 0 || bound > given[i - 1]))
}

function isHistory (given: unknown): given is boolean | Partial<HistoryBounds> {
  if (typeof given === 'boolean') return true
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return false
  const { seconds = 60, maxBytes = 1_048_576, ...unknown }: { readonly seconds?: unknown, readonly maxBytes?: unknown } = given
  return Object.keys(unknown).length === 0 && isBetween(seconds, 60, 86_400) && isBetween(maxBytes, 1_048_576, 1_073_741_824)
}

function isBetween (given: unknown, min: number, max: number): boolean {
  return typeof given === 'number' && given >= min && given <= max
}
