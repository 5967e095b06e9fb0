import Fastify from 'fastify'
import type { FastifyRequest, LightMyRequestResponse } from 'fastify'
import t from 'tap'
import { ensureCore } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import circuitBreaker from '../src/index.ts'
import { guardedApp, statuses, TOUCHY } from './guarded-app.ts'

const guarded = { config: { circuitBreaker: true } } as const

t.test('a guarded route that fails is refused with the true remaining time, then probed, then closed', async t => {
  const { app, clock } = guardedApp(t)
  let broken = true
  let calls = 0
  app.get('/pay/:id', guarded, async () => {
    calls++
    if (broken) throw new Error('the bank is down')
    return 'paid'
  })
  t.strictSame(await statuses(app, '/pay/1', 4), [500, 500, 503, 503])
  t.equal(calls, 2)
  clock.advance(1_500)
  const refused = await app.inject('/pay/2')
  t.equal(refused.statusCode, 503)
  t.match(refused.headers, { 'retry-after': '4', 'x-circuit-state': 'open', 'x-circuit-name': 'GET /pay/:id' })
  t.match(refused.json(), { statusCode: 503, code: 'PLM_CIRCUIT_BREAKER_OPEN', message: 'refused by circuit-breaker: circuit-open' })
  broken = false
  clock.advance(3_500)
  t.strictSame(await statuses(app, '/pay/1', 2), [200, 200])
  t.equal(app.circuitBreakers.get('GET /pay/:id').state, 'closed')
})

t.test('F3: the failure that opens the circuit keeps its own payload', async t => {
  const { app } = guardedApp(t, { consecutiveFailures: 1 })
  app.get('/', guarded, async () => { throw Object.assign(new Error('no rope left'), { statusCode: 507 }) })
  const opening = await app.inject('/')
  t.equal(opening.statusCode, 507)
  t.match(opening.json(), { message: 'no rope left' })
  t.equal((await app.inject('/')).statusCode, 503)
})

t.test('F4: an open circuit refuses ahead of parsing, validation and the handler', async t => {
  const { app } = guardedApp(t)
  const reached: string[] = []
  app.addHook('preParsing', async () => { reached.push('preParsing') })
  app.post('/', { ...guarded, schema: { body: { type: 'object', required: ['a'] } } }, async () => { reached.push('handler') })
  await app.ready()
  app.circuitBreakers.get('POST /').trip()
  const { statusCode, headers } = await app.inject({ method: 'POST', url: '/', payload: '{"broken', headers: { 'content-type': 'application/json' } })
  t.equal(statusCode, 503)
  t.equal(headers['x-circuit-name'], 'POST /')
  t.strictSame(reached, [])
})

t.test('F2: six hundred guarded routes each have a circuit of their own', async t => {
  const { app } = guardedApp(t, { consecutiveFailures: 1 })
  for (let i = 0; i < 600; i++) app.get(`/route-${i}`, guarded, async () => { if (i % 2 === 0) throw new Error('down') })
  const codes: number[][] = []
  for (let i = 0; i < 600; i++) {
    codes.push(await statuses(app, `/route-${i}`, 2))
  }
  t.strictSame(codes, Array.from({ length: 600 }, (_, i) => i % 2 === 0 ? [500, 503] : [200, 200]))
  t.equal(app.circuitBreakers.size, 600)
})

t.test('found however it was registered; a route that is not guarded has no hook', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  ensureCore(app, { clock: fakeClock() })
  const seen = new Map<string, unknown>()
  app.addHook('onRoute', options => { seen.set(options.url, options) })
  app.get('/before', guarded, async () => 'ok')
  app.get('/free', async () => 'ok')
  const ownHooks: string[] = []
  const own = async (request: FastifyRequest): Promise<void> => { ownHooks.push(request.url) }
  app.register(async sibling => { sibling.get('/sibling', { ...guarded, onRequest: own }, async () => 'ok') })
  app.register(async child => {
    child.register(circuitBreaker, TOUCHY)
    child.get('/child', { ...guarded, onRequest: [own] }, async () => 'ok')
  }, { prefix: '/api' })
  app.route({ method: ['GET', 'POST'], url: '/after', ...guarded, handler: async () => 'ok' })
  app.head('/head', guarded, async () => '')
  app.get('/off', { config: { circuitBreaker: false } }, async () => 'ok')
  await app.ready()
  for (const [url, name] of [['/before', 'GET /before'], ['/sibling', 'GET /sibling'], ['/api/child', 'GET /api/child'], ['/after', 'GET,POST /after']] as const) {
    t.equal((await app.inject(url)).statusCode, 200)
    const hold = app.circuitBreakers.get(name).isolate()
    t.equal((await app.inject(url)).statusCode, 503, url)
    t.equal((await app.inject({ method: 'HEAD', url })).statusCode, 503, 'HEAD is the same handler')
    hold.release()
  }
  t.strictSame([...app.circuitBreakers.values()].map(({ name }) => name).sort(), ['GET /api/child', 'GET /before', 'GET /sibling', 'GET,POST /after', 'HEAD /head'])
  t.strictSame(ownHooks, ['/sibling', '/sibling', '/sibling', '/api/child', '/api/child', '/api/child'], 'a route keeps its own hooks')
  for (const url of ['/free', '/off']) t.match(seen.get(url), { onRequest: undefined, preHandler: undefined })
})

t.test('an application that imported core too late has its routes guarded by their config', async t => {
  const { app } = guardedApp(t)
  // As if core had seen none of them.
  Object.defineProperty(app.plimsoll.routes, 'complete', { value: false })
  app.get('/pay', guarded, async () => { throw new Error('down') })
  app.get('/free', async () => { throw new Error('down') })
  app.get('/ok', guarded, async () => 'ok')
  t.strictSame(await statuses(app, '/pay', 3), [500, 500, 503])
  t.strictSame(await statuses(app, '/free', 3), [500, 500, 500])
  t.strictSame(await statuses(app, '/ok', 2), [200, 200])
  t.match(app.circuitBreakers.get('GET /ok').stats, { successes: 2, ignored: 0 })
  t.strictSame(await statuses(app, '/nowhere', 1), [404])
})

t.test('what a hook or the validation answers decides nothing, unless it fails itself: no circuit closes on it', async t => {
  const { app, clock } = guardedApp(t)
  let broken = true
  app.get('/:id', {
    config: { circuitBreaker: { name: 'one' } },
    schema: { params: { type: 'object', properties: { id: { type: 'integer' } } } },
    preHandler: async (request, reply) => {
      if (request.headers['x-token'] === 'none') await reply.code(401).send('who are you?')
      if (request.headers['x-token'] === 'broken') throw new Error('the users are away')
    }
  }, async () => {
    if (broken) throw new Error('down')
    return 'ok'
  })
  await statuses(app, '/1', 2)
  clock.advance(5_000)
  const breaker = app.circuitBreakers.get('one')
  t.strictSame(await statuses(app, '/text', 2), [400, 400])
  t.equal((await app.inject({ url: '/1', headers: { 'x-token': 'none' } })).statusCode, 401)
  t.equal(breaker.state, 'half-open')
  t.match(breaker.stats, { ignored: 3, successes: 0 })
  broken = false
  t.strictSame(await statuses(app, '/1', 1), [200])
  t.equal(breaker.state, 'closed')
  for (let i = 0; i < 2; i++) await app.inject({ url: '/1', headers: { 'x-token': 'broken' } })
  t.equal(breaker.state, 'open')
})

t.test('options of a route are laid over those of the plugin', async t => {
  const { app, clock } = guardedApp(t, { waitDurationInOpenState: 30_000 })
  app.get('/a', { config: { circuitBreaker: { consecutiveFailures: 1 } } }, async () => { throw new Error('down') })
  app.get('/b', guarded, async () => { throw new Error('down') })
  t.strictSame(await statuses(app, '/a', 2), [500, 503])
  t.strictSame(await statuses(app, '/b', 2), [500, 500])
  clock.advance(20_000)
  t.equal((await app.inject('/a')).headers['retry-after'], '10')
})

t.test('routes of one name share a circuit, which one of them may configure', async t => {
  const { app } = guardedApp(t)
  await app.after()
  app.get('/b', { config: { circuitBreaker: { name: 'bank' } } }, async () => 'ok')
  app.get('/a', { config: { circuitBreaker: { name: 'bank', consecutiveFailures: 1 } } }, async () => { throw new Error('down') })
  app.get('/c', { config: { circuitBreaker: { name: 'bank', consecutiveFailures: 1 } } }, async () => 'ok')
  t.throws(() => app.get('/d', { config: { circuitBreaker: { name: 'bank', consecutiveFailures: 7 } } }, async () => 'ok'), { code: 'PLM_CIRCUIT_BREAKER_ROUTE_OPTIONS' })
  t.strictSame([await statuses(app, '/a', 1), await statuses(app, '/b', 1), await statuses(app, '/c', 1)], [[500], [503], [503]])
})

t.test('a circuit for each key; no key, a bad one and one that throws take the circuit without', async t => {
  const { app } = guardedApp(t, { consecutiveFailures: 1 })
  const key = (request: { readonly headers: Readonly<Record<string, unknown>> }): string => {
    const tenant = request.headers['x-tenant']
    if (tenant === 'throw') throw new Error('no tenant')
    return String(tenant ?? '')
  }
  app.get('/', { config: { circuitBreaker: { key } } }, async request => {
    if (request.headers['x-tenant'] === 'bad\u00e9') throw new Error('down')
    return 'ok'
  })
  const ask = (tenant: string): Promise<LightMyRequestResponse> => app.inject({ url: '/', headers: { 'x-tenant': tenant } })
  t.equal((await ask('bad\u00e9')).statusCode, 500)
  const refused = await ask('bad\u00e9')
  t.equal(refused.statusCode, 503)
  t.equal(refused.headers['x-circuit-name'], 'GET //bad?')
  for (const tenant of ['good', 'throw', '', 'x'.repeat(300)]) t.equal((await ask(tenant)).statusCode, 200, tenant.slice(0, 10))
  t.strictSame([...app.circuitBreakers.values()].map(({ name }) => name.slice(0, 12)).sort(), ['GET /', 'GET //bad\u00e9', 'GET //good', 'GET //xxxxxx'])
})

t.test('filters say what an answer means', async t => {
  const { app } = guardedApp(t, {
    errorFilter: error => error instanceof Error && 'statusCode' in error && error.statusCode === 501 ? 'ignore' : 'failure',
    resultFilter: result => typeof result === 'object' && result !== null && 'statusCode' in result && result.statusCode === 429 ? 'failure' : 'success'
  })
  app.get('/:status', { config: { circuitBreaker: { name: 'one' } } }, async (request, reply) => {
    const { status } = request.params as { readonly status: string }
    return reply.code(Number(status)).send('')
  })
  await statuses(app, '/501', 5)
  await statuses(app, '/404', 5)
  t.match(app.circuitBreakers.get('one').stats, { ignored: 5, successes: 5, failures: 0 })
  t.strictSame(await statuses(app, '/429', 3), [429, 429, 503])
})

t.test('a handler that lets the refusal of an upstream through answers 503 with the time that is left', async t => {
  const { app, clock } = guardedApp(t)
  app.get('/', async () => await app.circuitBreakers.get('bank').execute(async () => 'paid'))
  await app.ready()
  app.circuitBreakers.get('bank').trip()
  clock.advance(1_900)
  const { statusCode, headers, body } = await app.inject('/')
  t.equal(statusCode, 503)
  t.equal(headers['retry-after'], '4')
  t.match(JSON.parse(body), { code: 'PLM_CIRCUIT_BREAKER_OPEN', message: 'circuit bank is open: the call was not made' })
})

t.test('a degrade handler answers for an open circuit', async t => {
  const { app } = guardedApp(t)
  app.get('/', { config: { circuitBreaker: true, degrade: (_request, _reply, refusal) => ({ cheap: refusal.reason, seconds: refusal.retryAfter() }) } }, async () => { throw new Error('down') })
  await statuses(app, '/', 2)
  const { statusCode, headers, body } = await app.inject('/')
  t.equal(statusCode, 200)
  t.equal(headers['x-circuit-state'], 'open')
  t.equal(body, '{"cheap":"circuit-open","seconds":5}')
})

t.test('a full bulkhead is refused with its own reason', async t => {
  const { app } = guardedApp(t)
  const release = Promise.withResolvers<string>()
  app.get('/', { config: { circuitBreaker: { maxConcurrentCalls: 1 } } }, () => release.promise)
  const first = app.inject('/').then(response => response.statusCode)
  await new Promise(setImmediate)
  const second = await app.inject('/')
  t.match(second.json(), { code: 'PLM_CIRCUIT_BREAKER_BULKHEAD_FULL' })
  t.equal(second.headers['retry-after'], '1')
  release.resolve('ok')
  t.equal(await first, 200)
  t.equal((await app.inject('/')).statusCode, 200)
})

t.test('what is wrong in a route is refused where the route is registered', async t => {
  const { app } = guardedApp(t)
  await app.after()
  const add = (circuitBreaker: unknown): void => { app.get('/', { config: { circuitBreaker: circuitBreaker as boolean } }, async () => 'ok') }
  for (const [given, message] of [
    [5, /GET \/: give true, false or an object/],
    [{ failureRateThreshold: Number.NaN }, /failureRateThreshold is NaN/],
    [{ failureRatThreshold: 1 }, /there is no such option; did you mean failureRateThreshold/],
    [{ name: '' }, /name is ""/],
    [{ key: 'tenant' }, /key is "tenant"/],
    [{ retry: {} }, /a route is not called again/]
  ] as const) t.throws(() => add(given), { code: 'PLM_CIRCUIT_BREAKER_ROUTE_OPTIONS', message })
  const late = Fastify()
  t.teardown(() => late.close())
  late.get('/', { config: { circuitBreaker: { timeout: -1 } } }, async () => 'ok')
  late.register(circuitBreaker)
  await t.rejects(async () => await late.ready(), { code: 'PLM_CIRCUIT_BREAKER_ROUTE_OPTIONS' })
})
