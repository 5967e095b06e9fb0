import loadShedder from '@plimsoll/load-shedder'
import plimsoll from '@plimsoll/core'
import type { CoordinationOptions } from '@plimsoll/core'
import fastify, { type FastifyInstance } from 'fastify'
import { shopRoutes } from './routes.ts'

export interface ShopOptions {
  /** The same routes without a plugin. @default false: with every plugin there is */
  readonly bare?: boolean
  /** Of one instance among several. */
  readonly coordinator?: CoordinationOptions
}

export function buildShop ({ bare = false, coordinator = {} }: ShopOptions = {}): FastifyInstance {
  const app = fastify({ logger: false, forceCloseConnections: 'idle' })
  if (!bare) {
    app.register(plimsoll, { admin: { prefix: '/plimsoll' }, coordinator })
    app.register(loadShedder)
  }
  shopRoutes(app)
  return app
}
