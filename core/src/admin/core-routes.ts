import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { boundedJson } from '../bounded-json.ts'
import { ARGUMENT_BOUNDS, labelOf } from '../components.ts'
import type { Components } from '../components.ts'
import { JOURNAL_CAPACITY } from '../journal.ts'
import type { Journal } from '../journal.ts'
import type { Health } from '../health.ts'
import type { Metrics } from '../metrics.ts'
import { AdminArgumentError } from '../operator-errors.ts'
import { PROMETHEUS_CONTENT_TYPE } from '../prometheus-text.ts'
import type { AdminSurface } from './admin-surface.ts'
import { SIGN_OUT_COOKIE, signInCookie } from './session-cookie.ts'
import { COMMAND_SCHEMA, COMPONENT_LIST_SCHEMA, COMPONENT_SCHEMA, HEALTH_SCHEMA, INDEX_SCHEMA, JOURNAL_SCHEMA, USER_SCHEMA } from './schemas.ts'

const JSON_TYPE = 'application/json; charset=utf-8'
const ALIVE = '{"status":"alive"}'
const READY = '{"status":"ready"}'
const NOT_READY = '{"status":"not ready"}'

/** Core's own endpoints. */
export function addCoreRoutes (admin: AdminSurface, { health, metrics, components, journal }: {
  readonly health: Health
  readonly metrics: Metrics
  readonly components: Components
  readonly journal: Journal
}): void {
  // Probes decide over the instance's life: ready-made bodies, nothing awaited, ahead of all other traffic.
  admin.route({ method: 'GET', url: '/healthz', role: 'public', priority: 'system', handler: (_request, reply) => reply.type(JSON_TYPE).send(ALIVE) })
  admin.route({
    method: 'GET',
    url: '/readyz',
    role: 'public',
    priority: 'system',
    handler: (_request, reply) => health.ready ? reply.type(JSON_TYPE).send(READY) : reply.code(503).type(JSON_TYPE).send(NOT_READY)
  })
  admin.route({ method: 'GET', url: '/health', role: 'viewer', schema: { response: { 200: HEALTH_SCHEMA } }, handler: () => health.report })
  admin.route({ method: 'GET', url: '/metrics', role: 'viewer', handler: (_request, reply) => reply.type(PROMETHEUS_CONTENT_TYPE).send(Readable.from(metrics.render())) })
  admin.route({
    method: 'GET',
    url: '/',
    role: 'viewer',
    schema: { response: { 200: INDEX_SCHEMA } },
    handler: () => ({ endpoints: admin.routes.map(({ method, url, role, schema = {} }) => ({ method, url, role, schema })) })
  })
  admin.route({
    method: 'GET',
    url: '/components',
    role: 'viewer',
    schema: { response: { 200: COMPONENT_LIST_SCHEMA } },
    handler: () => ({ components: components.list().map((component) => ({ kind: component.kind, name: component.name, health: components.healthOf(component) })) })
  })
  admin.route({
    method: 'GET',
    url: '/components/:kind/:name',
    role: 'viewer',
    schema: { response: { 200: COMPONENT_SCHEMA } },
    handler (request) {
      const { kind, name } = componentIn(request)
      return components.view(kind, name)
    }
  })
  admin.route({
    method: 'POST',
    url: '/components/:kind/:name',
    role: 'operator',
    schema: { body: COMMAND_SCHEMA },
    async handler (request, _reply, { user }) {
      const { kind, name } = componentIn(request)
      const { control, argument, tunable, value } = recordOf(request.body)
      if (typeof control === 'string' && tunable === undefined) {
        return { component: labelOf({ kind, name }), control, result: await components.runControl({ kind, name, control, argument: argument === undefined ? argument : boundedJson(argument, ARGUMENT_BOUNDS), user }) }
      }
      if (typeof tunable === 'string' && control === undefined) {
        return { component: labelOf({ kind, name }), tunable, value: components.setTunable({ kind, name, tunable, value, user }) }
      }
      throw new AdminArgumentError('send JSON: { "control": name, "argument": … } or { "tunable": name, "value": number }')
    }
  })
  admin.route({
    method: 'GET',
    url: '/journal',
    role: 'viewer',
    schema: { response: { 200: JOURNAL_SCHEMA } },
    handler (request) {
      const query = recordOf(request.query)
      const after = wholeNumber('after', query['after'], 0, Number.MAX_SAFE_INTEGER)
      const limit = wholeNumber('limit', query['limit'], 1, JOURNAL_CAPACITY)
      return { latest: journal.latest, entries: journal.entries({ ...(after !== undefined && { after }), ...(limit !== undefined && { limit }) }) }
    }
  })
  addSessionRoutes(admin)
}

/** How a browser signs in and out. Neighbours, so that the cookie's path is the same. */
function addSessionRoutes (admin: AdminSurface): void {
  admin.route({
    method: 'POST',
    url: '/session',
    role: 'viewer',
    schema: { response: { 200: USER_SCHEMA } },
    handler (request, reply, { user, role }) {
      const cookie = signInCookie(request)
      if (cookie !== undefined) reply.header('set-cookie', cookie)
      return { user, role }
    }
  })
  admin.route({ method: 'POST', url: '/session-end', role: 'viewer', handler: (_request, reply) => reply.header('set-cookie', SIGN_OUT_COOKIE).type(JSON_TYPE).send('{"ended":true}') })
}

function componentIn (request: FastifyRequest): { readonly kind: string, readonly name: string } {
  const { kind, name } = recordOf(request.params)
  return { kind: String(kind), name: String(name) }
}

function wholeNumber (name: string, given: unknown, min: number, max: number): number | undefined {
  if (given === undefined) return undefined
  const number = typeof given === 'string' && /^\d{1,16}$/.test(given) ? Number(given) : NaN
  if (!(number >= min && number <= max)) throw new AdminArgumentError(`${name} is a whole number from ${min} to ${max}`)
  return number
}

function recordOf (value: unknown): { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
