import Fastify from 'fastify'
import t from 'tap'
import plimsoll, { ensureCore } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import circuitBreaker from '../src/index.ts'
import type { CircuitBreakerPluginOptions } from '../src/index.ts'
import { guardedApp, statuses } from './guarded-app.ts'
import type { GuardedApp } from './guarded-app.ts'

const NAME = { kind: 'circuit-breaker', name: 'circuit-breakers' } as const
const guarded = { config: { circuitBreaker: true } } as const

async function run ({ core }: GuardedApp, control: string, argument?: string | boolean): Promise<unknown> {
  return await core.components.runControl({ ...NAME, control, user: 'ann', ...(argument !== undefined && { argument }) })
}

/** An app with a route that fails. */
async function failing (t: Parameters<typeof guardedApp>[0], options: CircuitBreakerPluginOptions = {}): Promise<GuardedApp> {
  const guardedOne = guardedApp(t, options)
  guardedOne.app.get('/', guarded, async () => { throw new Error('down') })
  await guardedOne.app.ready()
  return guardedOne
}

t.test('needs no options and no await, and is registered once', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.register(circuitBreaker)
  app.get('/', guarded, async () => 'ok')
  t.equal((await app.inject('/')).statusCode, 200)
  t.equal(app.circuitBreakers.get('GET /').stats.successes, 1)
  const twice = Fastify()
  t.teardown(() => twice.close())
  twice.register(circuitBreaker, { prefix: '/ops', logLevel: 'silent' })
  twice.register(async child => { child.register(circuitBreaker) })
  await t.rejects(async () => await twice.ready(), { code: 'PLM_CIRCUIT_BREAKER_REGISTERED_TWICE' })
})

t.test('bad options are refused at register, with name and value', async t => {
  for (const [options, message] of [
    [{ cluster: 'all' }, /cluster is "all"; give one of off, observe, quorum, any/],
    [{ enabled: 'yes' }, /enabled is "yes"/],
    [{ failureRateThreshold: 50 }, /failureRateThreshold is 50/],
    [{ maxCircuits: 0 }, /maxCircuits is 0/],
    [{ circuits: { bank: { timeout: -1 } } }, /timeout is -1/],
    [{ circuits: { bank: 5 } }, /circuits\.bank is 5/],
    [{ treshold: 1 }, /treshold is 1; there is no such option/]
  ] as const) {
    const app = Fastify()
    t.teardown(() => app.close())
    app.register(circuitBreaker, options as object)
    await t.rejects(async () => await app.ready(), { code: 'PLM_CIRCUIT_BREAKER_INVALID_OPTION', message })
  }
})

t.test('the component shows circuits, those that are not closed first, and is degraded while there are such', async t => {
  const { app, core, clock } = await failing(t, { circuits: { bank: {} } })
  t.strictSame(core.components.view(NAME.kind, NAME.name).health, { status: 'ok' })
  await statuses(app, '/', 3)
  app.circuitBreakers.get('stock')
  // A snapshot is taken once a second.
  clock.advance(1_000)
  const { snapshot, health, configuration } = core.components.view(NAME.kind, NAME.name)
  t.match(snapshot, { enabled: true, circuits: 3, notClosed: 1, evicted: 0, overflowed: 0, cluster: { policy: 'observe', instances: 1, openElsewhere: [] } })
  t.match(snapshot['breakers'], [{ name: 'GET /', state: 'open', calls: Number, failureRate: 1, slowRate: 0, refused: 1, openForMs: 5000, retryAfterMs: 4000 }, { name: 'bank' }, { name: 'stock' }])
  t.strictSame(health, { status: 'degraded', reason: 'not closed: GET / (open)' })
  t.match(configuration, { consecutiveFailures: { value: 2, source: 'option' }, cluster: { value: 'observe', source: 'default' }, enabled: { value: true, source: 'default' } })
  t.equal(core.health.ready, true, 'an open circuit does not turn readiness off')
  for (let i = 0; i < 7; i++) app.circuitBreakers.get(`tenant-${i}`).trip()
  t.match(core.components.view(NAME.kind, NAME.name).health.reason, /GET \/ \(open\), tenant-0 \(open\), .* and 3 more$/)
})

t.test('controls open, close, isolate and release a circuit, and make it count only', async t => {
  const all = await failing(t, { circuits: { bank: {} } })
  const bank = all.app.circuitBreakers.get('bank')
  t.equal(await run(all, 'open', 'bank'), 'open')
  t.equal(await run(all, 'close', 'bank'), 'closed')
  t.equal(await run(all, 'isolate', 'bank'), 'isolated')
  t.equal(await run(all, 'isolate', 'bank'), 'isolated')
  t.equal(await run(all, 'release', 'bank'), 'closed', 'an operator holds it once')
  const own = bank.isolate()
  await run(all, 'isolate', 'bank')
  t.equal(await run(all, 'close', 'bank'), 'isolated', 'the hold of the application is its own')
  own.release()
  t.equal(await run(all, 'metricsOnly', 'bank'), 'metrics-only')
  t.equal(await run(all, 'protect', 'bank'), 'closed')
  t.equal(await run(all, 'open', '(overflow)'), 'open')
  await run(all, 'open', 'bank')
  await run(all, 'reset')
  t.strictSame([...all.app.circuitBreakers.notClosed()].map(({ name }) => name), ['(overflow)'], 'the overflow circuit is among all once it was used')
  for (const argument of ['no-such', true] as const) await t.rejects(run(all, 'open', argument), { code: 'PLM_CORE_CONTROL_ARGUMENT' })
  t.equal(all.app.circuitBreakers.peek('no-such'), undefined)
})

t.test('switched off, nothing is refused, but for what is isolated; switched on, all is as it was', async t => {
  const all = await failing(t, { circuits: { counting: { metricsOnly: true }, held: {} } })
  const { app, core } = all
  const held = app.circuitBreakers.get('held')
  held.isolate()
  await run(all, 'enabled', false)
  await run(all, 'enabled', false)
  t.strictSame(await statuses(app, '/', 4), [500, 500, 500, 500])
  for (let i = 0; i < 3; i++) await app.circuitBreakers.get('new').execute(async () => { throw new Error('down') }).catch(() => {})
  t.equal(app.circuitBreakers.get('new').state, 'metrics-only')
  t.equal(held.state, 'isolated')
  t.match(core.components.view(NAME.kind, NAME.name), { snapshot: { enabled: false }, configuration: { enabled: { value: false, source: 'control' } } })
  await run(all, 'enabled', true)
  t.equal(app.circuitBreakers.get('counting').state, 'metrics-only')
  t.equal(app.circuitBreakers.get('new').state, 'closed')
  t.strictSame(await statuses(app, '/', 3), [500, 500, 503])
})

t.test('enabled: false starts it switched off', async t => {
  const all = await failing(t, { enabled: false })
  t.strictSame(await statuses(all.app, '/', 4), [500, 500, 500, 500])
  await run(all, 'enabled', true)
  t.strictSame(await statuses(all.app, '/', 3), [500, 500, 503])
})

t.test('PLIMSOLL_DISABLE=circuit-breaker starts it switched off', async t => {
  process.env['PLIMSOLL_DISABLE'] = 'pool, circuit-breaker'
  t.teardown(() => { delete process.env['PLIMSOLL_DISABLE'] })
  const { app } = await failing(t)
  t.strictSame(await statuses(app, '/', 4), [500, 500, 500, 500])
})

t.test('a tunable sets all circuits, and those to come; a whole number stays whole', async t => {
  const { app, core } = await failing(t, { circuits: { bank: { failureRateThreshold: 0.9 } } })
  const tune = (tunable: string, value: number): void => { core.components.setTunable({ ...NAME, tunable, value, user: 'ann' }) }
  tune('failureRateThreshold', 0.25)
  tune('minimumNumberOfCalls', 7.6)
  for (const name of ['bank', 'GET /', 'new']) t.match(app.circuitBreakers.get(name).settings, { failureRateThreshold: 0.25, minimumNumberOfCalls: 8 })
  const { tunables, configuration } = core.components.view(NAME.kind, NAME.name)
  t.match(tunables, { failureRateThreshold: { value: 0.25 }, minimumNumberOfCalls: { value: 8 }, waitDurationInOpenState: { value: 5000 } })
  t.match(configuration['failureRateThreshold'], { value: 0.25, source: 'control' })
  t.throws(() => tune('failureRateThreshold', 2), { code: 'PLM_CORE_TUNABLE_BOUNDS' })
})

t.test('the journal tells of each change of state, and of many together once', async t => {
  const { app, core, clock } = await failing(t)
  await statuses(app, '/', 2)
  const [opened] = core.journal.entries()
  t.match(opened, { event: 'circuit-opened', severity: 'warning', message: /^circuit GET \/: closed to open \(consecutive-failures\), of \d calls in its window 100 % failed and 0 % were slow; probes in 5\.0 s$/, data: { circuit: 'GET /', openForMs: 5000 } })
  for (let i = 0; i < 100; i++) app.circuitBreakers.get(`tenant-${i}`).trip()
  t.equal(core.journal.entries().filter(({ event }) => event === 'circuit-opened').length, 20)
  clock.advance(10_000)
  app.circuitBreakers.get('tenant-0').reset()
  t.match(core.journal.entries().slice(-2), [{ event: 'circuits-changed', message: /^81 more changes/ }, { event: 'circuit-closed', severity: 'info' }])
})

t.test('a function of the application that throws is told to the journal', async t => {
  const { app, core } = await failing(t, { errorFilter: () => { throw new Error('a bug') } })
  await statuses(app, '/', 1)
  app.circuitBreakers.on('failure', () => { throw Object.create(null) })
  await statuses(app, '/', 1)
  t.match(core.journal.entries().map(({ message }) => message), [/errorFilter of circuit GET \/ threw: a bug/])
})

t.test('metrics: by circuit and outcome, bounded', async t => {
  process.env['NODE_ENV'] = 'test'
  const app = Fastify()
  t.teardown(() => app.close())
  const clock = fakeClock()
  ensureCore(app, { clock })
  app.register(circuitBreaker, { consecutiveFailures: 2, minimumNumberOfCalls: 1000 })
  app.register(plimsoll, { admin: { prefix: '/ops' } })
  app.get('/', guarded, async () => { throw new Error('down') })
  await app.ready()
  await statuses(app, '/', 3)
  const scrape = async (): Promise<string> => (await app.inject('/ops/metrics')).body
  const text = await scrape()
  for (const line of [
    'plimsoll_circuit_breaker_circuit_state{circuit="GET /"} 2',
    'plimsoll_circuit_breaker_calls_total{circuit="GET /",outcome="failure"} 2',
    'plimsoll_circuit_breaker_calls_total{circuit="GET /",outcome="refused"} 1',
    'plimsoll_circuit_breaker_opened_total{circuit="GET /"} 1',
    'plimsoll_circuit_breaker_circuits 1',
    'plimsoll_circuit_breaker_not_closed_circuits 1'
  ]) t.ok(text.includes(`${line}\n`), line)
  t.match(text, 'plimsoll_core_refused_requests_total{component="circuit-breaker",reason="circuit-open"} 1')
  for (let i = 0; i < 600; i++) app.circuitBreakers.get(`tenant-${i}`).tryAcquire()
  app.circuitBreakers.get('')
  const many = await scrape()
  t.equal(many.match(/^plimsoll_circuit_breaker_circuit_state\{/gm)?.length, 500)
  t.equal(many.match(/^plimsoll_circuit_breaker_opened_total\{/gm)?.length, 501)
  t.ok(many.includes('plimsoll_circuit_breaker_opened_total{circuit="(other)"} 0\n'))
  t.ok(many.includes('plimsoll_circuit_breaker_overflowed_calls_total 1\n'))
})

t.test('closing leaves no timer behind', async t => {
  const { app, clock } = await failing(t)
  await statuses(app, '/', 3)
  await app.close()
  clock.advance(60_000)
  t.equal(clock.pending, 0)
})
