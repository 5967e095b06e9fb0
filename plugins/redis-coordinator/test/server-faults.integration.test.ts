import { isAmbiguous } from '@plimsoll/core'
import type { Commit } from '@plimsoll/core'
import t from 'tap'
import type { Test } from 'tap'
import { skipWithout, startRedis } from '../../../tools/services.ts'
import { resolveOptions } from '../src/options.ts'
import { redisComponent } from '../src/redis-component.ts'
import type { RedisDriver } from '../src/redis-driver.ts'
import { openLine } from './line.ts'
import { redisStore } from './store.ts'
import type { TestStore } from './store.ts'
import { until } from './until.ts'

let commits = 0
const put = (key: string, size = 1): Commit => ({ id: `op${commits++}`, checks: [], operations: [{ put: key, value: new Uint8Array(size) }] })
const never = AbortSignal.timeout(600_000)

/** The code of what a rejection of the driver was caused by; and it must be clear that nothing was applied. */
async function causeOf (work: Promise<unknown>, ambiguous = false): Promise<string> {
  const failure: unknown = await work.then(() => new Error('it resolved'), (error: unknown) => error)
  if (!(failure instanceof Error) || !(failure.cause instanceof Error)) throw failure
  if (isAmbiguous(failure) !== ambiguous) throw new Error(`ambiguous ${isAmbiguous(failure)}: ${failure.message}`)
  return `${String(Reflect.get(failure, 'code'))} ${String(Reflect.get(failure.cause, 'code'))}`
}

const UNAVAILABLE = 'PLM_COORDINATOR_UNAVAILABLE PLM_REDIS_COORDINATOR_'

if (!await skipWithout(t, 'redis-server')) {
  const redis = await startRedis()
  t.teardown(() => redis.stop())

  const onStore = (name: string, test: (store: TestStore, driver: RedisDriver, t: Test) => Promise<void>, options: Parameters<TestStore['driver']>[0] = {}): void => {
    t.test(name, async (t) => {
      const store = await redisStore(redis.port, { ttlMs: 1_000 })
      const driver = store.driver(options)
      t.teardown(async () => {
        await driver.close()
        await store.close()
      })
      await driver.connect(never)
      await test(store, driver, t)
    })
  }

  onStore('scripts run by digest, and are sent whole once more after SCRIPT FLUSH', async (store, driver, t) => {
    await store.client.script('FLUSH')
    await driver.commit(put('k'))
    const { scriptLoads } = driver.state
    await driver.commit(put('k'))
    t.equal(driver.state.scriptLoads, scriptLoads, 'by digest')
    await store.client.script('FLUSH')
    t.match(await driver.commit(put('k')), { ok: true })
    t.equal(driver.state.scriptLoads, scriptLoads + 1)
  })

  onStore('CLIENT KILL costs the commands in flight; the connections come back by themselves', async (store, driver, t) => {
    const seen: string[] = []
    driver.watch(({ changes }) => { for (const { key } of changes) seen.push(key) })
    await until('the subscription', async () => {
      await driver.commit(put('before'))
      return seen.includes('before')
    })
    const { connects } = driver.state
    for (const client of String(await store.client.client('LIST')).split('\n')) {
      if (client.includes(`plimsoll:${store.namespace.name}`)) await store.client.client('KILL', 'ID', String(/id=(\d+)/.exec(client)?.[1]))
    }
    await until('commands again', () => driver.commit(put('after')).then(() => true, () => false))
    t.equal(driver.state.connects, connects + 1)
    await until('messages again', async () => {
      await driver.commit(put('again'))
      return seen.includes('again')
    })
  })

  onStore('a replica in the place of the primary is an error of its own, and left for another connection', async (store, driver, t) => {
    const { connects } = driver.state
    t.teardown(() => store.client.replicaof('NO', 'ONE'))
    await store.client.replicaof('127.0.0.1', '1')
    t.equal(await causeOf(driver.commit(put('k'))), `${UNAVAILABLE}READ_ONLY`)
    const late = store.driver()
    t.equal(await causeOf(late.connect(never)), `${UNAVAILABLE}READ_ONLY`)
    await late.close()
    await store.client.replicaof('NO', 'ONE')
    await until('writes again', () => driver.commit(put('k')).then(() => true, () => false))
    t.ok(driver.state.connects > connects, 'over another connection')
  })

  onStore('a server at its maxmemory refuses writes whole, and takes them again when there is room', async (store, driver, t) => {
    await driver.commit(put('before'))
    const session = await driver.openSession('s', 60_000)
    await store.client.config('SET', 'maxmemory', '1')
    t.teardown(() => store.client.config('SET', 'maxmemory', '0'))
    t.equal(await causeOf(driver.commit(put('k', 1_000))), `${UNAVAILABLE}OUT_OF_MEMORY`)
    const queue = driver.queue('q', { visibilityMs: 1_000, maxAttempts: 5, maxLength: 10, dedupeMs: 1_000 })
    t.equal(await causeOf(queue.push('op', [{ id: 'a', body: new Uint8Array(), deduplicate: false }], 0)), `${UNAVAILABLE}OUT_OF_MEMORY`)
    // What frees memory, or needs none, goes on: leases, resignations, reads.
    await session.renew([])
    t.match(await driver.commit({ id: 'delete', checks: [], operations: [{ delete: 'before' }] }), { ok: true })
    t.same((await driver.list('', { limit: 10 })).entries, [])
    await session.revoke()
    await store.client.config('SET', 'maxmemory', '0')
    t.equal(await driver.get('k'), undefined)
    t.same(await queue.stats(), { ready: 0, leased: 0, delayed: 0, dead: 0, oldestMs: 0 })
    t.match(await driver.commit(put('k', 1_000)), { ok: true })
  })

  onStore('a key of another type in the place of one of ours is named as such', async (store, driver, t) => {
    await store.client.set(store.namespace.entries[3] ?? '', 'not a hash')
    t.equal(await causeOf(driver.commit(put('k'))), `${UNAVAILABLE}WRONG_TYPE`)
    await store.client.del(store.namespace.entries[3] ?? '')
    t.match(await driver.commit(put('k')), { ok: true })
  })

  onStore('a namespace that another version has written is not touched', async (store, driver, t) => {
    await store.client.hset(store.namespace.meta, 'format', '2')
    for (const work of [driver.commit(put('k')), driver.get('k'), driver.openSession('s', 1_000), driver.quota('q').take('op', 'k', 1, { limit: 1, windowMs: 1, burst: 1 })]) {
      t.equal(await causeOf(work), `${UNAVAILABLE}OTHER_FORMAT`)
    }
  })

  onStore('what is in its place but was not written by us is an error, not an answer', async (store, driver, t) => {
    await driver.commit(put('k'))
    await store.client.hset(store.namespace.entries[4] ?? '', 'k', 'nonsense')
    t.equal(await causeOf(driver.get('k')), `${UNAVAILABLE}REFUSED`)
  })

  onStore('a line that has gone dead without a word is replaced', async (store, driver, t) => {
    const line = await openLine(redis.port)
    t.teardown(() => line.close())
    const over = store.driver({ target: { url: `redis://127.0.0.1:${line.port}`, options: {} } })
    t.teardown(() => over.close())
    const seen: string[] = []
    over.watch(({ changes }) => { for (const { key } of changes) seen.push(key) })
    await over.connect(never)
    const session = await over.openSession('s', 60_000)
    await until('the subscription', async () => {
      await driver.commit(put('first'))
      return seen.includes('first')
    })
    line.state = 'hang'
    const lost = causeOf(over.commit(put('lost')), true)
    // The next command after the timeout finds nothing answered.
    await until('the loss', async () => {
      over.get('k').catch(() => {})
      return await Promise.race([lost.then(() => true), new Promise<boolean>((resolve) => { setTimeout(resolve, 20, false) })])
    })
    t.equal(await lost, `${UNAVAILABLE}UNREACHABLE`)
    line.state = 'open'
    // The connection that listens is not told that it is dead; that nothing comes over it shows.
    await until('commands again', () => session.renew([]).then(() => true, () => false))
    seen.length = 0
    await until('messages again', async () => {
      await driver.commit(put('second'))
      await session.renew([]).catch(() => {})
      return seen.includes('second')
    })
  })

  t.test('a server that is too old, or deletes keys when it is full, is told of', async (t) => {
    const line = await openLine(redis.port, (chunk) => Buffer.from(chunk.toString('latin1').replace(/redis_version:\d\.\d/, 'redis_version:6.0'), 'latin1'))
    t.teardown(() => line.close())
    const store = await redisStore(redis.port, { ttlMs: 1_000 })
    t.teardown(() => store.close())
    const old = store.driver({ target: { url: `redis://127.0.0.1:${line.port}`, options: {} } })
    t.equal(await causeOf(old.connect(never)), `${UNAVAILABLE}TOO_OLD`)
    await old.close()
    await store.client.config('SET', 'maxmemory', '100mb', 'maxmemory-policy', 'allkeys-lru')
    t.teardown(() => store.client.config('SET', 'maxmemory', '0', 'maxmemory-policy', 'noeviction'))
    const driver = store.driver()
    await driver.connect(never)
    await driver.connect(never)
    await driver.close()
    t.match(redisComponent(resolveOptions({ url: 'redis://x' }), () => driver.state).health?.(), { status: 'degraded', reason: /allkeys-lru/ })
    t.match(store.journal, [{ event: 'eviction', severity: 'warning', message: /allkeys-lru/ }])
    t.equal(store.journal.length, 1, 'once')
  })

  t.test('nobody there is told with what the connection said; a closed driver stays closed', async (t) => {
    const store = await redisStore(redis.port)
    const driver = store.driver({ target: { url: 'redis://127.0.0.1:1', options: {} } })
    t.equal(await causeOf(driver.get('k')), `${UNAVAILABLE}UNREACHABLE`)
    await t.rejects(driver.connect(never), /ECONNREFUSED/)
    await t.rejects(driver.get('k'), /ECONNREFUSED/)
    await t.rejects(driver.broadcast('c', new Uint8Array()), /ECONNREFUSED/)
    const stop = new AbortController()
    const attempt = driver.connect(stop.signal)
    stop.abort()
    await t.rejects(attempt)
    await driver.close()
    await t.rejects(driver.connect(never))
    const unused = store.driver()
    await unused.close()
    await t.rejects(unused.connect(never), /it was closed/)
    await store.close()
  })
}
