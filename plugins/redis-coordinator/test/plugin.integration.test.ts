import { setTimeout as delay } from 'node:timers/promises'
import fastifyRedis from '@fastify/redis'
import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { Redis } from 'ioredis'
import t from 'tap'
import type { Test } from 'tap'
import { isCoordinatorError } from '@plimsoll/core'
import plimsoll from '@plimsoll/core'
import { freePort, skipWithout, startRedis } from '../../../tools/services.ts'
import redisCoordinator, { createDriver } from '../src/index.ts'
import { until } from './until.ts'

const timings = { ttlMs: 1_000 }

type App = FastifyInstance

async function start (t: Test, ...register: ((app: App) => void)[]): Promise<App> {
  const app = fastify()
  t.teardown(() => app.close())
  app.register(plimsoll, { coordinator: { timings } })
  for (const step of register) step(app)
  await app.ready()
  return app
}

const warnings = (app: FastifyInstance): string[] => app.plimsoll.journal.entries().filter(({ severity }) => severity === 'warning').map(({ event }) => event)

if (!await skipWithout(t, 'redis-server')) {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  t.setTimeout(240_000)
  const url = `redis://127.0.0.1:${redis.port}`

  t.test('applications with one namespace are one cluster, those with another are not', async (t) => {
    const [a, b, other] = await Promise.all(['shop', 'shop', 'bakery'].map((namespace) => start(t, (app) => app.register(redisCoordinator, { url, namespace, firstUse: true }))))
    t.ok(a && b && other)
    if (!a || !b || !other) return
    for (const app of [a, b, other]) await until('the cluster', () => app.plimsoll.coordinator.mode === 'cluster')
    await a.plimsoll.coordinator.set('k', 'value')
    t.equal((await b.plimsoll.coordinator.get('k'))?.value, 'value')
    t.equal(await other.plimsoll.coordinator.get('k'), undefined)
    const shares = [a, b].map((app) => app.plimsoll.coordinator.capacity('db', { total: 10 }))
    await until('fair shares', () => shares.every(({ granted }) => granted === 5))
    const early = fastify()
    t.teardown(() => early.close())
    await early.register(redisCoordinator, { url })
    const before = early.plimsoll.components.list().find(({ kind }) => kind === 'redis-coordinator')
    t.match(before?.snapshot(), { connected: false, connects: 0, scriptLoads: 0, version: null })
    t.match(before?.health?.(), { status: 'ok' })
    let none = ''
    for await (const piece of early.plimsoll.metrics.render()) none += piece
    t.match(none, /plimsoll_redis_coordinator_connects_total 0/)
    const component = a.plimsoll.components.list().find(({ kind }) => kind === 'redis-coordinator')
    t.match(component?.snapshot(), { namespace: 'shop', connected: true, connects: 1, version: /^\d/, persistent: false, evicts: null })
    let metrics = ''
    for await (const piece of a.plimsoll.metrics.render()) metrics += piece
    t.match(metrics, /plimsoll_redis_coordinator_connected_state 1/)
    t.match(metrics, /plimsoll_redis_coordinator_connects_total 1/)
    t.match(metrics, /plimsoll_redis_coordinator_script_loads_total \d/)
  })

  t.test('a Redis that is dead at boot costs one warning; the application is ready at once and joins when Redis is there', async (t) => {
    const port = await freePort()
    const app = await start(t, (app) => app.register(redisCoordinator, { url: `redis://127.0.0.1:${port}`, firstUse: true }), (app) => app.get('/', async () => 'served'))
    t.equal(app.plimsoll.coordinator.mode, 'degraded')
    t.match(await app.inject('/'), { statusCode: 200 })
    await until('another attempt', () => app.plimsoll.coordinator.link.failures > 2)
    t.same(warnings(app), ['unreachable'])
    const late = await startRedis({ port })
    t.teardown(() => late.stop())
    await until('the cluster', () => app.plimsoll.coordinator.mode === 'cluster')
    await app.plimsoll.coordinator.set('k', 1)
  })

  t.test('while Redis is away requests are served, and none waits for it', async (t) => {
    const own = await startRedis()
    t.teardown(() => own.stop())
    const app = fastify()
    t.teardown(() => app.close())
    app.register(plimsoll, { coordinator: { timings } })
    app.register(redisCoordinator, { url: `redis://127.0.0.1:${own.port}`, firstUse: true })
    app.get('/', async () => app.plimsoll.coordinator.quota('rate', { limit: 1_000, windowMs: 1_000 }).take('client').allowed)
    await app.ready()
    const { coordinator } = app.plimsoll
    await until('the cluster', () => coordinator.mode === 'cluster')
    t.equal((await app.inject('/')).body, 'true')
    await own.stop()
    let served = 0
    while (coordinator.mode === 'cluster') {
      t.equal((await app.inject('/')).statusCode, 200)
      served += 1
      await delay(20)
    }
    t.equal((await app.inject('/')).body, 'true')
    t.ok(served > 0)
    t.ok(isCoordinatorError(await coordinator.set('k', 1).catch((error: unknown) => error), 'UNAVAILABLE'))
    const back = await startRedis({ port: own.port })
    t.teardown(() => back.stop())
    await until('the cluster', () => coordinator.mode === 'cluster')
  })

  t.test('the Redis of @fastify/redis is used when it is there, and not closed', async (t) => {
    const app = await start(t, (app) => app.register(fastifyRedis, { url, keyPrefix: 'mine:' }), (app) => app.register(redisCoordinator, { firstUse: true }))
    await until('the cluster', () => app.plimsoll.coordinator.mode === 'cluster')
    await app.plimsoll.coordinator.set('k', 1)
    const plain = new Redis(url)
    t.teardown(() => plain.disconnect())
    t.equal(await plain.exists('mine:plimsoll:{default}:meta'), 1, 'under the prefix of the client')
    await app.plimsoll.coordinator.close()
    t.equal(await app.redis.ping(), 'PONG')
  })

  t.test('core takes the backend by its name as well', async (t) => {
    const app = fastify()
    t.teardown(() => app.close())
    app.register(plimsoll, { coordinator: { backend: 'redis', options: { url, namespace: 'named', firstUse: true }, timings } })
    await app.ready()
    t.equal(app.plimsoll.coordinator.link.driver.name, 'redis')
    await until('the cluster', () => app.plimsoll.coordinator.mode === 'cluster')
  })

  t.test('an idle instance sends one command a third of the lease, whatever it holds', async (t) => {
    // Longer than others, so that a slow machine does not lose it.
    const app = fastify()
    t.teardown(() => app.close())
    app.register(plimsoll, { coordinator: { timings: { ttlMs: 2_000 } } })
    app.register(redisCoordinator, { url, namespace: 'idle', firstUse: true })
    await app.ready()
    const { coordinator } = app.plimsoll
    const { renewMs } = coordinator.timings
    await until('the cluster', () => coordinator.mode === 'cluster')
    const stop = new AbortController()
    let leads = 0
    const runs = Array.from({ length: 10 }, (_, i) => coordinator.elect(`boss${i}`).run(async ({ signal }) => {
      leads += 1
      await new Promise((resolve) => { signal.addEventListener('abort', resolve) })
    }, { signal: stop.signal }))
    const shares = Array.from({ length: 10 }, (_, i) => coordinator.capacity(`db${i}`, { total: 10 }))
    for (let i = 0; i < 80; i++) await coordinator.set(`k${i}`, i, { ephemeral: true })
    await until('all', () => leads === 10 && shares.every(({ granted }) => granted === 10))
    // Two renewals, so that what was told meanwhile is settled.
    await delay(2.1 * renewMs)
    const plain = new Redis(url)
    t.teardown(() => plain.disconnect())
    const monitor = await plain.monitor()
    const commands: string[] = []
    monitor.on('monitor', (_time: string, args: readonly string[], source: string) => { if (source !== 'lua') commands.push(args.slice(0, 2).join(' ')) })
    const counted = performance.now()
    await until('four renewals', () => commands.length >= 4)
    const thirds = (performance.now() - counted) / renewMs
    monitor.disconnect()
    t.ok(thirds > 2.8, `${commands.length} commands in ${thirds} thirds: ${commands.join(', ')}`)
    t.equal(new Set(commands).size, 1, 'always the same')
    stop.abort()
    await Promise.all(runs)
  })

  t.test('a boot without a Redis to use is refused; with optional: true it is single, with one warning', async (t) => {
    const refused = async (options: object): Promise<unknown> => {
      const app = fastify()
      app.register(redisCoordinator, options)
      try {
        await app.ready()
        return 'it was not refused'
      } catch (error) {
        return Reflect.get(Object(error), 'code')
      } finally {
        await app.close()
      }
    }
    t.equal(await refused({}), 'PLM_REDIS_COORDINATOR_NO_REDIS')
    t.equal(await refused({ url: undefined }), 'PLM_REDIS_COORDINATOR_INVALID_OPTION')
    const app = await start(t, (app) => app.register(redisCoordinator, Object({ url: undefined, optional: true })))
    t.equal(app.plimsoll.coordinator.mode, 'single')
    t.same(warnings(app), ['backend-missing'])
    const off = await start(t, (app) => app.register(redisCoordinator, { url, enabled: false }))
    t.equal(off.plimsoll.coordinator.mode, 'single')
    t.same(warnings(off), [])
    const many = fastify()
    Reflect.apply(many.decorate, many, ['redis', { one: {} }])
    many.register(redisCoordinator)
    await t.rejects(async () => { await many.ready() }, { code: 'PLM_REDIS_COORDINATOR_NO_REDIS', message: /fastify\.redis\.<name>/ })
    t.throws(() => createDriver({}, { clock: app.plimsoll.clock, journal: app.plimsoll.journal, timings: app.plimsoll.coordinator.timings }), { code: 'PLM_REDIS_COORDINATOR_NO_REDIS' })
  })
}
