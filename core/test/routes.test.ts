import Fastify from 'fastify'
import t from 'tap'
import plimsoll, { ensureCore } from '@plimsoll/core'
import type { PlimsollWarning } from './warnings-of.ts'
import { warningsOf } from './warnings-of.ts'
import { classified } from './classes-at-the-gate.ts'

const critical = { config: { priority: 'critical' } } as const
const low = { config: { priority: 'low' } } as const
const batch = { config: { priority: 'batch' } } as const

t.test('without await, in the headline usage, the class of a route is right before routing', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.register(plimsoll)
  app.get('/checkout', critical, () => 'ok')
  app.get('/other', () => 'ok')
  const service = await classified(app)
  t.equal(await service.classOf('/checkout'), 'critical')
  t.equal(await service.classOf('/checkout?x=1'), 'critical')
  t.equal(await service.classOf('/checkout#x'), 'critical')
  t.equal(await service.classOf('/other'), 'normal')
  t.match((await service.send('/nowhere')).body, /Route GET:\/nowhere not found/, 'answered by Fastify')
  t.equal(service.classes.at(-1), 'low')
  t.equal(await service.classOf('/checkout', { method: 'POST' }), 'low', 'another method is another path')
})

t.test('routes that were registered before core, after it, in siblings and in children are all seen', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.get('/before', critical, () => 'ok')
  app.register(async (sibling) => { sibling.get('/sibling-before', critical, () => 'ok') })
  app.register(async (child) => {
    child.register(async (grandchild) => {
      grandchild.register(plimsoll)
      grandchild.get('/grandchild', critical, () => 'ok')
    })
    child.get('/child', critical, () => 'ok')
  }, { prefix: '/api' })
  app.register(async (sibling) => { sibling.get('/sibling-after', critical, () => 'ok') }, { prefix: '/v1/' })
  const service = await classified(app)
  for (const url of ['/before', '/sibling-before', '/api/child', '/api/grandchild', '/v1/sibling-after']) {
    t.equal((await service.send(url)).status, 200, url)
    t.equal(service.classes.at(-1), 'critical', url)
  }
})

t.test('prefixes: Fastify adds /prefix/ beside /prefix, and both have the class', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.register(plimsoll)
  app.register(async (child) => { child.get('/', critical, () => 'ok') }, { prefix: '/both' })
  app.register(async (child) => { child.get('', critical, () => 'ok') }, { prefix: '/empty' })
  app.register(async (child) => { child.get('/', { ...critical, prefixTrailingSlash: 'slash' }, () => 'ok') }, { prefix: '/slash' })
  app.register(async (child) => { child.get('/', { ...critical, prefixTrailingSlash: 'no-slash' }, () => 'ok') }, { prefix: '/none' })
  const service = await classified(app)
  for (const [url, status] of [['/both', 200], ['/both/', 200], ['/empty', 200], ['/empty/', 404], ['/slash/', 200], ['/slash', 404], ['/none', 200], ['/none/', 404]] as const) {
    t.equal((await service.send(url)).status, status, url)
    t.equal(service.classes.at(-1), status === 200 ? 'critical' : 'low', url)
  }
})

t.test('HEAD routes that Fastify exposes have the class of their GET route', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.register(plimsoll)
  app.get('/checkout', critical, () => 'ok')
  app.get('/no-head', { ...critical, exposeHeadRoute: false }, () => 'ok')
  const service = await classified(app)
  t.equal(await service.classOf('/checkout', { method: 'HEAD' }), 'critical')
  t.equal(await service.classOf('/no-head', { method: 'HEAD' }), 'low')
})

t.test('one route() call with several methods is one record', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const core = ensureCore(app)
  app.route({ method: ['PUT', 'POST'], url: '/items/:id', config: { priority: 'high' }, handler: () => 'ok' })
  const service = await classified(app)
  t.strictSame(core.routes.records.map(({ id, methods, url, config }) => ({ id, methods, url, config })), [{ id: 0, methods: ['PUT', 'POST'], url: '/items/:id', config: { priority: 'high' } }])
  t.equal(await service.classOf('/items/7', { method: 'PUT' }), 'high')
  t.equal(await service.classOf('/items/7', { method: 'POST' }), 'high')
})

t.test('versions and host constraints choose the route that Fastify chooses', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.register(plimsoll)
  app.get('/item', { ...critical, constraints: { version: '1.2.0' } }, () => 'v1')
  app.get('/item', { ...batch, constraints: { version: '2.0.0' } }, () => 'v2')
  app.get('/shop', { ...low, constraints: { host: 'a.example' } }, () => 'a')
  app.get('/shop', { ...critical, constraints: { host: /^b\.example$/ } }, () => 'b')
  app.get('/shop', batch, () => 'any')
  const service = await classified(app)
  t.equal(await service.classOf('/item', { headers: { 'accept-version': '1.x' } }), 'critical')
  t.equal(await service.classOf('/item', { headers: { 'accept-version': '2.x' } }), 'batch')
  t.equal(await service.classOf('/item', { headers: { 'accept-version': '3.x' } }), 'low', 'there is no such version')
  t.equal(await service.classOf('/shop', { headers: { host: 'a.example' } }), 'low')
  t.equal(await service.classOf('/shop', { headers: { host: 'b.example' } }), 'critical')
  t.equal(await service.classOf('/shop', { headers: { host: 'c.example' } }), 'batch')
})

t.test('variants by a constraint of the application\'s own making have the most important class', async (t) => {
  const storage = () => {
    const handlers = new Map<unknown, never>()
    return { get: (key: unknown) => handlers.get(key) ?? null, set: (key: unknown, handler: never) => { handlers.set(key, handler) } }
  }
  const app = Fastify({
    routerOptions: {
      constraints: { tenant: { name: 'tenant', storage, validate: () => true, deriveConstraint: (req) => String(req.headers['x-tenant']) } }
    }
  })
  t.teardown(() => app.close())
  app.register(plimsoll)
  app.get('/item', { ...batch, constraints: { tenant: 'a' } }, () => 'a')
  app.get('/item', { ...critical, constraints: { tenant: 'b' } }, () => 'b')
  app.get('/item', { ...low, constraints: { tenant: 'c' } }, () => 'c')
  app.get('/item', { constraints: { tenant: 'd' } }, () => 'd')
  const service = await classified(app)
  for (const tenant of ['a', 'b', 'c', 'd']) {
    const { body } = await service.send('/item', { headers: { 'x-tenant': tenant } })
    t.equal(body, tenant)
    t.equal(service.classes.at(-1), 'critical')
  }
})

t.test('the router\'s options are those of the application', async (t) => {
  // Fastify's types lack the semicolon.
  const semicolon: object = { useSemicolonDelimiter: true }
  const app = Fastify({ routerOptions: { ...semicolon, caseSensitive: false, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: 5 } })
  t.teardown(() => app.close())
  app.register(plimsoll)
  app.get('/Checkout/now', critical, () => 'ok')
  app.get('/items/:id', critical, () => 'ok')
  const service = await classified(app)
  for (const [url, status] of [['/checkout/NOW', 200], ['/checkout/now/', 200], ['//checkout//now', 200], ['/checkout/now;a=b', 200], ['/items/12345', 200], ['/items/123456', 414], ['/%', 400]] as const) {
    t.equal((await service.send(url)).status, status, url)
    t.equal(service.classes.at(-1), status === 200 ? 'critical' : 'low', url)
  }
})

t.test('a constraint counts for every spelling that the router takes for the same path', async (t) => {
  const app = Fastify({ routerOptions: { ignoreTrailingSlash: true } })
  t.teardown(() => app.close())
  app.register(plimsoll)
  app.get('/item', low, () => 'any')
  app.get('/item/', { ...critical, constraints: { host: 'a.example' } }, () => 'a')
  const service = await classified(app)
  for (const url of ['/item', '/item/']) {
    t.equal((await service.send(url, { headers: { host: 'a.example' } })).body, 'a', url)
    t.equal(service.classes.at(-1), 'critical', url)
    t.equal(await service.classOf(url, { headers: { host: 'b.example' } }), 'low', url)
  }
})

t.test('as they are in the router by default', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.register(plimsoll)
  app.get('/checkout', critical, () => 'ok')
  app.get('/files/*', critical, () => 'ok')
  const service = await classified(app)
  for (const [url, status] of [['/CHECKOUT', 404], ['/checkout/', 404], ['//checkout', 404], ['/%63heckout', 200], ['/files/a/b', 200]] as const) {
    t.equal((await service.send(url)).status, status, url)
    t.equal(service.classes.at(-1), status === 200 ? 'critical' : 'low', url)
  }
})

t.test('a config that a later onRoute hook replaces counts', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const core = ensureCore(app)
  app.addHook('onRoute', (route) => { route.config = { priority: 'high' } })
  app.get('/a', critical, () => 'ok')
  const service = await classified(app)
  t.equal(await service.classOf('/a'), 'high')
  t.equal(core.routes.records[0]?.config, core.routes.records[0]?.config, 'and is not made anew for every request')
})

t.test('methods that the application has added', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.register(plimsoll)
  app.addHttpMethod('PROPFIND', { hasBody: true })
  app.route({ method: ['PROPFIND', 'QUERY'], url: '/dav', ...critical, handler: () => 'ok' })
  const service = await classified(app)
  t.equal(await service.classOf('/dav', { method: 'PROPFIND' }), 'critical')
  t.equal(await service.classOf('/dav', { method: 'QUERY' }), 'critical')
})

t.test('an invalid class is refused where the route is registered', async (t) => {
  const code = 'PLM_CORE_INVALID_PRIORITY'
  const after = Fastify()
  t.teardown(() => after.close())
  ensureCore(after)
  t.throws(() => after.get('/a', { config: { priority: JSON.parse('"urgent"') } }, () => 'ok'), { code, message: /GET \/a is "urgent"; use one of system, critical/ })
  t.throws(() => after.get('/a', { config: { priority: JSON.parse('3') } }, () => 'ok'), { code, message: /is 3;/ })

  const before = Fastify()
  t.teardown(() => before.close())
  before.get('/a', { config: { priority: JSON.parse('"toString"') } }, () => 'ok')
  t.throws(() => ensureCore(before), { code })
})

t.test('an application without core may use config.priority as it likes', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.get('/a', { config: { priority: JSON.parse('1') } }, () => 'ok')
  t.equal((await app.inject('/a')).body, 'ok')
})

t.test('rewriteUrl', async (t) => {
  const service = (rewriting: boolean) => Fastify(rewriting ? { rewriteUrl: (req) => req.url === '/old' ? '/checkout' : req.url ?? '/' } : {})
  const run = async (rewriting: boolean, { gate, byFunction }: { gate: boolean, byFunction: boolean }): Promise<PlimsollWarning[]> => {
    const app = service(rewriting)
    t.teardown(() => app.close())
    app.register(plimsoll, byFunction ? { priority: () => 'high' } : {})
    app.get('/checkout', critical, () => 'ok')
    app.register(async (child) => { if (gate) ensureCore(child).admission.claimGate('load-shedder') })
    return await warningsOf(async () => { await app.ready() })
  }
  t.strictSame(await run(true, { gate: false, byFunction: false }), [], 'without a gate the class is asked after rewriting')
  t.match(await run(true, { gate: true, byFunction: false }), [{ name: 'PlimsollWarning', code: 'PLM_CORE_REWRITE_URL' }])
  t.strictSame(await run(true, { gate: true, byFunction: true }), [], 'a function sees the URL as it came')
  t.strictSame(await run(false, { gate: true, byFunction: false }), [])
})

t.test('without a gate, a rewritten URL has the class of the route that it is rewritten to', async (t) => {
  const app = Fastify({ rewriteUrl: () => '/checkout' })
  t.teardown(() => app.close())
  const classes: number[] = []
  ensureCore(app).admission.add({ name: 'witness', order: 1, check: ({ priority }) => { classes.push(priority); return undefined } })
  app.get('/checkout', critical, () => 'ok')
  await app.inject('/old')
  t.strictSame(classes, [1])
})
