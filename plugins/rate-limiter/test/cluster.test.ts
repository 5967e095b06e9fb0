import { setImmediate } from 'node:timers/promises'
import { ensureCore, LocalDriver, LocalStore } from '@plimsoll/core'
import { FaultyDriver } from '@plimsoll/core/conformance'
import { fakeClock } from '@plimsoll/core/testing'
import type { FakeClock } from '@plimsoll/core/testing'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import rateLimiter from '../src/index.ts'
import type { RateLimiterOptions } from '../src/index.ts'
import { events, statuses } from './app.ts'

interface Cluster {
  readonly apps: readonly FastifyInstance[]
  readonly drivers: readonly FaultyDriver[]
  elapse (ms: number): Promise<void>
}

interface Tap { teardown (task: () => unknown): void }

/** Instances of one service on one clock and one store. */
async function cluster (t: Tap, size: number, options: RateLimiterOptions): Promise<Cluster> {
  const clock: FakeClock = fakeClock({ now: 1_000 })
  const store = new LocalStore(clock)
  const drivers: FaultyDriver[] = []
  const elapse = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left--) {
      clock.advance(1)
      await setImmediate()
    }
  }
  const apps = Array.from({ length: size }, () => {
    const app = Fastify()
    const driver = new FaultyDriver(new LocalDriver({ clock, store }), clock)
    drivers.push(driver)
    ensureCore(app, { clock }).offerBackend('memory', () => driver)
    app.register(rateLimiter, options)
    app.get('/', async request => request.rateLimit)
    return app
  })
  const ready = Promise.all(apps.map(async app => { await app.ready() }))
  await elapse(20)
  await ready
  await elapse(4_000)
  t.teardown(async () => {
    for (const driver of drivers) driver.line = 'open'
    const closed = Promise.all(apps.map(async app => { await app.close() }))
    await elapse(3_000)
    await closed
  })
  return { apps, drivers, elapse }
}

async function admitted ({ apps, elapse }: Cluster, requests: number): Promise<number> {
  let count = 0
  for (let i = 0; i < requests; i++) {
    for (const app of apps) if ((await statuses(app, '/', 1))[0] === 200) count++
    await elapse(1)
  }
  return count
}

t.test('instances of one service hold one limit together', async t => {
  const all = await cluster(t, 3, { limit: 60, windowMs: 1_000_000 })
  t.ok(all.apps.every(app => app.plimsoll.coordinator.mode === 'cluster'))
  const count = await admitted(all, 60)
  t.ok(count >= 60 && count <= 60 + 3 * 10, `${count} let through`)
  const refused = await all.apps[0]!.inject({ url: '/', remoteAddress: '192.0.2.1' })
  t.equal(refused.statusCode, 429)
  t.equal(refused.headers['ratelimit-policy'], '"default";q=60;w=1000')
  t.match(refused.headers['ratelimit'], /^"default";r=0$/)
  t.ok(Number(refused.headers['retry-after']) > 0)
  t.match(all.apps[0]?.plimsoll.components.get('rate-limiter', 'rate-limiter')?.snapshot(), { limits: [{ cluster: true, keys: 1, limitedKeys: 1 }] })
})

t.test('without the coordinator each has its part of the limit, at once and without waiting', async t => {
  const all = await cluster(t, 3, { limit: 60, windowMs: 1_000_000 })
  for (const driver of all.drivers) driver.line = 'hang'
  t.ok(await admitted(all, 1) > 0)
  await all.elapse(51)
  const count = await admitted(all, 60)
  t.ok(count >= 55 && count <= 63, `${count} let through: a third each`)
})

t.test('by hand it works on the shared limit as well', async t => {
  const all = await cluster(t, 2, { limit: 20, windowMs: 1_000_000 })
  const { rateLimiter: limiter } = all.apps[0]!
  t.equal(limiter.peek('192.0.2.1').remaining, 5)
  t.equal(limiter.take('192.0.2.1').allowed, true)
  await all.elapse(10)
  limiter.penalize('192.0.2.1', 50)
  t.equal(limiter.take('192.0.2.1').allowed, false)
  limiter.reward('192.0.2.1', 50)
  t.equal(limiter.take('192.0.2.1').allowed, true)
  limiter.reset('192.0.2.1')
  t.equal(limiter.peek('192.0.2.1').remaining, 5)
  limiter.setLimit(40)
  t.equal(limiter.peek('192.0.2.1').remaining, 10)
})

t.test('a shared limit by header: a key that looks like an address is not that address', async t => {
  const all = await cluster(t, 1, { limit: 2, windowMs: 1_000_000, key: { header: 'x-key' } })
  const [app] = all.apps
  t.same(await statuses(app!, '/', 1, '192.0.2.1'), [200])
  await all.elapse(10)
  t.same(await statuses(app!, '/', 1, '192.0.2.1', { 'x-key': '192.0.2.1' }), [200])
  t.equal(app!.rateLimiter.limits.named('default').keyCount, 2)
})

t.test('what another limit refuses is given back to the shared one', async t => {
  const all = await cluster(t, 1, { limit: 20, windowMs: 1_000_000, limits: [{ name: 'alone', limit: 1, cluster: false }] })
  const [app] = all.apps
  t.same(await statuses(app!, '/', 1), [200])
  await all.elapse(10)
  const before = app!.rateLimiter.peek('192.0.2.1').remaining
  t.same(await statuses(app!, '/', 5), [429, 429, 429, 429, 429])
  t.equal(app!.rateLimiter.peek('192.0.2.1').remaining, before)
})

t.test('window algorithms count in each instance, and the journal says so; cluster: false is as good', async t => {
  const all = await cluster(t, 2, { limit: 2, algorithm: 'sliding-window', limits: [{ name: 'mine', limit: 100, algorithm: 'gcra', cluster: false }] })
  t.equal(await admitted(all, 3), 4)
  t.match(events(all.apps[0]!, 'counts-alone'), [/the limit default counts in each instance by itself: sliding-window/])
})
