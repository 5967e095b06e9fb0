import { boundedJson } from '../bounded-json.ts'
import { OUTCOME_CLASSES } from './class-table.ts'
import type { Frame } from './frame.ts'
import { BUCKET_COUNT } from './log-linear.ts'

type Check = (value: unknown) => boolean

const BOUNDS = { depth: 12, values: 500_000, text: 1000 } as const

const text: Check = (value) => typeof value === 'string'
const flag: Check = (value) => typeof value === 'boolean'
const figure: Check = (value) => typeof value === 'number'
const count: Check = (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
const anything: Check = (value) => isRecord(value)

const health = shape({ status: oneOf(['ok', 'degraded', 'failing']) }, { reason: text })
const classFigures = shape({ count, time: count, buckets: areBuckets, requestBytes: count, responseBytes: count })
const classes = shape({}, Object.fromEntries(OUTCOME_CLASSES.map((name) => [name, classFigures])))
const traffic = { inFlight: figure, classes }

const isShaped = shape({
  instance: text,
  sequence: count,
  at: figure,
  clock: figure,
  window: figure,
  vitals: shape({
    at: figure,
    window: figure,
    eventLoop: shape({ utilization: figure, delay: shape({ mean: figure, p50: figure, p99: figure, max: figure }) }),
    cpu: shape({ used: figure, available: figure, throttled: figure }),
    memory: shape({ rss: figure, heapUsed: figure, heapLimit: figure, external: figure, arrayBuffers: figure, limit: figure, limitedBy: oneOf(['cgroup', 'machine']), utilization: figure }, { cgroup: shape({ usage: figure, limit: figure }), oldSpaceFloor: figure }),
    gc: shape({ share: figure, longestPause: figure, minor: figure, major: figure })
  }),
  health: shape({ live: flag, ready: flag, degraded: flag, reasons: list(shape({ component: text, status: oneOf(['degraded', 'failing']), reason: text })) }),
  requests: shape({ inFlight: figure, leased: figure, openStreams: figure, settled: shape({ completed: count, 'client-abort': count, reset: count, timeout: count, refused: count, upgraded: count, stream: count }) }),
  components: list(shape({ kind: text, name: text, health, snapshot: anything })),
  routes: list(shape({ method: text, route: text, ...traffic })),
  upstreams: list(shape({ origin: text, ...traffic })),
  figures: list(shape({ name: text, type: oneOf(['timer', 'counter', 'gauge']), value: figure, time: count, buckets: areBuckets })),
  slow: list(shape({ at: figure, method: text, route: text, outcome: oneOf(OUTCOME_CLASSES), status: figure, ms: figure, requestId: text, traceId: text })),
  journal: list(shape({ sequence: count, at: figure, component: text, event: text, message: text, severity: oneOf(['info', 'warning', 'error']), data: anything })),
  journalMissed: count
})

/**
 * A frame from another process, which may be of another version or ill-meaning: a bounded copy without prototype keys, or
 * `undefined` when it is no frame. Its texts are as untrusted as before.
 */
export function readFrame (value: unknown): Frame | undefined {
  const copy: unknown = boundedJson(value, BOUNDS)
  return isFrame(copy) ? copy : undefined
}

function isFrame (value: unknown): value is Frame { return isShaped(value) }

/** Properties that are not named are let pass: a newer version may have more. */
function shape (required: Readonly<Record<string, Check>>, optional: Readonly<Record<string, Check>> = {}): Check {
  const needed = Object.entries(required)
  const known = Object.entries(optional)
  return (value) => isRecord(value) &&
    needed.every(([name, check]) => check(value[name])) &&
    known.every(([name, check]) => value[name] === undefined || check(value[name]))
}

function list (check: Check): Check {
  return (value) => Array.isArray(value) && value.every(check)
}

function oneOf (words: readonly string[]): Check {
  return (value) => typeof value === 'string' && words.includes(value)
}

function areBuckets (value: unknown): boolean {
  if (!Array.isArray(value) || value.length % 2 !== 0) return false
  return value.every((part, i) => count(part) && (i % 2 === 1 ? part > 0 : part < BUCKET_COUNT && (i === 0 || part > value[i - 2])))
}

function isRecord (value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
