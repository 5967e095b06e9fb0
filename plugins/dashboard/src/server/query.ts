import type { FastifyRequest } from 'fastify'
import type { HistoryQuery, TimeRange } from '@plimsoll/core'
import { ArgumentError } from '../errors.ts'
import { ALL } from '../view/view-builder.ts'

const MAX_NAME = 300
const MAX_STEP_MS = 86_400_000

export function parameterOf ({ params }: FastifyRequest, name: string): string {
  return String(Reflect.get(Object(params), name))
}

/** What is looked at: an instance's id, or `all`. @throws PLM_DASHBOARD_ARGUMENT */
export function selectedBy (request: FastifyRequest): string {
  return textOf(request, 'instance') ?? ALL
}

/** `undefined` where the query gives none. @throws PLM_DASHBOARD_ARGUMENT */
export function rangeIn (request: FastifyRequest): TimeRange | undefined {
  const from = numberOf(request, 'from', Number.MAX_SAFE_INTEGER)
  const to = numberOf(request, 'to', Number.MAX_SAFE_INTEGER)
  return from === undefined && to === undefined ? undefined : { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
}

/** @throws PLM_DASHBOARD_ARGUMENT */
export function historyIn (request: FastifyRequest): HistoryQuery {
  const step = numberOf(request, 'step', MAX_STEP_MS)
  const of = seriesOf(textOf(request, 'of'))
  return { ...rangeIn(request), ...(step !== undefined && { step }), ...(of !== undefined && { of }) }
}

/** @throws PLM_DASHBOARD_ARGUMENT */
export function numberOf (request: FastifyRequest, name: string, max: number): number | undefined {
  const given = valueOf(request, name)
  if (given === undefined) return undefined
  const number = typeof given === 'string' && /^\d{1,16}$/.test(given) ? Number(given) : NaN
  if (!(number <= max)) throw new ArgumentError(name, `a whole number up to ${max}`)
  return number
}

/** Where a browser's stream was cut off. Whatever is no such number counts as none: it is no reason to refuse. */
export function lastEventIdOf ({ headers }: FastifyRequest): number | undefined {
  const given = headers['last-event-id']
  return typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : undefined
}

function seriesOf (given: string | undefined): HistoryQuery['of'] {
  if (given === undefined) return undefined
  const [, kind, name = ''] = /^(route|upstream|figure):(.+)$/.exec(given) ?? []
  if (kind === 'upstream') return { origin: name }
  if (kind === 'figure') return { figure: name }
  const [, method, route] = /^(\S+) (.+)$/.exec(name) ?? []
  if (kind === 'route' && method !== undefined && route !== undefined) return { method, route }
  throw new ArgumentError('of', 'route:GET /items/:id, upstream:https://stock or figure:name')
}

function textOf (request: FastifyRequest, name: string): string | undefined {
  const given = valueOf(request, name)
  if (given === undefined) return undefined
  if (typeof given !== 'string' || given === '' || given.length > MAX_NAME) throw new ArgumentError(name, `one text of at most ${MAX_NAME} characters`)
  return given
}

function valueOf ({ query }: FastifyRequest, name: string): unknown {
  return Object.hasOwn(Object(query), name) ? Reflect.get(Object(query), name) : undefined
}
