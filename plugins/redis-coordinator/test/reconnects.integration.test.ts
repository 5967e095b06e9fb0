import { setTimeout as delay } from 'node:timers/promises'
import { Coordinator, resolveTimings, systemClock } from '@plimsoll/core'
import { Redis } from 'ioredis'
import t from 'tap'
import { skipWithout, startRedis } from '../../../tools/services.ts'
import { createDriver } from '../src/index.ts'
import { openLine } from './line.ts'
import { until } from './until.ts'

const RECONNECTS = 20
const LANES = 12
const BOUND_MS = 60_000

if (!await skipWithout(t, 'redis-server')) {
  t.test('twenty lost connections and twenty replicas under load leave no listener behind, and no warning', { timeout: 110_000 }, async (t) => {
    const redis = await startRedis()
    const line = await openLine(redis.port)
    const warnings: string[] = []
    const warned = ({ name, message }: Error): void => { warnings.push(`${name}: ${message}`) }
    process.on('warning', warned)
    const timings = resolveTimings({ ttlMs: 5_000, commandTimeoutMs: 1_500 })
    const driver = createDriver({ url: `redis://127.0.0.1:${line.port}`, firstUse: true }, { clock: systemClock, timings, journal: { record: () => {} } })
    const coordinator = new Coordinator({ id: 'a', driver, timings })
    t.teardown(async () => {
      process.off('warning', warned)
      await coordinator.close()
      await line.close()
      await redis.stop()
    })
    await until('the cluster', async () => await coordinator.connect() || coordinator.mode === 'cluster', BOUND_MS)

    const stop = new AbortController()
    const work: Promise<unknown>[] = []
    let consumed = 0
    for (let number = 0; number < LANES; number++) {
      work.push(coordinator.elect(`election ${number}`).run(({ signal }) => new Promise((resolve) => { signal.addEventListener('abort', () => { resolve() }) }), { signal: stop.signal }).catch(() => {}))
      const queue = coordinator.queue<number>(`queue ${number}`)
      work.push(queue.consume(async () => { consumed += 1 }, { concurrency: 4, signal: stop.signal }))
      work.push((async () => {
        for await (const change of coordinator.watch(`watched ${number}/`, { signal: stop.signal })) t.ok(change.key)
      })())
      work.push((async () => {
        while (!stop.signal.aborted) {
          await Promise.allSettled([queue.push(number), coordinator.set(`watched ${number}/k`, number), coordinator.broadcasts.send('news', new Uint8Array([1]))])
          await delay(20)
        }
      })())
    }
    for (let cut = 0; cut < RECONNECTS; cut++) {
      const before = { consumed, connections: line.connections() }
      line.cut()
      await until(`the work after cut ${cut + 1}`, () => line.connections() > before.connections && consumed > before.consumed, BOUND_MS)
    }
    const admin = new Redis(redis.port, '127.0.0.1')
    t.teardown(() => admin.disconnect())
    for (let replica = 0; replica < RECONNECTS; replica++) {
      const connections = line.connections()
      await admin.replicaof('127.0.0.1', 1)
      await until(`the way out of replica ${replica + 1}`, () => line.connections() > connections, BOUND_MS)
      await admin.replicaof('NO', 'ONE')
      const before = consumed
      await until(`the work after replica ${replica + 1}`, () => consumed > before, BOUND_MS)
    }
    stop.abort()
    await Promise.all(work)
    t.same(warnings, [])
  })
}
