import Fastify from 'fastify'
import t from 'tap'
import { ensureCore } from '@plimsoll/core'
import type { RequestScope, SettleReason } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'

t.test('observers are told of each request\'s end once, ahead of its listeners; one that throws harms nobody', async (t) => {
  const app = Fastify()
  const core = ensureCore(app, { clock: fakeClock() })
  const told: string[] = []
  app.addHook('onRequest', async (request, reply) => { core.scopeOf(request.raw, reply.raw).watch({ settled: () => told.push('listener') }, undefined) })
  app.get('/', async () => 'hello')
  t.teardown(() => app.close())
  core.scopes.observe(() => { throw new Error('no patience') })
  const leave = core.scopes.observe((_scope: RequestScope, reason: SettleReason) => { told.push(reason) })
  await app.inject('/')
  t.strictSame(told, ['completed', 'listener'])
  t.equal(core.journal.entries().filter(({ event }) => event === 'scope-listener-failed').length, 1)
  leave()
  await app.inject('/')
  t.strictSame(told, ['completed', 'listener', 'listener'])
  for (let i = 1; i < 20; i++) core.scopes.observe(() => {})
  t.throws(() => core.scopes.observe(() => {}), { name: 'RangeError', message: /at most 20 observers/ })
})

t.test('a hook says which route Fastify has chosen, and no class changes it', async (t) => {
  const app = Fastify()
  const core = ensureCore(app)
  const seen: unknown[] = []
  app.addHook('onRequest', async (request, reply) => {
    const scope = core.scopeOf(request.raw, reply.raw)
    seen.push(scope.routed)
    scope.routeTo(core.routes.recordOf(request))
    core.priorities.classify(scope)
    seen.push(scope.routed, scope.route?.url)
  })
  app.route({ method: ['PUT', 'POST'], url: '/items/:id', handler: async () => 'x' })
  app.register(async (child) => { child.get('/', async () => 'child') }, { prefix: '/child' })
  t.teardown(() => app.close())
  for (const [method, url] of [['PUT', '/items/1'], ['POST', '/items/2'], ['GET', '/child'], ['GET', '/child/'], ['GET', '/nowhere']] as const) {
    await app.inject({ method, url })
    await app.inject({ method, url })
  }
  t.strictSame(seen.filter((_, i) => i % 3 === 2), ['/items/:id', '/items/:id', '/items/:id', '/items/:id', '/child', '/child', '/child', '/child', undefined, undefined])
  t.strictSame([...new Set(seen.filter((_, i) => i % 3 === 0))], [false])
  t.strictSame([...new Set(seen.filter((_, i) => i % 3 === 1))], [true])
})

t.test('a route that core knows nothing of has no record, and is not looked for again', async (t) => {
  const app = Fastify()
  const core = ensureCore(app)
  t.teardown(() => app.close())
  await app.ready()
  const config = {}
  t.equal(core.routes.recordOf({ routeOptions: { url: '/elsewhere', method: ['GET'], config } }), undefined)
  t.equal(core.routes.recordOf({ routeOptions: { url: '/elsewhere', method: 'GET', config } }), undefined)
})

t.test('refusals are told as they are given', async (t) => {
  const app = Fastify()
  const core = ensureCore(app)
  t.teardown(() => app.close())
  const refusal = { by: 'shop', reason: 'closed', status: 503, retryAfter: () => 1 }
  core.admission.add({ name: 'shop', order: 1, check: () => refusal })
  const told: unknown[] = []
  const leave = core.admission.refusals.observe((given) => told.push(given))
  await app.inject('/')
  leave()
  await app.inject('/')
  t.strictSame(told, [refusal])
})

t.test('nothing listens for the end of a request that nobody watches', async (t) => {
  const app = Fastify()
  const core = ensureCore(app)
  const seen: unknown[] = []
  app.addHook('onRequest', async (request, reply) => {
    const listeners = reply.raw.listenerCount('close')
    const scope = core.scopes.lazily(request.raw, reply.raw)
    seen.push(reply.raw.listenerCount('close') - listeners, Object.hasOwn(reply.raw, 'writeHead'), core.scopes.inFlight)
    if (request.url === '/watched') scope.watch({ settled: (_scope, reason) => { seen.push(reason) } }, undefined)
    if (request.url === '/late') reply.raw.on('finish', () => { setImmediate(() => seen.push(scope.settled, scope.workDone)) })
  })
  app.get('/:word', async () => 'x')
  t.teardown(() => app.close())
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const ask = async (path: string, over: () => boolean): Promise<unknown[]> => {
    seen.length = 0
    await (await fetch(address + path)).text()
    while (!over()) await new Promise((resolve) => { setImmediate(resolve) })
    return [...seen, core.scopes.inFlight, core.scopes.settled.completed]
  }
  t.strictSame(await ask('/looked-at', () => true), [0, false, 0, 0, 0])
  t.strictSame(await ask('/watched', () => seen.length > 3), [0, false, 0, 'completed', 0, 1], 'from then on')
  t.strictSame(await ask('/late', () => seen.length > 4), [0, false, 0, 'completed', true, 0, 2], 'who asks later is told how it ended')
  core.scopes.observe(() => {})
  t.strictSame(await ask('/observed', () => core.scopes.settled.completed > 2), [1, true, 1, 0, 3], 'observers are told of all requests')
})

t.test('who asks for frames has all requests counted', async (t) => {
  const app = Fastify()
  const core = ensureCore(app, { clock: fakeClock() })
  core.admission.add({ name: 'admits', order: 1, check: () => undefined })
  app.get('/', async () => 'x')
  t.teardown(() => app.close())
  await app.inject('/')
  t.equal(core.scopes.settled.completed, 0)
  const leave = core.frames.subscribe(() => {})
  await app.inject('/')
  t.equal(core.scopes.settled.completed, 1)
  leave()
  await app.inject('/')
  t.equal(core.scopes.settled.completed, 1)
})
