import { ensureCore, systemClock } from '@plimsoll/core'
import type { Clock } from '@plimsoll/core'
import fastify from 'fastify'
import monitor from '@plimsoll/monitor'
import type { Row } from '../overload/row.ts'

const REQUESTS = 2000

/** What a service with the monitor does for frames while nobody subscribes, and that the spies see it when somebody does. */
export async function unwatchedRows (): Promise<Row[]> {
  let timers = 0
  let snapshots = 0
  const clock: Clock = {
    ...systemClock,
    after (delay, task) { timers++; return systemClock.after(delay, task) },
    every (delay, task) { timers++; return systemClock.every(delay, task) }
  }
  const app = fastify()
  const core = ensureCore(app, { clock })
  core.components.register({ kind: 'spy', name: 'spy', snapshot: () => ({ asked: ++snapshots }), health: () => ({ status: 'ok' }) })
  app.register(monitor)
  app.get('/', () => 'hello')
  await app.ready()
  timers = 0
  for (let i = 0; i < REQUESTS; i++) await app.inject('/')
  await new Promise((resolve) => { setTimeout(resolve, 2500) })
  const unwatched = { timers, snapshots }
  core.frames.subscribe(() => {})
  const watched = { timers: timers - unwatched.timers, snapshots: 0 }
  await new Promise((resolve) => { setTimeout(resolve, 2500) })
  watched.snapshots = snapshots - unwatched.snapshots
  await app.close()
  const none = unwatched.timers === 0 && unwatched.snapshots === 0 && watched.snapshots > 0
  return [{
    section: 'unwatched',
    what: `nobody subscribed, ${REQUESTS} requests and 2.5 s`,
    figure: `${unwatched.snapshots} snapshot calls, ${unwatched.timers} timers`,
    peers: { 'somebody subscribed, 2.5 s': `${watched.snapshots} snapshot calls, ${watched.timers} timers (the sampler's)` },
    target: '0 and 0',
    noise: '',
    verdict: none ? 'pass' : 'miss'
  }]
}
