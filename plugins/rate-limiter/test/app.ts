import { ensureCore } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import type { FakeClock } from '@plimsoll/core/testing'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import rateLimiter from '../src/index.ts'
import type { RateLimiterOptions } from '../src/index.ts'

export interface TestApp {
  readonly app: FastifyInstance
  readonly clock: FakeClock
}

interface Tap { teardown (task: () => unknown): void }

/** An app with the plugin, a clock that stands still, and the routes that `routes` adds beside `/`. */
export async function testApp (t: Tap, options?: RateLimiterOptions, { routes = () => {}, server = {} }: { readonly routes?: (app: FastifyInstance) => void, readonly server?: FastifyServerOptions } = {}): Promise<TestApp> {
  const clock = fakeClock({ now: 1_000_000 })
  const app: FastifyInstance = Fastify(server)
  t.teardown(() => app.close())
  ensureCore(app, { clock })
  app.register(rateLimiter, options ?? {})
  app.get('/', async request => request.rateLimit ?? 'unlimited')
  routes(app)
  await app.ready()
  return { app, clock }
}

/** Status of so many requests of one client. */
export async function statuses (app: FastifyInstance, url: string, requests: number, remoteAddress: string = '192.0.2.1', headers: Record<string, string> = {}): Promise<number[]> {
  const seen: number[] = []
  for (let i = 0; i < requests; i++) seen.push((await app.inject({ url, remoteAddress, headers })).statusCode)
  return seen
}

export function events (app: FastifyInstance, event: string): readonly string[] {
  return app.plimsoll.journal.entries().filter(entry => entry.event === event).map(({ message }) => message)
}

/** Runs the checks in front of Fastify, as the load-shedder does. */
export function gate (app: FastifyInstance): void {
  const core = ensureCore(app)
  core.admission.claimGate('test')
  app.addHook('onReady', async () => {
    const listeners = app.server.listeners('request')
    app.server.removeAllListeners('request')
    app.server.on('request', (req, res) => {
      const scope = core.scopeOf(req, res)
      core.priorities.classify(scope)
      const refusal = core.admission.check(scope)
      if (refusal !== undefined && !core.admission.degrade(scope, refusal)) core.admission.refuse(scope, refusal)
      else for (const listener of listeners) Reflect.apply(listener, app.server, [req, res])
    })
  })
}
