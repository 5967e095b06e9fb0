import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { StatusRoute } from './options.ts'

const UNAVAILABLE = {
  type: 'object',
  description: 'Health Check Failed',
  properties: {
    code: { type: 'string', description: 'Error code associated with the failing check', example: 'FST_UNDER_PRESSURE' },
    error: { type: 'string', description: 'Error thrown during health check', example: 'Service Unavailable' },
    message: { type: 'string', description: 'Error message to explain health check failure', example: 'Service Unavailable' },
    statusCode: { type: 'number', description: 'Code representing the error. Always matches the HTTP response code.', example: 503 }
  }
}

const FAILED = {
  type: 'object',
  description: 'Error Performing Health Check',
  properties: {
    message: { type: 'string', description: 'Error message for failure during health check', example: 'Internal Server Error' },
    statusCode: { type: 'number', description: 'Code representing the error. Always matches the HTTP response code.', example: 500 }
  }
}

export interface StatusPorts {
  /** What is shown beside `status`. */
  state (): Readonly<Record<string, unknown>>
  /** Properties of `state`, for the schema. */
  readonly stateSchema: Readonly<Record<string, unknown>>
  /** `undefined` where there is no health check. */
  readonly check: (() => Promise<boolean | Readonly<Record<string, unknown>> | undefined>) | undefined
  retryAfter (): number
}

/** Adds the status route; of class `system` unless its own config says otherwise, so that it is answered under overload. */
export function addStatusRoute (fastify: FastifyInstance, { url = '/status', routeOpts, routeSchemaOpts = {}, routeResponseSchemaOpts }: StatusRoute, ports: StatusPorts): void {
  const { response, ...schema } = routeSchemaOpts
  const responses: Record<string, unknown> = isRecord(response) ? response : {}
  const { 200: own, ...others } = responses
  const ok = isRecord(own) ? own : {}
  const ownProperties = isRecord(ok['properties']) ? ok['properties'] : {}
  fastify.route({
    config: { priority: 'system' },
    ...routeOpts,
    url,
    method: 'GET',
    schema: {
      ...schema,
      response: {
        200: {
          type: 'object',
          description: 'Health Check Succeeded',
          example: { status: 'ok' },
          ...ok,
          properties: { status: { type: 'string' }, ...ports.stateSchema, ...routeResponseSchemaOpts, ...ownProperties }
        },
        500: FAILED,
        503: UNAVAILABLE,
        ...others
      }
    },
    handler: (request, reply) => answer(request, reply, ports)
  })
}

async function answer (request: FastifyRequest, reply: FastifyReply, { check, state, retryAfter }: StatusPorts): Promise<unknown> {
  const result = await check?.()
  if (check === undefined || result) return { status: 'ok', ...state(), ...(typeof result === 'object' ? result : {}) }
  request.log.error('external health check failed')
  reply.code(503).header('retry-after', String(retryAfter()))
  return { code: 'FST_UNDER_PRESSURE', error: 'Service Unavailable', message: 'Service Unavailable', statusCode: 503 }
}

function isRecord (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
