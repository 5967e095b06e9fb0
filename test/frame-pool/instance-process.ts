import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import plimsoll, { ensureCore } from '@plimsoll/core'
import monitor from '@plimsoll/monitor'
import redisCoordinator from '@plimsoll/redis-coordinator'
import { FramePool } from '../../plugins/dashboard/src/cluster/frame-pool.ts'
import type { Answer, Question, Report } from './messages.ts'
import { RecordedRoutes } from './recorded-route.ts'

// One instance of a service in a process of its own: its id and the address of Redis are its arguments.

const [id = '', url = ''] = process.argv.slice(2)
const app = Fastify({ forceCloseConnections: true })
app.register(plimsoll, { coordinator: { id, timings: { ttlMs: 5_000 } } })
app.register(redisCoordinator, { url, firstUse: true })
app.register(monitor)
const core = ensureCore(app)
const recorded = new RecordedRoutes()
core.frames.addSource(recorded)

app.get<{ Params: { route: string, ms: string } }>('/record/:route/:ms', async ({ params: { route, ms } }) => {
  recorded.record(`/${route}`, Number(ms))
  return 'recorded'
})
await app.listen({ host: '127.0.0.1', port: 0 })

const pool = new FramePool({ frames: core.frames, coordinator: core.coordinator, clock: core.clock, failed: (error) => { throw error } })
pool.open()
const heard = new Map<string, number>()
const staleAfter: Record<string, number> = {}

pool.onInstances(() => {
  for (const { frame: { instance }, stale } of pool.frames()) if (stale) staleAfter[instance] ??= performance.now() - (heard.get(instance) ?? 0)
})

process.on('message', ({ ask }: Question) => {
  if (ask === 'look') {
    // By sequence, since a frame may be looked at twice.
    const sequences = new Map<string, number>()
    setInterval(() => {
      for (const { frame: { instance, sequence } } of pool.frames()) {
        if (sequences.get(instance) === sequence) continue
        sequences.set(instance, sequence)
        heard.set(instance, performance.now())
      }
    }, 10).unref()
    pool.look(() => {})
  } else {
    const report: Report = {
      mode: core.coordinator.mode,
      instances: pool.frames().map(({ frame: { instance }, stale }) => `${instance}${stale ? '!' : ''}`),
      totals: pool.totals(),
      sending: pool.figures.sending,
      staleAfter
    }
    tell({ report })
  }
})
process.on('disconnect', () => { process.exit() })
tell({ port: (app.server.address() as AddressInfo).port })

function tell (answer: Answer): void { process.send?.(answer) }
