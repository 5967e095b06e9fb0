import { setTimeout as delay } from 'node:timers/promises'
import plimsoll, { ensureCore, systemClock } from '@plimsoll/core'
import type { Clock } from '@plimsoll/core'
import dashboard from '@plimsoll/dashboard'
import fastify from 'fastify'
import { progress } from '../overload/progress.ts'
import type { Row } from '../overload/row.ts'
import { Viewer } from './viewer.ts'

const REQUESTS = 500
const WATCH_MS = 3000
/** Hooks that a request passes. */
const REQUEST_HOOKS = ['onRequest', 'preParsing', 'preValidation', 'preHandler', 'preSerialization', 'onSend', 'onResponse', 'onTimeout', 'onRequestAbort', 'onError']

interface Seen { readonly timers: number, readonly snapshots: number, readonly hooks: number }

/** What a dashboard does that nobody looks at, beside an application without one; and that the spies see it when somebody looks. */
export async function unwatchedRows (): Promise<Row[]> {
  progress('nobody looks')
  const without = await seen(false, false)
  const unwatched = await seen(true, false)
  const watched = await seen(true, true)
  const none = unwatched.timers === without.timers && unwatched.snapshots === 0 && unwatched.hooks === without.hooks && watched.snapshots > 0
  return [{
    section: 'unwatched',
    what: `nobody looks, ${REQUESTS} requests and ${WATCH_MS / 1000} s`,
    figure: shown(unwatched),
    peers: { 'without the dashboard': shown(without), 'somebody looks': shown(watched) },
    target: 'as without it: 0 snapshots, no timer, no hook more',
    noise: '',
    verdict: none ? 'pass' : 'miss'
  }]
}

async function seen (withDashboard: boolean, looking: boolean): Promise<Seen> {
  let timers = 0
  let snapshots = 0
  let hooks = 0
  const clock: Clock = {
    ...systemClock,
    after (delay, task) { timers++; return systemClock.after(delay, task) },
    every (delay, task) { timers++; return systemClock.every(delay, task) }
  }
  const app = fastify({ forceCloseConnections: true })
  const { addHook } = app
  app.addHook = function (this: typeof app, name: string, ...rest: unknown[]) {
    if (REQUEST_HOOKS.includes(name)) hooks++
    return Reflect.apply(addHook, this, [name, ...rest])
  }
  const core = ensureCore(app, { clock })
  core.components.register({ kind: 'spy', name: 'spy', snapshot: () => ({ asked: ++snapshots }), health: () => ({ status: 'ok' }) })
  app.register(plimsoll, { lifeCycle: { signals: [] }, admin: { prefix: '/plimsoll', auth: () => ({ user: 'bench', role: 'viewer' }) } })
  if (withDashboard) app.register(dashboard)
  app.get('/', () => 'hello')
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  timers = 0
  const viewer = looking ? await Viewer.watch(`${url}/plimsoll/api/performance/realtime`) : undefined
  for (let i = 0; i < REQUESTS; i++) await app.inject('/')
  await delay(WATCH_MS)
  viewer?.leave()
  const result = { timers, snapshots, hooks }
  await app.close()
  return result
}

function shown ({ timers, snapshots, hooks }: Seen): string {
  return `${snapshots} snapshot calls, ${timers} timers, ${hooks} hooks`
}
