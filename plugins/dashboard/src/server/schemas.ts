import type { Json } from '@plimsoll/core'

// JSON Schema (draft 2020-12) of what the API answers. Adding a property is no breaking change.

type Schema = { readonly [key: string]: Json }

const text: Schema = { type: 'string' }
const figure: Schema = { type: 'number' }
const figureOrNull: Schema = { type: ['number', 'null'] }
const count: Schema = { type: 'integer', minimum: 0 }
const time: Schema = { type: 'number', description: 'Milliseconds since the Unix epoch' }
const share: Schema = { type: 'number', minimum: 0, maximum: 1 }
const flag: Schema = { type: 'boolean' }
const anyObject: Schema = { type: 'object' }
const level: Schema = { enum: ['ok', 'notice', 'warning', 'critical'] }
const severity: Schema = { enum: ['info', 'warning', 'error'] }

function object (properties: Schema, optional: readonly string[] = []): Schema {
  return { type: 'object', required: Object.keys(properties).filter((name) => !optional.includes(name)), properties }
}

function list (items: Json, maxItems?: number): Schema {
  return { type: 'array', items, ...(maxItems !== undefined && { maxItems }) }
}

function ref (name: string): Schema { return { $ref: `#/components/schemas/${name}` } }

const worst = object({ value: figure, instance: text })
const heat: Schema = { ...list(count), description: 'Row and count alternately, rows ascending; row 0 is below 64 µs, then three rows to a doubling' }

/** By name, as in the OpenAPI document; they refer to one another. */
export const SCHEMAS: Readonly<Record<string, Schema>> = {
  View: object({
    id: count,
    at: time,
    of: text,
    status: ref('Diagnosis'),
    traffic: ref('Traffic'),
    saturation: object({ loop: worst, loopDelay: worst, cpu: worst, heapFloor: worst, memory: worst, gc: worst, gcPause: worst }),
    heat,
    routes: list(ref('Route'), 50),
    upstreams: list(ref('Upstream'), 50),
    protections: list(object({ kind: text, name: text, instance: text, level, text, origins: list(text, 5) }, ['origins']), 50),
    marks: list(ref('Mark'), 50),
    alerts: list(ref('Alert'), 50),
    instances: list(ref('Instance'), 200)
  }),
  Diagnosis: object({
    level,
    sentence: text,
    since: { type: ['number', 'null'] },
    symptom: { enum: ['none', 'errors', 'latency', 'refusals', 'memory', 'stall', 'coordination', 'health'] },
    cause: object({ kind: { enum: ['none', 'unknown', 'route', 'upstream', 'component', 'instance', 'client', 'traffic'] }, name: text, instance: { type: ['string', 'null'] } }),
    evidence: list(object({ label: text, value: text }))
  }),
  Traffic: object({ requests: figure, errorShare: share, refused: figure, aborted: figure, p50: figureOrNull, p95: figureOrNull, p99: figureOrNull, inFlight: count, openStreams: count }),
  Route: object({ method: text, route: text, requests: figure, errorShare: share, refused: figure, p50: figureOrNull, p95: figureOrNull, p99: figureOrNull, inFlight: count, time: { type: 'number', description: 'Milliseconds of service time a second' } }),
  Upstream: object({ origin: text, requests: figure, errorShare: share, p50: figureOrNull, p99: figureOrNull, inFlight: count }),
  Mark: object({ at: time, kind: { enum: ['alert', 'journal'] }, severity, instance: text, component: text, event: text, text }),
  Alert: object({ rule: text, state: { enum: ['pending', 'firing', 'resolved'] }, severity: text, instance: text, since: time, summary: text }),
  Instance: object({ instance: text, self: flag, state: { enum: ['live', 'stale'] }, at: time, requests: figure, errorShare: share, p99: figureOrNull, loop: figure, cpu: figure, memory: figure, live: flag, ready: flag, degraded: flag, reasons: list(text) }),
  Component: object({ kind: text, name: text, instance: text, health: object({ status: { enum: ['ok', 'degraded', 'failing'] }, reason: text }, ['reason']), snapshot: anyObject }),
  JournalEntry: object({ sequence: count, at: time, component: text, event: text, message: text, severity, data: anyObject, instance: text }),
  InstanceChange: object({ instance: text, state: { enum: ['live', 'stale', 'gone'] } }),
  Workers: object({ instances: list(ref('Instance'), 200), silent: { ...list(text), description: 'Instances that are known, and of which no figures have come' } }),
  Routes: object({ of: text, from: time, to: time, routes: list(ref('Route'), 50) }),
  Upstreams: object({ of: text, from: time, to: time, upstreams: list(ref('Upstream'), 50) }),
  Alerts: object({ alerts: list(ref('Alert'), 50), history: list(anyObject), rules: list(anyObject), silences: list(anyObject), notifiers: list(anyObject) }),
  Components: object({ components: list(ref('Component')) }),
  Journal: object({ instance: text, latest: count, entries: list(ref('JournalEntry'), 1000) }),
  Configuration: object({ instance: text, components: list(object({ kind: text, name: text, configuration: { type: 'object', additionalProperties: object({ value: {}, source: { enum: ['default', 'option', 'environment', 'control'] } }) } })) }),
  Profiles: object({ profiles: list(ref('Component')) }),
  History: object({
    instance: text,
    step: figure,
    at: list(time, 1000),
    columns: { type: 'object', additionalProperties: list(figureOrNull) },
    heat: list(heat),
    marks: list(ref('Mark'), 200)
  }, ['heat', 'marks']),
  Heatmap: object({ instance: text, step: figure, at: list(time, 1000), heat: list(heat) }),
  Error: object({ error: object({ code: text, message: text }) })
}
