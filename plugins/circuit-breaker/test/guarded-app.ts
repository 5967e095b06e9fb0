import Fastify from 'fastify'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import { ensureCore } from '@plimsoll/core'
import type { Core } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import type { FakeClock } from '@plimsoll/core/testing'
import circuitBreaker from '../src/index.ts'
import type { CircuitBreakerPluginOptions } from '../src/index.ts'

export interface GuardedApp {
  readonly app: FastifyInstance
  readonly core: Core
  readonly clock: FakeClock
}

/** Opens after two failures in a row, waits 5 s exactly, closes after one probe. */
export const TOUCHY = { minimumNumberOfCalls: 1000, consecutiveFailures: 2, randomizedWaitFactor: 0, successThreshold: 1 } as const

/** An app with the plugin on a fake clock. */
export function guardedApp (t: { teardown (task: () => unknown): void }, options: CircuitBreakerPluginOptions = {}, server: FastifyServerOptions = {}): GuardedApp {
  const app = Fastify({ forceCloseConnections: true, ...server })
  t.teardown(() => app.close())
  const clock = fakeClock()
  const core = ensureCore(app, { clock })
  app.register(circuitBreaker, { ...TOUCHY, ...options })
  return { app, core, clock }
}

export async function statuses (app: FastifyInstance, url: string, count: number): Promise<number[]> {
  const all: number[] = []
  for (let i = 0; i < count; i++) all.push((await app.inject(url)).statusCode)
  return all
}
