import { readFileSync } from 'node:fs'
import type { Json } from '@plimsoll/core'
import type { ApiRoute } from './api-route.ts'
import { SCHEMAS } from './schemas.ts'

const manifest: { readonly version: string } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

/** Version of the package. */
export const VERSION: string = manifest.version

type Node = { readonly [key: string]: Json }

/** The API as OpenAPI 3.1. Its server is relative: the document holds wherever the surface is. */
export function openApiDocument (routes: readonly ApiRoute[]): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: '@plimsoll/dashboard',
      version: VERSION,
      description: 'Live figures of a service. Every endpoint takes the bearer token of a viewer or an operator, or the cookie that POST ../../session gives a browser for it.'
    },
    servers: [{ url: '.' }],
    security: [{ bearer: [] }, { cookie: [] }],
    paths: Object.fromEntries(routes.map((route) => [route.url, { get: operationOf(route) }])),
    components: {
      schemas: { ...SCHEMAS },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        cookie: { type: 'apiKey', in: 'cookie', name: 'plimsoll-token' }
      }
    }
  }
}

function operationOf ({ url, summary, parameters, answer }: ApiRoute): Node {
  return {
    operationId: url.slice(1),
    summary,
    parameters: parameters.map(({ name, description, type }) => ({ name, in: 'query', required: false, description, schema: { type } })),
    responses: {
      200: { description: 'As asked', content: answer === undefined ? { 'text/event-stream': { schema: { type: 'string' } } } : { 'application/json': { schema: { $ref: `#/components/schemas/${answer}` } } } },
      400: errorResponse('A parameter is wrong'),
      401: errorResponse('No or wrong credentials'),
      503: errorResponse('Too many viewers, no figures yet, or switched off')
    }
  }
}

function errorResponse (description: string): Node {
  return { description, content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } }
}
