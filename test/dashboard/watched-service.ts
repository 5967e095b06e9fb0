import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import helmet from '@fastify/helmet'
import alerts from '@plimsoll/alerts'
import circuitBreaker from '@plimsoll/circuit-breaker'
import plimsoll, { bearerAuth } from '@plimsoll/core'
import type { CoordinationOptions } from '@plimsoll/core'
import dashboard from '@plimsoll/dashboard'
import loadShedder from '@plimsoll/load-shedder'
import monitor from '@plimsoll/monitor'
import rateLimiter from '@plimsoll/rate-limiter'
import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'

export interface WatchedServiceOptions {
  /** Where the admin surface is: a path of the application, or a listener of its own. @default '/plimsoll' */
  readonly admin?: string | 'own port'
  /** @default none: development, everybody is an operator */
  readonly token?: string
  /** With @fastify/helmet's defaults, as many applications have it. */
  readonly helmet?: boolean
  /** @default 0: a free one */
  readonly port?: number
  readonly coordinator?: CoordinationOptions
  /** Called before it listens. */
  readonly more?: (app: FastifyInstance) => void
}

export interface WatchedService {
  readonly app: FastifyInstance
  /** Of the application. */
  readonly port: number
  /** Of what serves the dashboard: the application's, or the admin surface's own. */
  readonly dashboardPort: number
  /** `http://127.0.0.1:port/prefix/dashboard/` */
  readonly page: string
}

/** Milliseconds that GET /reports/:id takes at least. */
export const REPORT_MS = 900

/** A service with every plugin that shows something, in this process. */
export async function startWatchedService ({ admin = '/plimsoll', token, helmet: withHelmet = false, port = 0, coordinator = {}, more }: WatchedServiceOptions = {}): Promise<WatchedService> {
  const app = fastify({ forceCloseConnections: true })
  if (withHelmet) app.register(helmet)
  app.register(monitor)
  app.register(plimsoll, {
    lifeCycle: { signals: [] },
    coordinator,
    admin: {
      ...(admin === 'own port' ? { port: 0 } : { prefix: admin }),
      ...(token !== undefined && { auth: bearerAuth({ tokens: [{ token, user: 'on-call', role: 'operator' }] }) })
    }
  })
  // Shown, but it refuses nobody: this process drives a browser as well, on a machine that may be busy.
  app.register(loadShedder, { enabled: false })
  app.register(rateLimiter, { limit: 1_000_000, windowMs: 1000 })
  app.register(circuitBreaker)
  app.register(alerts, { service: 'watched', log: false })
  app.register(dashboard, { controls: true })
  app.get('/fast', () => 'fast')
  app.get('/fails', () => { throw new Error('as it must') })
  app.get('/reports/:id', async () => {
    await delay(REPORT_MS + 10)
    return 'report'
  })
  more?.(app)
  await app.listen({ host: '127.0.0.1', port })
  const { port: listening } = app.server.address() as AddressInfo
  const own = app.plimsoll.admin.address
  const origin = own ?? `http://127.0.0.1:${listening}`
  return { app, port: listening, dashboardPort: Number(new URL(origin).port), page: `${origin}${app.plimsoll.admin.prefix ?? ''}/dashboard/` }
}
