import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { setImmediate, setTimeout } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { FaultyDriver } from '../../src/conformance/index.ts'
import type { Core, CoreOptions } from '../../src/index.ts'
import plimsoll, { ensureCore, LocalDriver, LocalStore, systemClock } from '../../src/index.ts'
import { coreOptions } from '../../src/options.ts'
import { fakeClock } from '../../src/testing/index.ts'
import { fakeTime } from './fake-time.ts'

const backend = new URL('../fixtures/coordinator-backend.ts', import.meta.url).href

function application (t: Test, clock = systemClock): { readonly app: FastifyInstance, readonly core: Core } {
  const app = Fastify()
  t.teardown(() => app.close())
  return { app, core: ensureCore(app, { clock }) }
}

function withOptions (t: Test, options: CoreOptions): FastifyInstance {
  const { app } = application(t)
  app.register(plimsoll, options)
  return app
}

t.test('alone, an application coordinates with itself from its onReady hooks on, and nothing ticks', async (t) => {
  const clock = fakeClock()
  const { app, core } = application(t, clock)
  t.throws(() => core.coordinator, { code: 'PLM_COORDINATOR_TOO_EARLY', message: /in a plugin's onReady hook/ })
  const seen: unknown[] = []
  app.register(async (child) => {
    child.addHook('onReady', async () => {
      const { coordinator } = core
      const share = coordinator.capacity('db', { total: 3 })
      seen.push(coordinator.mode, coordinator.quota('api', { limit: 1, windowMs: 1_000 }).take('k').allowed, await coordinator.set('k', 1) > 0n, share.tryAcquire())
    })
  })
  await app.ready()
  t.same(seen, ['single', true, true, true])
  t.match(core.coordinator.id, /.:\d+:[0-9a-z]{4}$/)
  const { pending } = clock
  await core.coordinator.elect('boss').run(async ({ fence }) => { t.equal(fence.scope, 'local') })
  t.equal(clock.pending, pending)
  await app.close()
  t.equal(clock.pending, 0)
  await t.rejects(core.coordinator.set('k', 2), { code: 'PLM_COORDINATOR_UNAVAILABLE' })
})

t.test('component and metrics are there once it is used', async (t) => {
  const { app, core } = application(t, fakeClock())
  await app.ready()
  t.equal(core.components.get('coordinator', 'coordinator'), undefined)
  t.ok(core.coordinator)
  t.match(core.components.view('coordinator', 'coordinator'), { health: { status: 'ok' }, snapshot: { mode: 'single' } })
  t.ok(core.coordinator, 'and once only')
  let text = ''
  for await (const piece of core.metrics.render()) text += piece
  t.match(text, /plimsoll_coordinator_mode_state\{mode="single"\} 1/)
})

t.test('an application that was never started closes', async (t) => {
  const { app, core } = application(t)
  await app.close()
  t.throws(() => core.coordinator, { code: 'PLM_COORDINATOR_TOO_EARLY' })
})

t.test('a plugin offers a backend; who closes gives up its leadership, its share and its place', async (t) => {
  const store = new LocalStore(systemClock)
  const make = async (id: string): Promise<{ readonly app: FastifyInstance, readonly core: Core }> => {
    const made = application(t)
    made.app.register(plimsoll, { coordinator: { id, meta: { zone: 'a' }, timings: { ttlMs: 60_000 } } })
    made.core.offerBackend('memory', ({ clock, timings }) => {
      t.equal(timings.ttlMs, 60_000)
      return new LocalDriver({ clock, store })
    })
    await made.app.ready()
    return made
  }
  const [a, b] = [await make('a'), await make('b')]
  t.match(a.core.components.view('coordinator', 'coordinator'), { snapshot: { mode: 'cluster', instances: 2 } })
  t.match(await b.core.coordinator.instances(), [{ id: 'a', meta: { zone: 'a' } }, { id: 'b' }])
  const shares = [a, b].map(({ core }) => core.coordinator.capacity('db', { total: 4 }))
  while (shares.some(({ granted }) => granted !== 2)) await setTimeout(1)

  const steps: string[] = []
  const leads = (core: Core): Promise<void> => core.coordinator.elect('boss').run(async ({ signal }) => {
    steps.push(`${core.coordinator.id} leads`)
    if (!signal.aborted) await new Promise((resolve) => { signal.addEventListener('abort', resolve) })
  })
  const runs = [leads(a.core)]
  while (steps.length === 0) await setTimeout(1)
  runs.push(leads(b.core))
  a.core.lifeCycle.on('resign', async () => {
    // The last word is still heard.
    await a.core.coordinator.set('last word', 'of a')
    steps.push('a closes')
  })
  await a.app.close()
  while (shares[1]?.granted !== 4 || steps.length < 3) await setTimeout(1)
  t.same(steps, ['a leads', 'a closes', 'b leads'])
  t.match(await b.core.coordinator.get('last word'), { value: 'of a' })
  t.match(await b.core.coordinator.instances(), [{ id: 'b' }])
  t.equal(a.core.coordinator.elect('a new one').leadership, undefined)
  await a.core.coordinator.elect('a new one').run(async () => { t.fail('campaigns after it resigned') })
  await b.app.close()
  await Promise.all(runs)
})

t.test('a backend that is away holds the start up by half a second, is warned about once, and joined when it is there', async (t) => {
  const time = fakeTime()
  const { app, core } = application(t, time.clock)
  app.register(plimsoll, { coordinator: { timings: { ttlMs: 600, connectTimeoutMs: 900 } } })
  let driver: FaultyDriver | undefined
  core.offerBackend('memory', ({ clock }) => {
    driver = new FaultyDriver(new LocalDriver({ clock, store: new LocalStore(clock) }), clock)
    driver.line = 'hang'
    return driver
  })
  let ready = false
  const starting = app.ready().then(() => { ready = true })
  while (driver?.calls.get('connect') !== 1) await setImmediate()
  await time.elapse(499)
  t.equal(ready, false, 'it may still answer')
  await time.elapse(1)
  await starting
  t.equal(core.coordinator.mode, 'degraded')
  t.match(core.health.report, { ready: true })
  await time.elapse(1_200)
  const warnings = core.journal.entries().filter(({ component, severity }) => component === 'coordinator' && severity === 'warning')
  t.match(warnings, [{ event: 'unreachable' }])
  t.equal(warnings.length, 1)
  driver.line = 'open'
  await time.elapse(1_000)
  t.equal(core.coordinator.mode, 'cluster', 'within a second')
})

t.test('a backend that hangs or throws when it is closed does not keep the application open', async (t) => {
  // The coordinator's own timers hold no process.
  const alive = setInterval(() => {}, 1_000)
  t.teardown(() => { clearInterval(alive) })
  for (const close of [() => new Promise<void>(() => {}), () => { throw new Error('closed badly') }]) {
    const { app, core } = application(t)
    app.register(plimsoll, { coordinator: { timings: { ttlMs: 1_000, commandTimeoutMs: 50 } } })
    core.offerBackend('memory', ({ clock }) => Object.assign(new LocalDriver({ clock, store: new LocalStore(clock) }), { close }))
    await app.ready()
    await app.close()
  }
})

t.test('an application has one backend, and no new one once it has started', async (t) => {
  const { app, core } = application(t)
  const make = (): LocalDriver => new LocalDriver({ clock: systemClock })
  core.offerBackend('redis', make)
  t.throws(() => core.offerBackend('etcd', make), { code: 'PLM_COORDINATOR_BACKEND_TAKEN', message: /backend etcd.*backend redis/ })
  app.register(plimsoll, { coordinator: { backend: 'local' } })
  await t.rejects(async () => { await app.ready() }, { code: 'PLM_COORDINATOR_BACKEND_TAKEN', message: /backend local/ })

  const another = application(t)
  another.app.register(plimsoll, { coordinator: { backend: make() } })
  another.app.register(async () => { another.core.offerBackend('redis', make) })
  await t.rejects(async () => { await another.app.ready() }, { code: 'PLM_COORDINATOR_BACKEND_TAKEN', message: /backend redis.*backend local/ })

  const third = application(t)
  third.app.register(plimsoll, { coordinator: { backend: make() } })
  const fourth = application(t)
  fourth.core.offerBackend('redis', make)
  fourth.app.register(plimsoll, { coordinator: { backend: make() } })
  await t.rejects(async () => { await fourth.app.ready() }, { code: 'PLM_COORDINATOR_BACKEND_TAKEN' })
  await third.app.ready()
  t.equal(third.core.coordinator.mode, 'single')
  t.throws(() => third.core.offerBackend('late', make), { code: 'PLM_CORE_TOO_LATE', message: /backend late was offered after the application was started: register its plugin before ready/ })
})

t.test('a backend is loaded by name, with its options and the timings', async (t) => {
  const app = withOptions(t, { coordinator: { backend, options: { url: 'x://y' }, timings: { ttlMs: 7_000 } } })
  await app.ready()
  t.equal(app.plimsoll.coordinator.mode, 'cluster')
  t.match(app.plimsoll.components.view('coordinator', 'coordinator').snapshot, { backend: 'x://y ttl 7000' })
})

t.test('what is wrong with the options is refused when core is registered', async (t) => {
  const cases: readonly (readonly [CoreOptions['coordinator'], string, RegExp])[] = [
    [{ backend: 'redsi' }, 'PLM_COORDINATOR_INVALID_OPTION', /coordinator\.backend = redsi .*none of local, redis, etcd, consul/],
    [{ backend: '@plimsoll/is-not-there' }, 'PLM_COORDINATOR_INVALID_OPTION', /npm i @plimsoll\/is-not-there/],
    [{ backend: 'redis', options: { url: undefined } }, 'PLM_COORDINATOR_INVALID_OPTION', /coordinator\.options\.url = undefined/],
    [{ backend, options: {} }, '', /url is needed/],
    [{ backend: '' }, 'PLM_CORE_INVALID_OPTION', /coordinator\.backend is ""; give local/],
    [{ backend: 7 as never }, 'PLM_CORE_INVALID_OPTION', /coordinator\.backend is 7/],
    [{ options: { url: 'x' } }, 'PLM_CORE_INVALID_OPTION', /coordinator\.options is an object; give it together with the name/],
    [{ options: 'url' as never }, 'PLM_CORE_INVALID_OPTION', /coordinator\.options/],
    [{ id: 'x'.repeat(201) }, 'PLM_CORE_INVALID_OPTION', /coordinator\.id .*200 characters/],
    [{ meta: { text: 'x'.repeat(17_000) } }, 'PLM_CORE_INVALID_OPTION', /coordinator\.meta .*16384/],
    [{ meta: { big: 1n as never } }, 'PLM_CORE_INVALID_OPTION', /coordinator\.meta/],
    [{ meta: [] as never }, 'PLM_CORE_INVALID_OPTION', /coordinator\.meta/],
    [{ timings: { ttlMs: NaN } }, 'PLM_CORE_INVALID_OPTION', /coordinator\.timings\.ttlMs is NaN/],
    [{ timings: { ttl: 5 } as never }, 'PLM_CORE_INVALID_OPTION', /there is no such option; did you mean ttlMs/],
    [{ timings: { ttlMs: 1_000, renewMs: 600 } }, 'PLM_COORDINATOR_INVALID_OPTION', /940 ms.*renewMs 600/],
    [{ optional: 'yes' as never }, 'PLM_CORE_INVALID_OPTION', /coordinator\.optional is "yes"; give true or false/]
  ]
  for (const [coordinator, code, message] of cases) {
    const app = withOptions(t, { coordinator: coordinator! })
    await t.rejects(async () => { await app.ready() }, { message, ...(code !== '' && { code }) })
  }
})

t.test('an optional backend that is missing is warned about once, and the application runs alone', async (t) => {
  const app = withOptions(t, { coordinator: { backend: 'redis', options: { url: undefined }, optional: true } })
  await app.ready()
  t.equal(app.plimsoll.coordinator.mode, 'single')
  t.match(app.plimsoll.journal.entries().filter(({ component }) => component === 'coordinator'), [{ event: 'backend-missing', severity: 'warning', message: /runs alone/ }])
})

t.test('what a backend is made with is never shown: it may hold a password', async (t) => {
  const shown = (coordinator: CoreOptions['coordinator']): unknown => coreOptions.configuration(coreOptions.resolve({ coordinator: coordinator! }))['coordinator']?.value
  t.match(shown({ backend: 'redis', options: { url: 'redis://:password@host' } }), { backend: 'redis', options: '***' })
  t.match(shown({ backend: new LocalDriver({ clock: systemClock }) }), { backend: 'local', options: null })
})
