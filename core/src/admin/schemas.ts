import type { Json } from '../component.ts'

// JSON Schema (draft 2020-12) of what core's endpoints answer and take. Adding a property is no breaking change.
const text = { type: 'string' }
const count = { type: 'integer', minimum: 0 }
const anyObject = { type: 'object' }

function object (properties: { readonly [name: string]: Json }, optional: readonly string[] = []): { readonly [key: string]: Json } {
  return { type: 'object', required: Object.keys(properties).filter((name) => !optional.includes(name)), properties }
}

function tableOf (entry: Json): { readonly [key: string]: Json } { return { type: 'object', additionalProperties: entry } }

const componentHealth = object({ status: { enum: ['ok', 'degraded', 'failing'] }, reason: text }, ['reason'])

export const USER_SCHEMA: Json = object({ user: text, role: { enum: ['viewer', 'operator'] } })

export const HEALTH_SCHEMA: Json = object({
  live: { type: 'boolean' },
  ready: { type: 'boolean' },
  degraded: { type: 'boolean' },
  reasons: { type: 'array', maxItems: 100, items: object({ component: text, status: { enum: ['degraded', 'failing'] }, reason: text }) }
})

export const INDEX_SCHEMA: Json = object({
  endpoints: { type: 'array', items: object({ method: { enum: ['GET', 'POST'] }, url: text, role: { enum: ['public', 'viewer', 'operator'] }, schema: anyObject }) }
})

export const COMPONENT_LIST_SCHEMA: Json = object({
  components: { type: 'array', items: object({ kind: text, name: text, health: componentHealth }) }
})

export const COMPONENT_SCHEMA: Json = object({
  kind: text,
  name: text,
  health: componentHealth,
  snapshot: anyObject,
  configuration: tableOf(object({ value: {}, source: { enum: ['default', 'option', 'environment', 'control'] } })),
  controls: tableOf(object({ description: text, value: {} }, ['value'])),
  tunables: tableOf(object({ description: text, unit: text, min: { type: 'number' }, max: { type: 'number' }, value: { type: ['number', 'null'] } }))
})

export const COMMAND_SCHEMA: Json = {
  oneOf: [object({ control: text, argument: {} }, ['argument']), object({ tunable: text, value: { type: 'number' } })]
}

export const JOURNAL_SCHEMA: Json = object({
  latest: count,
  entries: {
    type: 'array',
    items: object({ sequence: count, at: { type: 'number' }, component: text, event: text, message: text, severity: { enum: ['info', 'warning', 'error'] }, data: anyObject })
  }
})
