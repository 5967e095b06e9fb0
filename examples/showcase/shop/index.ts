import alerts from '@plimsoll/alerts'
import type { AlertsOptions } from '@plimsoll/alerts'
import circuitBreaker, { circuitBreakerFetch } from '@plimsoll/circuit-breaker'
import loadShedder from '@plimsoll/load-shedder'
import plimsoll from '@plimsoll/core'
import type { CoordinationOptions } from '@plimsoll/core'
import dashboard from '@plimsoll/dashboard'
import monitor from '@plimsoll/monitor'
import fastify, { type FastifyInstance } from 'fastify'
import rateLimiter from '@plimsoll/rate-limiter'
import type { RateLimiterOptions } from '@plimsoll/rate-limiter'
import { authBy } from '../credentials.ts'
import type { Credentials } from '../credentials.ts'
import { payAt, pretendToPay } from './payment.ts'
import { shopRoutes } from './routes.ts'

export interface ShopOptions {
  /** The same routes without a plugin. @default false: with every plugin there is */
  readonly bare?: boolean
  /** Of one instance among several. */
  readonly coordinator?: CoordinationOptions
  /** Of the payment provider. @default none: a timer takes its place */
  readonly paymentUrl?: string
  /** Watched by these rules. @default unwatched */
  readonly watch?: AlertsOptions
  /** Of operators and viewers. @default everybody is one, where NODE_ENV is development or test */
  readonly credentials?: Credentials | undefined
}

/** Customers come from anywhere; a program that has a key is one client, wherever it runs. */
const apiClients: RateLimiterOptions = { key: { header: 'x-api-key' }, limit: 20, windowMs: 1000, allow: req => req.headers['x-api-key'] === undefined }

export function buildShop ({ bare = false, coordinator = {}, paymentUrl, watch, credentials }: ShopOptions = {}): FastifyInstance {
  const app = fastify({ logger: false, forceCloseConnections: 'idle' })
  if (!bare) {
    app.register(monitor)
    app.register(plimsoll, { admin: { prefix: '/plimsoll', ...(credentials !== undefined && { auth: authBy(credentials) }) }, coordinator })
    app.register(loadShedder)
    app.register(rateLimiter, apiClients)
    app.register(circuitBreaker, { slowCallDurationThreshold: 400, slowCallRateThreshold: 0.5 })
    if (watch !== undefined) app.register(alerts, watch)
    app.register(dashboard, { service: 'chandlery', controls: true })
  }
  app.register(async shop => {
    const call = bare ? fetch : circuitBreakerFetch(shop.circuitBreakers)
    shopRoutes(shop, paymentUrl === undefined ? pretendToPay : payAt(paymentUrl, call))
  })
  return app
}
