import { once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { bucketsIn, countIn, ensureCore, quantileOf } from '@plimsoll/core'
import type { Core, Frame, Refusal } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import type { FakeClock } from '@plimsoll/core/testing'
import monitor from '@plimsoll/monitor'
import type { MonitorOptions } from '@plimsoll/monitor'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import t from 'tap'

interface Fixture { readonly app: FastifyInstance, readonly core: Core, readonly clock: FakeClock, readonly frame: () => Frame }

/** An application on a clock that its handlers move; `frame()` ends a second and gives its frame. */
async function setup (t: { teardown (end: () => unknown): void }, options: MonitorOptions = {}, prepare: (app: FastifyInstance, core: Core) => void = () => {}): Promise<Fixture> {
  const clock = fakeClock()
  const app = Fastify()
  const core = ensureCore(app, { clock })
  app.register(monitor, options)
  app.get('/items/:id', async () => { clock.advance(20); return { item: 1 } })
  app.route({ method: ['PUT', 'POST'], url: '/items', handler: async () => { clock.advance(5); return 'stored' } })
  app.get('/broken', async () => { throw new Error('broken') })
  app.get('/events', (_request, reply) => { reply.type('text/event-stream').send('data: 1\n\n') })
  app.register(async (child) => { child.get('/', async () => 'child') }, { prefix: '/child' })
  prepare(app, core)
  t.teardown(() => app.close())
  await app.ready()
  core.frames.subscribe(() => {})
  clock.advance(1000)
  return { app, core, clock, frame () { clock.advance(1000); return core.frames.latest! } }
}

async function until (condition: () => boolean): Promise<void> {
  for (const end = performance.now() + 30_000; !condition() && performance.now() < end;) await setImmediate()
}

function countsOf ({ routes }: Frame): Record<string, Record<string, number>> {
  return Object.fromEntries(routes.map(({ method, route, classes }) => [`${method} ${route}`, Object.fromEntries(Object.entries(classes).map(([name, { count }]) => [name, count]))]))
}

t.test('a frame has each route by method and outcome; another second, another frame', async (t) => {
  const { app, frame } = await setup(t)
  for (const url of ['/items/1', '/items/2', '/items/3?x=1', '/broken', '/nowhere', '/also/nowhere', '/child', '/child/', '/events']) await app.inject(url)
  await app.inject({ method: 'HEAD', url: '/items/1' })
  await app.inject({ method: 'POST', url: '/items', payload: { name: 'shoe' } })
  await app.inject({ method: 'PUT', url: '/items' })
  const first = frame()
  t.strictSame(countsOf(first), {
    'GET /items/:id': { '2xx': 3 },
    'HEAD /items/:id': { '2xx': 1 },
    'POST /items': { '2xx': 1 },
    'PUT /items': { '2xx': 1 },
    'GET /broken': { '5xx': 1 },
    'GET /child': { '2xx': 2 },
    'GET /events': { stream: 1 },
    '* (unmatched)': { '4xx': 2 }
  })
  const items = first.routes.find(({ route, method }) => route === '/items/:id' && method === 'GET')!
  t.ok(Math.abs(quantileOf(bucketsIn(items.classes), 0.99) - 20) < 0.4)
  t.equal(items.classes['2xx']?.time, 60_000)
  t.equal(items.classes['2xx']?.responseBytes, 3 * 10, 'three bodies of {"item":1}')
  const post = first.routes.find(({ method }) => method === 'POST')!
  t.equal(post.classes['2xx']?.requestBytes, '{"name":"shoe"}'.length)
  t.strictSame(frame().routes, [])
  await app.inject({ method: 'POST', url: '/items', payload: { name: 'hat' } })
  t.match(frame().routes, [{ classes: { '2xx': { count: 1, time: 5000, requestBytes: '{"name":"hat"}'.length, responseBytes: 'stored'.length } } }], 'of that second alone')
})

t.test('requests in flight are seen, and those that hang are not lost', async (t) => {
  const open = Promise.withResolvers<string>()
  const { app, core, frame } = await setup(t, {}, (app) => { app.get('/slow', () => open.promise) })
  const answer = app.inject('/slow')
  await until(() => core.scopes.inFlight === 1)
  t.match(frame().routes, [{ route: '/slow', inFlight: 1, classes: {} }])
  t.match(frame().routes, [{ route: '/slow', inFlight: 1 }])
  open.resolve('at last')
  await answer
  t.match(frame().routes, [{ route: '/slow', inFlight: 0, classes: { '2xx': { count: 1 } } }])
})

t.test('refused requests are a class of their own, of the route that they were for', async (t) => {
  const refusal: Refusal = { by: 'shop', reason: 'closed', status: 503, retryAfter: () => 1 }
  const { app, frame } = await setup(t, {}, (_app, core) => {
    core.admission.add({ name: 'shop', order: 1, check: ({ req }) => req.headers['x-refuse'] === undefined ? undefined : refusal })
  })
  await app.inject({ url: '/items/1', headers: { 'x-refuse': '1' } })
  await app.inject({ url: '/nowhere', headers: { 'x-refuse': '1' } })
  await app.inject('/items/1')
  const last = frame()
  t.strictSame(countsOf(last), { '* (unmatched)': { refused: 1 }, 'GET /items/:id': { '2xx': 1, refused: 1 } })
  t.equal(last.requests.settled.refused, 2)
})

t.test('what a hook answers before the route\'s handler counts for the route', async (t) => {
  const { app, frame } = await setup(t, {}, (app) => { app.addHook('onRequest', (request, reply, done) => { if (request.url === '/items/9') reply.code(401).send('no'); else done() }) })
  await app.inject('/items/9')
  t.strictSame(countsOf(frame()), { 'GET /items/:id': { '4xx': 1 } })
})

t.test('a scope that neither a gate nor Fastify has put to a route is looked up', async (t) => {
  const { app, core, frame } = await setup(t, {})
  // As a gate does that drops what its client has left.
  app.server.prependListener('request', (req, res) => { core.scopeOf(req, res) })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const address = app.server.address()
  const socket = connect(typeof address === 'object' ? address!.port : 0, '127.0.0.1')
  socket.write('GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(socket, 'data')
  socket.destroy()
  await until(() => core.scopes.inFlight === 0)
  t.strictSame(countsOf(frame()), { '* (unmatched)': { '4xx': 1 } }, 'a bad URL, which no hook of Fastify\'s sees')
})

t.test('slow requests come with trace and request ids, bounded', async (t) => {
  const { app, frame } = await setup(t)
  const trace = '0af7651916cd43dd8448eb211c80319c'
  await app.inject({ url: '/items/1', headers: { traceparent: `00-${trace}-b7ad6b7169203331-01`, 'x-request-id': 'r'.repeat(500) } })
  for (let i = 0; i < 30; i++) await app.inject('/broken')
  const { slow } = frame()
  t.equal(slow.length, 10)
  t.match(slow[0], { method: 'GET', route: '/items/:id', outcome: '2xx', status: 200, ms: 20, traceId: trace })
  t.equal(slow[0]!.requestId.length, 100)
  t.equal(slow[1]!.traceId, '')
})

t.test('the application may say what the trace is; a function that fails or says nothing is passed over', async (t) => {
  const { app, frame } = await setup(t, { traceId: ({ url }) => { if (url === '/broken') throw new Error('no trace'); return url === '/items/1' ? 'own' : undefined } })
  const headers = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
  for (const url of ['/items/1', '/items/2', '/broken']) await app.inject({ url, headers })
  t.strictSame(frame().slow.map(({ traceId }) => traceId.slice(0, 4)).sort(), ['0af7', '0af7', 'own'])
})

t.test('a sample rate of 0 takes no samples and loses no count', async (t) => {
  const { app, frame } = await setup(t, { sampleRate: 0 })
  for (let i = 0; i < 50; i++) await app.inject('/broken')
  const last = frame()
  t.strictSame(last.slow, [])
  t.equal(countIn(last.routes[0]!.classes), 50)
})

t.test('the application\'s own figures are in frame and metrics', async (t) => {
  const { app, core, frame } = await setup(t, { figurePrefix: 'shop' })
  app.monitor.timer('render').record(12)
  app.monitor.counter('orders', 'Orders taken').add(3)
  app.monitor.gauge('queue_depth').set(7)
  t.strictSame(frame().figures.map(({ name, type, value }) => [name, type, value]), [['render', 'timer', 1], ['orders', 'counter', 3], ['queue_depth', 'gauge', 7]])
  let text = ''
  for await (const piece of core.metrics.render()) text += piece
  t.match(text, 'shop_render_seconds_count 1\n')
  t.match(text, '# HELP shop_orders_total Orders taken\n')
  t.match(text, 'shop_orders_total 3\n')
  t.match(text, 'shop_queue_depth 7\n')
})

t.test('any number of readers see the same: frames, scrapes and component take nothing from one another', async (t) => {
  const { app, core, frame } = await setup(t)
  const scrape = async (): Promise<string | undefined> => {
    let text = ''
    for await (const piece of core.metrics.render()) text += piece
    return /plimsoll_monitor_requests_total\{method="GET",route="\/items\/:id",class="2xx"\} (\d+)/.exec(text)?.[1]
  }
  await app.inject('/items/1')
  t.equal(await scrape(), '1')
  t.equal(await scrape(), '1')
  t.equal(countIn(frame().routes[0]!.classes), 1)
  await app.inject('/items/1')
  t.equal(await scrape(), '2')
  t.equal(countIn(frame().routes[0]!.classes), 1)
  t.match(core.components.view('monitor', 'monitor').snapshot, { enabled: true, routes: [{ method: 'GET', route: '/items/:id', counts: { '2xx': 2 }, inFlight: 0 }], figures: 0 })
})

t.test('frames begin when somebody subscribes: what was before is in no frame', async (t) => {
  const clock = fakeClock()
  const app = Fastify()
  const core = ensureCore(app, { clock })
  app.register(monitor)
  app.get('/', async () => 'hello')
  t.teardown(() => app.close())
  await app.inject('/')
  const leave = core.frames.subscribe(() => {})
  await app.inject('/')
  clock.advance(1000)
  t.equal(countIn(core.frames.latest!.routes[0]!.classes), 1)
  leave()
  await app.inject('/')
  core.frames.subscribe(() => {})
  clock.advance(1000)
  t.strictSame(core.frames.latest!.routes, [])
})

t.test('switched off by control it counts nothing, and what is in flight stays right', async (t) => {
  const { app, core, frame } = await setup(t)
  await core.components.runControl({ kind: 'monitor', name: 'monitor', control: 'enabled', argument: false, user: 'on-call' })
  await app.inject('/items/1')
  t.strictSame(frame().routes, [])
  t.strictSame(core.components.view('monitor', 'monitor').configuration['enabled'], { value: false, source: 'control' })
  await core.components.runControl({ kind: 'monitor', name: 'monitor', control: 'enabled', argument: true, user: 'on-call' })
  await app.inject('/items/1')
  t.match(frame().routes, [{ inFlight: 0, classes: { '2xx': { count: 1 } } }])
  t.strictSame(core.components.view('monitor', 'monitor').configuration['enabled'], { value: true, source: 'default' })
  t.equal(core.components.healthOf(core.components.get('monitor', 'monitor')!).status, 'ok')
})

t.test('upstream calls are in the frame, unless switched off', async (t) => {
  const upstream = Fastify()
  upstream.get('/', async () => 'upstream')
  await upstream.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => upstream.close())
  const origin = upstream.listeningOrigin
  for (const [upstreams, expected] of [[true, 1], [false, 0]] as const) {
    const { app, frame } = await setup(t, { upstreams })
    await (await fetch(origin)).text()
    const seen = frame().upstreams.filter((upstream) => upstream.origin === origin)
    t.equal(countIn(seen[0]?.classes ?? {}), expected)
    await app.close()
  }
})

t.test('a history is kept where the option asks for it', async (t) => {
  for (const [history, kept] of [[false, false], [true, true], [{ seconds: 600 }, true]] as const) {
    const { app, core } = await setup(t, { history })
    t.equal(core.frames.history !== undefined, kept)
    await app.close()
  }
})

t.test('registered twice it is refused', async (t) => {
  const twice = Fastify()
  twice.register(monitor)
  twice.register(monitor)
  await t.rejects(async () => { await twice.ready() }, { code: 'PLM_MONITOR_REGISTERED_TWICE' })
})

t.test('after close nothing is left: no timer, no listener, no figures', async (t) => {
  const { app, core, clock } = await setup(t, { history: true, exporters: [{ name: 'x', intervalMs: 1000, export () {} }] })
  await app.close()
  t.equal(clock.pending, 0)
  t.equal(core.components.get('monitor', 'monitor'), undefined)
})
