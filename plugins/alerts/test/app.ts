import { setImmediate } from 'node:timers/promises'
import plimsoll, { ensureCore } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import type { FakeClock } from '@plimsoll/core/testing'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import alerts from '../src/index.ts'
import type { AlertsOptions, Notification } from '../src/index.ts'

export interface WatchedApp {
  readonly app: FastifyInstance
  readonly clock: FakeClock
  readonly told: Notification[]
  /** Seconds pass, with everything settled in between. */
  pass (seconds: number): Promise<void>
}

/** An application on a fake clock whose notifications are collected. */
export async function watched (t: { teardown (task: () => unknown): void }, { notifiers, ...options }: AlertsOptions = {}): Promise<WatchedApp> {
  const app = Fastify()
  const clock = fakeClock()
  const told: Notification[] = []
  ensureCore(app, { clock })
  app.register(plimsoll, { admin: { prefix: '/plimsoll', auth: () => ({ user: 'ada', role: 'operator' }) } })
  app.register(alerts, { groupWaitMs: 0, log: false, ...options, notifiers: notifiers ?? [{ type: 'function', name: 'test', notify: notification => { told.push(notification) } }] })
  t.teardown(async () => {
    await whilePassing(clock, app.close())
  })
  await app.ready()
  return { app, clock, told, pass: seconds => elapse(clock, seconds) }
}

async function elapse (clock: FakeClock, seconds: number): Promise<void> {
  for (let tenth = 0; tenth < 10 * seconds; tenth++) {
    clock.advance(100)
    await setImmediate()
    await setImmediate()
  }
}

/** Waits for something that needs time to pass. */
export async function whilePassing (clock: FakeClock, done: Promise<unknown>): Promise<void> {
  const state = { over: false }
  done.then(() => { state.over = true }, () => { state.over = true })
  while (!state.over) await elapse(clock, 0.1)
  await done
}
