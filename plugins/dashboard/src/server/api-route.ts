import type { FastifyReply, FastifyRequest } from 'fastify'

/** A parameter of the query. */
export interface ApiParameter {
  readonly name: string
  readonly description: string
  readonly type: 'string' | 'integer'
}

/** An endpoint of the API: what is registered, and what the OpenAPI document says, are the same. */
export interface ApiRoute {
  /** Below `/api/performance`. */
  readonly url: string
  readonly summary: string
  readonly parameters: readonly ApiParameter[]
  /** Name of the answer's schema; none of what is no JSON. */
  readonly answer?: string
  readonly stream?: boolean
  handler (request: FastifyRequest, reply: FastifyReply): unknown
}

const integer = (name: string, description: string): ApiParameter => ({ name, description, type: 'integer' })

export const INSTANCE: ApiParameter = { name: 'instance', description: 'Id of one instance; all of them together where it is left out', type: 'string' }
export const OWN_INSTANCE: ApiParameter = { name: 'instance', description: 'Id of the instance that answers; of another one there is nothing here', type: 'string' }
export const HISTORY_INSTANCE: ApiParameter = { name: 'instance', description: 'Id of one instance, which is asked for its history; the one that answers where it is left out', type: 'string' }
export const RANGE: readonly ApiParameter[] = [integer('from', 'Milliseconds since the Unix epoch, included'), integer('to', 'Milliseconds since the Unix epoch, excluded')]
export const STEP: ApiParameter = integer('step', 'Milliseconds to a point; at most 1,000 points are answered')
export const OF: ApiParameter = { name: 'of', description: 'route:GET /items/:id, upstream:https://stock or figure:name; the process where it is left out', type: 'string' }
export const AFTER: ApiParameter = integer('after', 'Sequence of an entry: what came after it')
export const LIMIT: ApiParameter = integer('limit', '1 to 1,000 entries; 100 where it is left out')
