import type { FastifyInstance } from 'fastify'
import { catalogue } from './catalogue.ts'
import { checkout, type Line } from './checkout.ts'
import type { Pay } from './payment.ts'
import { recommend } from './recommendations.ts'
import { search } from './search.ts'
import { StockTicker } from './ticker.ts'

const cart = {
  type: 'object',
  required: ['lines'],
  additionalProperties: false,
  properties: {
    lines: {
      type: 'array',
      minItems: 1,
      maxItems: 50,
      items: {
        type: 'object',
        required: ['id', 'quantity'],
        properties: { id: { type: 'integer', minimum: 0 }, quantity: { type: 'integer', minimum: 1, maximum: 99 } }
      }
    }
  }
} as const

const productId = { type: 'object', properties: { id: { type: 'integer', minimum: 0 } } } as const

/** The shop, as one would write it without Plimsoll but for the word `priority` on two routes. */
export function shopRoutes (app: FastifyInstance, pay: Pay): void {
  app.get('/', () => ({ shop: 'Plimsoll chandlery', products: catalogue.length }))

  app.get<{ Querystring: { page: number } }>('/products', {
    schema: { querystring: { type: 'object', properties: { page: { type: 'integer', minimum: 0, default: 0 } } } }
  }, ({ query }) => catalogue.slice(query.page * 20, query.page * 20 + 20))

  app.get<{ Params: { id: number } }>('/products/:id', { schema: { params: productId } }, ({ params }, reply) =>
    catalogue[params.id] ?? reply.code(404).send({ message: `There is no product ${params.id}.` }))

  app.get<{ Querystring: { q: string } }>('/search', {
    schema: { querystring: { type: 'object', required: ['q'], properties: { q: { type: 'string', minLength: 1, maxLength: 80 } } } }
  }, ({ query }) => search(query.q))

  app.post<{ Body: { lines: Line[] } }>('/checkout', { config: { priority: 'critical' }, schema: { body: cart } }, async ({ body }, reply) => {
    try {
      return await checkout(body.lines, pay)
    } catch (error) {
      if (error instanceof RangeError) return await reply.code(422).send({ message: error.message })
      throw error
    }
  })

  app.get<{ Params: { id: number } }>('/recommendations/:id', {
    config: { priority: 'low' },
    schema: { params: productId }
  }, ({ params }) => recommend(params.id))

  const ticker = new StockTicker()
  app.get('/ticker', { config: { stream: true } }, (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    reply.raw.write(': one stock change a second\n\n')
    reply.raw.once('close', ticker.watch(event => reply.raw.write(event)))
  })
}
