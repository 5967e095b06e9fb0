import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import plimsoll, { ensureCore } from '@plimsoll/core'
import redisCoordinator from '@plimsoll/redis-coordinator'
import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { quantileMs, startGenerator, tallyOf } from '../../../tools/load/index.ts'
import { freePort } from '../../../tools/services.ts'
import { removeOnExit } from '../../../test/faults/coordination/leave-nothing.ts'
import { RedisServer } from '../../../test/faults/coordination/redis-server.ts'
import { progress } from '../../overload/progress.ts'
import { judge, ms, percent } from '../../overload/row.ts'
import type { Row } from '../../overload/row.ts'

const section = 'boot'
const RATE = 300
/** Short, so that an outage of seconds is one. */
const TTL_MS = 3_000

/** An application whose Redis is away when it starts, comes, and dies under load. */
export async function bootRows (quick: boolean): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-boot-'))
  removeOnExit(folder)
  const port = await freePort()
  const app = fastify()
  app.register(plimsoll, { coordinator: { timings: { ttlMs: TTL_MS } } })
  app.register(redisCoordinator, { url: `redis://127.0.0.1:${port}` })
  app.get('/', () => ({ allowed: ensureCore(app).coordinator.quota('page', { limit: 1e6, windowMs: 1_000 }).take('all').allowed }))
  const rows: Row[] = []
  let redis: RedisServer | undefined
  try {
    progress('boot: without Redis')
    const begun = performance.now()
    await app.listen({ host: '127.0.0.1', port: 0 })
    const ready = performance.now() - begun
    await delay(3_000)
    const warnings = ensureCore(app).journal.entries({ limit: 1_000 }).filter(({ component, severity }) => component === 'coordinator' && severity !== 'info').length
    rows.push(
      { section, what: 'Redis dead at boot: until the application listens', figure: ms(ready), peers: {}, target: '<= 1000 ms', noise: '', verdict: judge(ready, { atMost: 1_000 }, 0) },
      { section, what: 'warnings in the journal, 3 s later', figure: String(warnings), peers: {}, target: '1', noise: '', verdict: warnings === 1 ? 'pass' : 'miss' })
    redis = await RedisServer.start({ folder: join(folder, 'redis'), port })
    rows.push(back('Redis comes: until mode cluster', await untilCluster(app)))
    rows.push(...await dying(app, redis, quick ? 5 : 10))
  } finally {
    await app.close()
    await redis?.kill()
    rmSync(folder, { recursive: true, force: true })
  }
  return rows
}

async function dying (app: FastifyInstance, redis: RedisServer, seconds: number): Promise<readonly Row[]> {
  progress('boot: Redis dies under load')
  const { port } = app.server.address() as AddressInfo
  const load = startGenerator({
    loop: 'open',
    mode: 'warm',
    connections: 20,
    port,
    classes: [{ name: 'page', weight: 1, path: '/' }],
    phases: [{ name: 'warm', seconds: 2, rate: RATE }, { name: 'there', seconds, rate: RATE }, { name: 'dead', seconds, rate: RATE }]
  })
  await load.ready
  await delay((2 + seconds) * 1_000)
  await redis.kill()
  const report = await load.done
  const { mode } = ensureCore(app).coordinator
  if (mode !== 'degraded') throw new Error(`mode ${mode} though Redis is dead`)
  await redis.start()
  const returned = await untilCluster(app)
  const [there, dead] = ['there', 'dead'].map((phase) => tallyOf(report, { phase }))
  if (there === undefined || dead === undefined) throw new Error('two phases are needed')
  const failed = dead.offered - dead.ok
  const p99 = [there, dead].map(({ admittedLatency }) => quantileMs(admittedLatency, 0.99))
  return [
    { section, what: `requests that failed while Redis was dead, of ${dead.offered}`, figure: String(failed), peers: { 'while it was there': String(there.offered - there.ok) }, target: '0', noise: '', verdict: judge(failed, { atMost: 0 }, 0) },
    { section, what: 'P99 of requests while it was dead', figure: ms(p99[1] ?? NaN), peers: { 'while it was there': ms(p99[0] ?? NaN) }, target: '', noise: '', verdict: 'shown', note: `${percent((p99[1] ?? NaN) / (p99[0] ?? NaN) - 1)} apart` },
    back('Redis is back: until mode cluster', returned)
  ]
}

async function untilCluster (app: FastifyInstance): Promise<number> {
  const begun = performance.now()
  const { coordinator } = ensureCore(app)
  while (coordinator.mode !== 'cluster' && performance.now() - begun < 30_000) await delay(5)
  return performance.now() - begun
}

function back (what: string, took: number): Row {
  return { section, what, figure: ms(took), peers: {}, target: '<= 1000 ms', noise: '', verdict: judge(took, { atMost: 1_000 }, 0) }
}
