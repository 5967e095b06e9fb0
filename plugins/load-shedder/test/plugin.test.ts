import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import plimsoll, { ensureCore } from '@plimsoll/core'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import loadShedder from '../src/index.ts'
import type { LoadShedderOptions } from '../src/index.ts'
import { until } from './app.ts'
import { FixedLimit } from './fixed-limit.ts'

async function ready (t: { teardown (task: () => unknown): void }, options?: LoadShedderOptions): Promise<FastifyInstance> {
  const app = Fastify()
  app.register(loadShedder, options ?? {})
  app.get('/', async () => 'root')
  app.get('/cheap', { config: { degrade: () => 'cheaper' } }, async () => 'dear')
  app.get('/broken', { config: { degrade: () => { throw new Error('no') } } }, async () => 'dear')
  app.get('/checkout', { config: { priority: 'critical' } }, async () => 'paid')
  t.teardown(() => app.close())
  await app.ready()
  return app
}

function entries (app: FastifyInstance, event: string): readonly string[] {
  return app.plimsoll.journal.entries().filter(entry => entry.event === event).map(entry => entry.message)
}

t.test('registered without options and without await, it serves', async t => {
  const app = await ready(t)
  t.equal((await app.inject('/')).body, 'root')
  t.equal(app.loadShedder.force, 'auto')
  t.equal(app.loadShedder.gate.strategy.name, 'adaptive')
  t.equal(app.isUnderPressure(), false)
})

t.test('a refusal says why, when to come back, and carries the static headers; its route is known before routing', async t => {
  const app = await ready(t, { headers: { 'access-control-allow-origin': '*' } })
  app.loadShedder.forceOn()
  const refused = await app.inject('/')
  t.equal(refused.statusCode, 503)
  t.equal(refused.headers['access-control-allow-origin'], '*')
  t.match(refused.headers['retry-after'], /^\d+$/)
  t.match(refused.json(), { statusCode: 503, error: 'Service Unavailable', message: /load-shedder: forced-on/ })
  t.equal((await app.inject('/checkout')).body, 'paid')
})

t.test('a constant Retry-After is sent as it was given', async t => {
  const app = await ready(t, { retryAfter: 50 })
  app.loadShedder.forceOn()
  t.equal((await app.inject('/')).headers['retry-after'], '50')
})

t.test('forced on, off and back, with a journal entry each', async t => {
  const app = await ready(t, { strategy: () => new FixedLimit({ reason: 'threshold' }) })
  t.equal((await app.inject('/')).statusCode, 503)
  app.loadShedder.forceOff()
  t.equal((await app.inject('/')).statusCode, 200)
  app.loadShedder.forceOn('system')
  t.equal((await app.inject('/checkout')).statusCode, 503)
  t.equal(app.isUnderPressure(), true)
  app.loadShedder.auto()
  t.strictSame(entries(app, 'forced').map(message => message.split(':')[0]), ['force auto → off', 'force off → on', 'force on → auto'])
  t.throws(() => app.loadShedder.forceOn('urgent' as 'high'), { code: 'PLM_LOAD_SHEDDER_INVALID_CONTROL' })
})

t.test('a refusal is in the journal with reason, class, request id and figures, one in ten seconds', async t => {
  const app = await ready(t)
  app.loadShedder.forceOn()
  await app.inject({ url: '/', headers: { 'x-request-id': 'abc' } })
  await app.inject('/')
  t.strictSame(entries(app, 'refused').length, 1)
  t.match(app.plimsoll.journal.entries().find(({ event }) => event === 'refused')?.data, { reason: 'forced-on', class: 'normal', requestId: 'abc', request: 'GET /', count: 1 })
})

t.test('each change that the strategy tells is in the journal with its reason', async t => {
  const app = await ready(t, {
    strategy: ports => {
      t.ok(ports.random() < 1)
      setImmediate(() => {
        ports.onChange?.({ what: 'limit', from: Infinity, to: 12.345, reason: 'queue' })
        ports.onChange?.({ what: 'state', from: 'calm', to: 'overloaded', reason: 'queue' })
      })
      return new FixedLimit()
    }
  })
  await until(() => entries(app, 'state-changed').length === 1)
  t.match(entries(app, 'limit-changed'), [/^limit Infinity → 12.35 \(queue\)/])
  t.match(app.plimsoll.journal.entries().find(({ event }) => event === 'limit-changed')?.data, { from: 'unlimited', to: 12.345, reason: 'queue' })
})

t.test("a route's degrade handler answers in place of a refusal", async t => {
  const app = await ready(t)
  t.equal((await app.inject('/cheap')).body, 'dear')
  app.loadShedder.forceOn()
  const cheap = await app.inject('/cheap')
  t.equal(cheap.statusCode, 200)
  t.equal(cheap.body, 'cheaper')
  t.equal((await app.inject('/broken')).statusCode, 503)
  t.equal(app.loadShedder.gate.stats.degraded, 2)
  t.equal(app.loadShedder.gate.degradedNow, 0)
})

t.test('dry run decides, counts and journals, but serves', async t => {
  const app = await ready(t, { dryRun: true })
  app.loadShedder.forceOn()
  t.equal((await app.inject('/')).statusCode, 200)
  t.equal(app.loadShedder.gate.stats.spared[3], 1)
  t.equal(entries(app, 'would-refuse').length, 1)
})

t.test('a rate limit of another plugin refuses in the gate', async t => {
  const app = await ready(t)
  app.plimsoll.admission.add({ name: 'limiter', order: 100, check: () => ({ by: 'limiter', reason: 'too-many', status: 429, retryAfter: () => 3 }) })
  for (const force of ['auto', 'off'] as const) {
    if (force === 'off') app.loadShedder.forceOff()
    const refused = await app.inject('/')
    t.equal(refused.statusCode, 429)
    t.equal(refused.headers['retry-after'], '3')
  }
})

t.test('disabled by option or environment it lets everything pass, until switched on', async t => {
  const strategy = (): FixedLimit => new FixedLimit({ reason: 'threshold' })
  const app = await ready(t, { strategy, enabled: false })
  t.equal((await app.inject('/')).statusCode, 200)
  app.loadShedder.setEnabled(true)
  app.loadShedder.setEnabled(true)
  t.equal((await app.inject('/')).statusCode, 503)
  t.equal(entries(app, 'enabled-changed').length, 1)
  app.loadShedder.setEnabled(false)
  t.equal((await app.inject('/')).statusCode, 200)

  process.env['PLIMSOLL_DISABLE'] = 'pool,load-shedder'
  t.teardown(() => { delete process.env['PLIMSOLL_DISABLE'] })
  const other = await ready(t, { strategy })
  t.equal(other.loadShedder.enabled, false)
  t.equal((await other.inject('/')).statusCode, 200)
})

t.test('options are changed while the service runs, checked as at register', async t => {
  const app = await ready(t, { strategy: 'priority', limit: 5 })
  app.loadShedder.configure({ dryRun: true, maxQueue: 10, maxStreams: 3, limit: 7 })
  t.match(app.loadShedder.options, { dryRun: true, maxQueue: 10, maxStreams: 3, limit: 7 })
  t.equal(app.loadShedder.gate.strategy.limit, 7)
  app.loadShedder.configure({ maxQueue: 20 })
  t.match(app.loadShedder.options, { dryRun: true, maxQueue: 20, maxStreams: 3, limit: 7 }, 'what is left out stays')
  t.throws(() => app.loadShedder.configure({ maxQueue: 0 }), { code: 'PLM_LOAD_SHEDDER_INVALID_OPTION' })
  t.equal(entries(app, 'options-changed').length, 2)
  const adaptive = await ready(t)
  t.throws(() => adaptive.loadShedder.configure({ limit: 7 }), { code: 'PLM_LOAD_SHEDDER_INVALID_CONTROL' })
})

t.test('as a component it shows figures, health and configuration, and takes controls and tunables', async t => {
  const app = await ready(t, { strategy: 'priority' })
  const { components } = app.plimsoll
  const id = { kind: 'load-shedder', name: 'load-shedder', user: 'test' }
  await app.inject('/')
  t.match(components.view('load-shedder', 'load-shedder'), { health: { status: 'ok' }, snapshot: { force: 'auto', limit: 100, started: { normal: 1 } }, configuration: { maxQueue: { value: 1000, source: 'default' } } })
  t.equal(await components.runControl({ ...id, control: 'force', argument: 'on' }), 'on')
  await app.inject('/')
  t.match(components.view('load-shedder', 'load-shedder').health, { status: 'degraded', reason: /1 refused since start/ })
  for (const argument of ['off', 'auto']) t.equal(await components.runControl({ ...id, control: 'force', argument }), argument)
  t.equal(await components.runControl({ ...id, control: 'dryRun', argument: true }), true)
  t.equal(await components.runControl({ ...id, control: 'enabled', argument: false }), false)
  for (const control of ['force', 'dryRun', 'enabled']) await t.rejects(components.runControl({ ...id, control, argument: 3 }), { code: /^PLM_/ })
  t.equal(components.setTunable({ ...id, tunable: 'maxQueue', value: 10.4 }), 10)
  t.equal(components.setTunable({ ...id, tunable: 'maxStreams', value: 0 }), 0)
  t.equal(components.setTunable({ ...id, tunable: 'limit', value: 9 }), 9)
  t.match(components.view('load-shedder', 'load-shedder').configuration, {
    enabled: { value: false, source: 'control' },
    dryRun: { value: true, source: 'control' },
    maxQueue: { value: 10, source: 'control' },
    limit: { value: 9, source: 'control' },
    retryAfterMax: { value: 30, source: 'default' }
  })
})

t.test('shedding degrades health but never readiness', async t => {
  const app = await ready(t, { strategy: () => new FixedLimit({ limit: Infinity }) })
  app.loadShedder.forceOn()
  await app.inject('/')
  t.equal(app.plimsoll.components.view('load-shedder', 'load-shedder').snapshot['limit'], 'unlimited')
  t.match(app.plimsoll.health.report, { degraded: true, ready: true })
})

t.test('metrics are rendered for Prometheus', async t => {
  const app = await ready(t)
  await app.inject('/')
  app.loadShedder.forceOn()
  await app.inject('/')
  let text = ''
  for await (const piece of app.plimsoll.metrics.render()) text += piece
  t.match(text, /plimsoll_load_shedder_started_requests_total\{class="normal"\} 1/)
  t.match(text, /plimsoll_load_shedder_refusals_by_reason_total\{reason="forced-on"\} 1/)
  for (const name of ['queued_requests', 'inflight_requests', 'open_streams', 'overloaded_state', 'degraded_requests_total']) t.match(text, new RegExp(`plimsoll_load_shedder_${name} 0`))
})

t.test('the status route answers under pressure, and shows the gate', async t => {
  const app = await ready(t, { statusRoute: '/alive' })
  app.loadShedder.forceOn()
  t.strictSame((await app.inject('/alive')).json(), { status: 'ok', underPressure: true, queued: 0, inFlight: 1 })
})

t.test('a client function that throws costs one journal entry, and a priority function is passed to core', async t => {
  const app = await ready(t, {
    client () { throw new Error('no client') },
    priority: req => req.url === '/' ? 'batch' : undefined,
    strategy: () => Object.assign(new FixedLimit(), { started (arrival: { readonly cohort: number }) { t.ok(arrival.cohort >= 0) } })
  })
  await app.inject('/')
  await app.inject('/')
  t.equal(entries(app, 'client-function-failed').length, 1)
  t.equal(app.loadShedder.gate.stats.started[5], 2)
})

t.test('its options that are core\'s as well go beside an application\'s own options for core', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.register(loadShedder, { priority: () => 'batch', headers: { 'x-from': 'shedder' } })
  app.register(plimsoll, { refusalHeaders: { 'x-own': 'core' } })
  app.get('/', async () => 'root')
  await app.ready()
  app.loadShedder.forceOn()
  t.match((await app.inject('/')).headers, { 'x-from': 'shedder', 'x-own': 'core' })
})

t.test('with adaptive ablated, the limit is fixed', async t => {
  t.equal((await ready(t, { ablate: ['adaptive'] })).loadShedder.gate.strategy.name, 'priority')
})

t.test('a path that no route answers is of class low and route -1', async t => {
  const routes: number[] = []
  const app = await ready(t, { strategy: () => Object.assign(new FixedLimit(), { started (arrival: { readonly routeId: number }) { routes.push(arrival.routeId) } }) })
  t.equal((await app.inject('/nowhere')).statusCode, 404)
  t.strictSame(routes, [-1])
  t.equal(app.loadShedder.gate.stats.started[4], 1)
})

t.test('registered twice, or beside a decorator of its names, it is a coded error', async t => {
  const twice = Fastify()
  twice.register(loadShedder)
  twice.register(async child => { child.register(loadShedder) })
  await t.rejects(async () => twice.ready(), { code: 'PLM_LOAD_SHEDDER_REGISTERED_TWICE' })
  const taken = Fastify()
  taken.decorate('memoryUsage', () => ({ eventLoopDelay: 0, rssBytes: 0, heapUsed: 0, eventLoopUtilized: 0 }))
  taken.register(loadShedder)
  await t.rejects(async () => taken.ready(), { code: 'PLM_LOAD_SHEDDER_DECORATOR_TAKEN', message: /"memoryUsage"/ })
})

t.test('registered in a child it still guards the whole application', async t => {
  const app = Fastify()
  app.get('/', async () => 'root')
  app.register(async child => { await child.register(loadShedder) })
  t.teardown(() => app.close())
  await app.ready()
  app.loadShedder.forceOn()
  t.equal((await app.inject('/')).statusCode, 503)
})

t.test('closing leaves nothing registered and no subscription', async t => {
  const app = Fastify()
  app.register(loadShedder, { maxRssBytes: 1 })
  const core = ensureCore(app)
  await app.ready()
  t.equal(core.admission.gated, true)
  await app.close()
  t.equal(core.admission.gated, false)
  t.equal(core.components.get('load-shedder', 'load-shedder'), undefined)
  t.equal(core.vitals.latest, undefined)
})

t.test('the process exits by itself after close', async t => {
  const script = `
    import Fastify from 'fastify'
    import loadShedder from '@plimsoll/load-shedder'
    const app = Fastify()
    app.register(loadShedder, { maxRssBytes: 1e12, healthCheck: () => true, healthCheckInterval: 1000 })
    app.get('/', async () => 'root')
    const origin = await app.listen({ port: 0, host: 'localhost' })
    await (await fetch(origin)).text()
    await app.close()
    console.log('closed')`
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=plimsoll:source', '--input-type=module', '-e', script], { cwd: import.meta.dirname, timeout: 20_000 })
  t.equal(stdout.trim(), 'closed')
})
