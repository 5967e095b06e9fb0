import { connect, constants } from 'node:http2'
import type { Socket } from 'node:net'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import plimsoll, { ADMISSION_ORDER, ensureCore, MAX_DEGRADING } from '@plimsoll/core'
import type { AdmissionCheck, Core, DegradeHandler, Refusal, RequestScope } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'

const busy: Refusal = { by: 'limiter', reason: 'too-many', status: 429, retryAfter: () => 7 }
const refuseAll: AdmissionCheck = { name: 'limiter', order: ADMISSION_ORDER.rateLimit, check: () => busy }
const MESSAGE = 'refused by limiter: too-many'

function application (t: { teardown (task: () => unknown): void }, options: Parameters<typeof ensureCore>[1] = {}): { readonly app: FastifyInstance, readonly core: Core } {
  const app = Fastify()
  t.teardown(() => app.close())
  return { app, core: ensureCore(app, options) }
}

/** Whether the route of `url` has an onRequest hook of core's. */
async function hooksOf (app: FastifyInstance): Promise<string> {
  await app.ready()
  return app.printRoutes({ includeHooks: true, commonPrefix: false })
}

t.test('an application without checks has no hook and pays nothing', async (t) => {
  const { app } = application(t)
  app.get('/', () => 'ok')
  t.notMatch(await hooksOf(app), /plimsollAdmission/)
})

t.test('a check that is added in a child guards the contexts that exist already, their siblings, and unknown paths', async (t) => {
  const { app, core } = application(t)
  app.get('/root', () => 'ok')
  app.register(async (sibling) => { sibling.get('/before', () => 'ok') })
  app.register(async (child) => {
    core.admission.add(refuseAll)
    child.get('/child', () => 'ok')
  })
  app.register(async (sibling) => { sibling.get('/after', () => 'ok') })
  t.equal((await hooksOf(app)).match(/plimsollAdmission/g)?.length, 8, 'once a route, GET and HEAD')
  for (const url of ['/root', '/before', '/child', '/after', '/nowhere']) {
    const response = await app.inject(url)
    t.equal(response.statusCode, 429, url)
    t.equal(response.headers['retry-after'], '7')
    t.equal(response.headers['content-type'], 'application/json; charset=utf-8')
    t.strictSame(response.json(), { statusCode: 429, code: 'PLM_REFUSED', error: 'Too Many Requests', message: MESSAGE })
  }
})

t.test('checks run in their order, the first refusal ends it, and a check that leaves is not asked', async (t) => {
  const { app, core } = application(t)
  app.get('/', () => 'ok')
  const asked: string[] = []
  const check = (name: string, order: number, refusal?: Refusal): AdmissionCheck => ({ name, order, check: () => { asked.push(name); return refusal } })
  core.admission.add(check('load', ADMISSION_ORDER.load))
  const leave = core.admission.add(check('rate', ADMISSION_ORDER.rateLimit, busy))
  core.admission.add(check('first', 1))
  core.admission.add(check('second', 1))
  t.throws(() => core.admission.add(check('first', 5)), { code: 'PLM_CORE_CHECK_TAKEN' })
  t.equal((await app.inject('/')).statusCode, 429)
  t.strictSame(asked, ['first', 'second', 'rate'])
  leave()
  leave()
  t.equal((await app.inject('/')).statusCode, 200)
  t.strictSame(asked.slice(3), ['first', 'second', 'load'])
  t.strictSame(core.admission.checks.map(({ name }) => name), ['first', 'second', 'load'])
})

t.test('a check sees the class and the route of the request', async (t) => {
  const { app, core } = application(t)
  const seen: unknown[] = []
  core.admission.add({ name: 'witness', order: 1, check: ({ route, priority }) => { seen.push([route?.url, priority]); return undefined } })
  app.get('/checkout/:id', { config: { priority: 'critical' } }, () => 'ok')
  await app.inject('/checkout/1')
  await app.inject('/nowhere')
  t.strictSame(seen, [['/checkout/:id', 1], [undefined, 4]])
})

t.test('a check that throws admits, and the journal hears of it once in ten seconds', async (t) => {
  const clock = fakeClock()
  const { app, core } = application(t, { clock })
  app.get('/', () => 'ok')
  core.admission.add({ name: 'broken', order: 1, check: () => { throw new Error('a bug') } })
  core.admission.add(refuseAll)
  for (let i = 0; i < 100; i++) t.equal((await app.inject('/')).statusCode, 429, 'the next check is asked')
  t.equal(core.admission.failures, 100)
  const failures = () => core.journal.entries({ limit: 1_000 }).filter(({ event }) => event === 'admission-check-failed')
  t.match(failures(), [{ component: 'core', severity: 'error', message: 'the admission check broken threw and the request was admitted: Error: a bug (1 failures so far)' }])
  t.equal(failures().length, 1)
  clock.advance(10_000)
  await app.inject('/')
  t.match(failures()[1]?.message, /101 failures/)
})

t.test('a refusal in the hook passes the application\'s own onSend hooks, and counts', async (t) => {
  const { app, core } = application(t)
  app.register(plimsoll, { refusalHeaders: { 'x-static': 'yes' } })
  core.admission.addHeaders({ 'x-of-a-plugin': 'yes' })
  app.addHook('onSend', async (_request, reply) => { reply.header('x-sent', 'yes') })
  app.get('/', () => 'ok')
  let reason: string | undefined
  core.admission.add({ name: 'limiter', order: 1, check: (scope) => { scope.watch({ settled: (_scope, how) => { reason = how } }, undefined); return busy } })
  const response = await app.inject('/')
  t.match(response.headers, { 'x-static': 'yes', 'x-of-a-plugin': 'yes', 'x-sent': 'yes' })
  t.equal(reason, 'refused')
  t.equal(core.admission.refusals.total, 1)
})

t.test('Retry-After stays out of the hook\'s answer where there is nothing to say', async (t) => {
  const { app, core } = application(t)
  app.get('/', () => 'ok')
  core.admission.add({ ...refuseAll, check: () => ({ ...busy, retryAfter: () => 0 }) })
  t.equal((await app.inject('/')).headers['retry-after'], undefined)
})

t.test('in the hook, too, a 20 MB POST has its answer and is not read whole', async (t) => {
  const { app, core } = application(t)
  app.post('/', () => 'ok')
  core.admission.add(refuseAll)
  const sockets: Socket[] = []
  app.server.on('connection', (socket) => { sockets.push(socket) })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const response = await fetch(url, { method: 'POST', body: new Uint8Array(20 * 1_048_576) })
  t.equal(response.status, 429)
  t.equal(response.headers.get('connection'), 'close')
  t.match(await response.json(), { message: MESSAGE })
  await app.close()
  const read = sockets.reduce((sum, { bytesRead }) => sum + bytesRead, 0)
  t.ok(read > 0 && read < 2_000_000, `${read} bytes were read`)
})

t.test('in the hook, a long body of inject() and a short one of a connection are no matter', async (t) => {
  const { app, core } = application(t)
  app.post('/', () => 'ok')
  core.admission.add(refuseAll)
  t.equal((await app.inject({ method: 'POST', url: '/', payload: 'x'.repeat(100_000) })).statusCode, 429)
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const response = await fetch(url, { method: 'POST', body: 'x' })
  t.equal(response.headers.get('connection'), 'keep-alive')
})

t.test('in the hook of an HTTP/2 application', async (t) => {
  const app = Fastify({ http2: true })
  const core = Reflect.apply(ensureCore, undefined, [app])
  core.admission.add(refuseAll)
  app.post('/', () => 'ok')
  const session = connect(await app.listen({ port: 0, host: '127.0.0.1' }))
  t.teardown(async () => { session.destroy(); await app.close() })
  const stream = session.request({ ':method': 'POST', ':path': '/' })
  stream.write('a body that never ends')
  const status = await new Promise((resolve, reject) => {
    let status: unknown
    stream.on('response', (headers) => { status = headers[':status'] }).on('error', reject).on('close', () => resolve(status)).resume()
  })
  t.equal(status, 429)
  t.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR)
})

t.test('a gate', async (t) => {
  t.test('runs the checks itself: core\'s hook stays out', async (t) => {
    const { app, core } = application(t)
    app.get('/', () => 'ok')
    core.admission.add(refuseAll)
    t.equal(core.admission.gated, false)
    const leave = core.admission.claimGate('load-shedder')
    t.equal(core.admission.gated, true)
    t.throws(() => core.admission.claimGate('other'), { code: 'PLM_CORE_GATE_TAKEN', message: 'other cannot gate this application: load-shedder does already' })
    t.equal((await app.inject('/')).statusCode, 200)
    leave()
    t.equal((await app.inject('/')).statusCode, 429)
  })

  t.test('answers by admission.refuse(): counted, with the static headers', async (t) => {
    const { app, core } = application(t)
    app.register(plimsoll, { refusalHeaders: { 'x-static': 'yes' } })
    core.admission.claimGate('load-shedder')
    app.addHook('onRequest', async (request, reply) => {
      reply.hijack()
      core.admission.refuse(core.scopeOf(request.raw, reply.raw), busy)
    })
    app.get('/', () => 'ok')
    const response = await app.inject('/')
    t.equal(response.statusCode, 429)
    t.equal(response.headers['x-static'], 'yes')
    t.equal(core.admission.refusals.total, 1)
  })
})

t.test('a route with a degrade handler', async (t) => {
  const degraded = async (t: { teardown (task: () => unknown): void }, degrade: DegradeHandler): Promise<{ status: number, body: string, scope: RequestScope | undefined }> => {
    const { app, core } = application(t)
    let scope: RequestScope | undefined
    core.admission.add({ name: 'limiter', order: 1, check: (given) => { scope = given; return busy } })
    app.get('/', { config: { degrade } }, () => 'whole')
    const { statusCode, body } = await app.inject('/')
    return { status: statusCode, body, scope }
  }

  t.test('answers with what the handler returns, promises or sends', async (t) => {
    t.match(await degraded(t, () => 'cheap'), { status: 200, body: 'cheap', scope: { refusal: busy, settled: 'refused' } })
    t.match(await degraded(t, async () => ({ cheap: true })), { status: 200, body: '{"cheap":true}' })
    t.match(await degraded(t, (_request, reply, { reason }) => { reply.code(206).send(reason) }), { status: 206, body: 'too-many' })
    t.match(await degraded(t, (_request, reply) => reply.send('by reply')), { status: 200, body: 'by reply' })
    t.match(await degraded(t, async (_request, reply) => { await reply.send('sent'); return 'twice' }), { status: 200, body: 'sent' })
  })

  t.test('that was there before core was asked for hinders nobody', async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    app.get('/', { config: { degrade: () => 'cheap' } }, () => 'whole')
    ensureCore(app)
    t.equal((await app.inject('/')).body, 'whole')
  })

  t.test('is refused where the handler fails', async (t) => {
    t.match(await degraded(t, () => { throw new Error('a bug') }), { status: 429 })
    t.match(await degraded(t, async () => { throw new Error('a bug') }), { status: 429 })
    t.match(await degraded(t, (_request, reply) => { reply.send('sent'); throw new Error('too late') }), { status: 200, body: 'sent' })
  })

  t.test('is passed on by a gate, marked, and answered in core\'s hook without any check', async (t) => {
    const { app, core } = application(t)
    core.admission.claimGate('load-shedder')
    app.get('/', { config: { degrade: () => 'cheap' } }, () => 'whole')
    app.get('/plain', () => 'whole')
    app.server.prependListener('request', (req, res) => {
      const scope = core.scopeOf(req, res)
      core.priorities.classify(scope)
      if (req.headers['x-refuse'] === '1' && !core.admission.degrade(scope, busy)) scope.refusal = busy
    })
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const get = async (path: string, headers: Record<string, string>): Promise<string> => (await fetch(url + path, { headers })).text()
    t.equal(await get('/', {}), 'whole')
    t.equal(await get('/', { 'x-refuse': '1' }), 'cheap')
    t.equal(core.admission.degrading, 0)
    t.match(await get('/plain', { 'x-refuse': '1' }), MESSAGE, 'one that was marked without a handler is refused')
  })

  t.test('is refused when too many degraded answers are at work', async (t) => {
    const { app, core } = application(t)
    core.admission.add(refuseAll)
    let finish = (): void => {}
    const held = new Promise<string>((resolve) => { finish = () => resolve('cheap') })
    app.get('/', { config: { degrade: () => held } }, () => 'whole')
    await app.ready()
    const answers = Array.from({ length: MAX_DEGRADING + 5 }, async () => await app.inject('/'))
    await Promise.all(answers.slice(MAX_DEGRADING))
    t.equal(core.admission.degrading, MAX_DEGRADING)
    finish()
    const statuses = (await Promise.all(answers)).map(({ statusCode }) => statusCode)
    t.equal(statuses.filter(status => status === 200).length, MAX_DEGRADING)
    t.equal(statuses.filter(status => status === 429).length, 5)
    t.equal(core.admission.degrading, 0)
  })

  t.test('must be a function', async (t) => {
    const { app } = application(t)
    t.throws(() => app.get('/', { config: { degrade: JSON.parse('"cheap"') } }, () => 'ok'), { code: 'PLM_CORE_INVALID_DEGRADE', message: /GET \/ is "cheap"/ })
  })
})
