import loadShedder from '@plimsoll/load-shedder'
import plimsoll from '@plimsoll/core'
import fastify, { type FastifyInstance } from 'fastify'
import { shopRoutes } from './routes.ts'

/** The shop with every plugin there is, or `bare`: the same routes without one. */
export function buildShop ({ bare = false }: { readonly bare?: boolean } = {}): FastifyInstance {
  const app = fastify({ logger: false, forceCloseConnections: 'idle' })
  if (!bare) {
    app.register(plimsoll, { admin: { prefix: '/plimsoll' } })
    app.register(loadShedder)
  }
  shopRoutes(app)
  return app
}
