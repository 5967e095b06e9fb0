import { setTimeout as delay } from 'node:timers/promises'
import circuitBreaker from '@plimsoll/circuit-breaker'
import plimsoll, { resolveTimings, systemClock } from '@plimsoll/core'
import type { CapacityShare } from '@plimsoll/core'
import loadShedder from '@plimsoll/load-shedder'
import rateLimiter from '@plimsoll/rate-limiter'
import { createDriver } from '@plimsoll/redis-coordinator'
import Fastify from 'fastify'
import fp from 'fastify-plugin'
import t from 'tap'
import { skipWithout } from '../tools/services.ts'
import { RedisServer } from './faults/coordination/redis-server.ts'

/** So long that nothing times out meanwhile: what is answered was answered without the backend. */
const timings = resolveTimings({ ttlMs: 3_600_000, commandTimeoutMs: 600_000, connectTimeoutMs: 10_000 })
const REQUESTS = 40
const BOUND_MS = 20_000

/** A promise that the coordinator, or the driver under it, has returned. */
interface Returned { readonly by: string, isPending: boolean }

/** `target`, with every promise that it or what it returns ever gives away noted down. */
function spied<T extends object> (target: T, name: string, returned: Returned[]): T {
  const seen = (value: unknown, by: string): unknown => {
    if (value instanceof Promise) {
      const one: Returned = { by, isPending: true }
      returned.push(one)
      return value.then(result => seen(result, by)).finally(() => { one.isPending = false })
    }
    return isMechanism(value) ? spied(value, by, returned) : value
  }
  return new Proxy(target, {
    get (object, key) {
      const value: unknown = Reflect.get(object, key, object)
      const path = `${name}.${String(key)}`
      if (typeof value !== 'function') return isMechanism(value) ? spied(value, path, returned) : value
      return (...given: unknown[]): unknown => seen(Reflect.apply(value, object, given), path)
    }
  })
}

/** An object with methods of its own, such as an election: not data. */
function isMechanism (value: unknown): value is object {
  if (typeof value !== 'object' || value === null || value instanceof AbortSignal) return false
  const { constructor } = value
  return ![Object, Array, Map, Set, Buffer, Uint8Array].some(data => data === constructor)
}

async function until (what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + BOUND_MS
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited ${BOUND_MS} ms for ${what}`)
    await delay(5)
  }
}

if (!await skipWithout(t, 'redis-server')) {
  t.test('no request awaits a promise of the coordinator: all are served while Redis answers nothing', async t => {
    const redis = await RedisServer.start({ folder: t.testdir() })
    t.teardown(() => redis.kill())
    const returned: Returned[] = []
    const driver = createDriver({ url: `redis://127.0.0.1:${redis.port}`, firstUse: true }, { clock: systemClock, journal: { record: () => {} }, timings })
    const app = Fastify({ forceCloseConnections: true })
    app.register(plimsoll, { coordinator: { backend: spied(driver, 'driver', returned), timings } })
    app.register(fp(async instance => {
      // Behind core's own hook, ahead of those of the plugins: they take the coordinator there.
      instance.addHook('onReady', async () => {
        const { coordinator } = app.plimsoll
        Object.defineProperty(app.plimsoll, 'coordinator', { value: spied(coordinator, 'coordinator', returned) })
      })
    }))
    app.register(loadShedder)
    app.register(rateLimiter, { key: { header: 'x-client' }, limit: 100 })
    app.register(circuitBreaker, { consecutiveFailures: 2, cluster: 'quorum' })
    const permits = (): CapacityShare => app.plimsoll.coordinator.capacity('permits', { total: 50 })
    app.get('/work', { config: { circuitBreaker: true } }, async ({ headers }) => {
      const share = permits()
      share.want(1 + Number(headers['x-client']) % 50)
      if (!share.tryAcquire()) throw new Error('no permit')
      share.release()
      return 'done'
    })
    app.get('/fails', { config: { circuitBreaker: true } }, async () => { throw new Error('as it must') })
    app.get('/waits', async () => (await app.plimsoll.coordinator.get('k'))?.value ?? 'nothing')
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const statusOf = async (path: string, client: number): Promise<number> => (await fetch(url + path, { headers: { 'x-client': String(client) }, signal: AbortSignal.timeout(BOUND_MS) })).status
    await until('the cluster', () => app.plimsoll.coordinator.mode === 'cluster')
    await until('the share', () => permits().granted === 50)
    t.equal(await statusOf('/work', 0), 200)
    await until('the answers', () => returned.every(({ isPending }) => !isPending))
    t.ok(returned.length > 0)

    redis.pause()
    t.teardown(() => redis.resume())
    const before = returned.length
    const waiting = statusOf('/waits', 1)
    for (let request = 1; request <= REQUESTS; request++) t.equal(await statusOf('/work', request), 200)
    t.same([await statusOf('/fails', 1), await statusOf('/fails', 1), await statusOf('/fails', 1)], [500, 500, 503], 'its circuit opens, and the others are told')
    // The broadcast is sent in a turn of its own.
    const since = (): readonly Returned[] => returned.slice(before)
    for (const by of ['driver.quota', 'driver.capacity', 'driver.broadcast', 'coordinator.broadcasts', 'coordinator.get']) {
      await until(`a promise of ${by}`, () => since().some(one => one.by.startsWith(by)))
    }
    t.same(since().filter(({ isPending }) => !isPending), [], `${since().length} promises were returned, and none has settled`)
    const early = await Promise.race([waiting, delay(50, 'nobody has answered')])
    t.equal(early, 'nobody has answered', 'a request that does await one is held up: the test can fail')

    redis.resume()
    t.equal(await waiting, 200)
    await app.close()
  })
}
