import fastify from 'fastify'
import type { InjectOptions } from 'fastify'
import t from 'tap'
import { adminSpec } from '../../src/admin/admin-options.ts'
import { AdminSurface, MAX_ADMIN_ROUTES } from '../../src/admin/admin-surface.ts'
import { AUTH_TIMEOUT_MS, MAX_PENDING_AUTH } from '../../src/admin/authentication.ts'
import { bearerAuth } from '../../src/admin/bearer-auth.ts'
import { enabledControl } from '../../src/components.ts'
import { Journal } from '../../src/journal.ts'
import { fakeClock } from '../../src/testing/index.ts'
import { operatorSetup } from './operator-setup.ts'

const auth = bearerAuth({ tokens: [{ token: 'viewer-viewer-viewer', user: 'vic', role: 'viewer' }, { token: 'operator-operator', user: 'olga', role: 'operator' }] })
const asViewer = { authorization: 'Bearer viewer-viewer-viewer' }
const asOperator = { authorization: 'Bearer operator-operator', 'x-plimsoll-request': '1' }

t.test('the surface comes up without auth only in development and test', async (t) => {
  for (const environment of ['production', 'staging', '']) {
    t.throws(() => operatorSetup({}, { environment }), { code: 'PLM_CORE_ADMIN_AUTH_REQUIRED' }, environment)
  }
  for (const environment of ['development', 'test']) {
    const { app, journal } = operatorSetup({}, { environment })
    t.equal((await app.inject('/plimsoll/components')).statusCode, 200)
    t.match(journal.entries(), [{ component: 'admin', event: 'no-auth', severity: 'warning' }])
    await app.close()
  }
})

t.test('NODE_ENV is the process\'s own, unless told', async (t) => {
  const before = process.env['NODE_ENV']
  t.teardown(() => { process.env['NODE_ENV'] = before })
  const clock = fakeClock()
  const open = (): void => new AdminSurface({ root: fastify(), clock, journal: new Journal({ clock }) }).open(adminSpec.resolve({}).values)
  process.env['NODE_ENV'] = 'production'
  t.throws(open, { code: 'PLM_CORE_ADMIN_AUTH_REQUIRED' })
  process.env['NODE_ENV'] = 'test'
  t.doesNotThrow(open)
})

t.test('options are checked, and say what would be right', async (t) => {
  const wrong: ReadonlyArray<readonly [object, RegExp]> = [
    [{ prefix: 'ops' }, /begins with \//],
    [{ prefix: '/ops/' }, /begins with \//],
    [{ prefix: '/' }, /begins with \//],
    [{ prefix: `/${'x'.repeat(200)}` }, /begins with \//],
    [{ prefix: 1 }, /begins with \//],
    [{ port: -1 }, /0 to 65535/],
    [{ auth: 'secret' }, /give a function/],
    [{ prefix: '/ops', port: 1 }, /either prefix or port/],
    [{ prefx: '/ops' }, /did you mean prefix/]
  ]
  for (const [options, message] of wrong) t.throws(() => adminSpec.resolve(JSON.parse(JSON.stringify(options))), { code: 'PLM_CORE_INVALID_OPTION', message })
})

t.test('health is public and quick, and turns with readiness', async (t) => {
  const { app, lifeCycle } = operatorSetup({ prefix: '/ops', auth })
  t.teardown(() => app.close())
  t.equal((await app.inject('/ops/healthz')).body, '{"status":"alive"}')
  const ready = await app.inject('/ops/readyz')
  t.equal(ready.statusCode, 200)
  t.equal(ready.body, '{"status":"ready"}')
  lifeCycle.ready = false
  const draining = await app.inject('/ops/readyz')
  t.equal(draining.statusCode, 503)
  t.equal(draining.body, '{"status":"not ready"}', 'and does not tell the world why')
  t.equal((await app.inject('/ops/healthz')).statusCode, 200)
  t.equal((await app.inject({ url: '/ops/healthz', method: 'HEAD' })).statusCode, 200)
  t.match((await app.inject({ url: '/ops/health', headers: asViewer })).json(), { ready: false, reasons: [{ component: 'life-cycle' }] })
})

t.test('health can be private', async (t) => {
  const { app } = operatorSetup({ auth, publicHealth: false })
  t.teardown(() => app.close())
  t.equal((await app.inject('/plimsoll/healthz')).statusCode, 401)
  t.equal((await app.inject({ url: '/plimsoll/readyz', headers: asViewer })).statusCode, 200)
})

t.test('a viewer looks, an operator acts, and the journal knows who', async (t) => {
  const { app, components, journal, admin } = operatorSetup({ auth })
  t.teardown(() => app.close())
  let enabled = true
  let limit = 5
  components.register({
    kind: 'thing',
    name: 'http://upstream:80/a',
    snapshot: () => ({ size: 1 }),
    health: () => ({ status: 'ok' }),
    controls: { enabled: enabledControl({ get: () => enabled, set: (value) => { enabled = value } }), ping: { description: '', run: (argument) => argument === undefined ? 'nothing' : null } },
    tunables: { limit: { description: '', unit: 'requests', min: 1, max: 9, get: () => limit, set: (value) => { limit = value } } }
  })
  const url = `/plimsoll/components/thing/${encodeURIComponent('http://upstream:80/a')}`
  const post = (headers: Record<string, string>, payload: string | object): InjectOptions => ({ method: 'POST', url, headers, payload })
  t.match((await app.inject({ url, headers: asViewer })).json(), { kind: 'thing', name: 'http://upstream:80/a', snapshot: { size: 1 }, controls: { enabled: { value: true } }, tunables: { limit: { value: 5 } } })
  t.match((await app.inject({ url: '/plimsoll/components', headers: asViewer })).json(), { components: [{ kind: 'thing', health: { status: 'ok' } }] })

  t.equal((await app.inject(post(asViewer, { control: 'enabled', argument: false }))).statusCode, 403)
  t.equal(enabled, true)
  const ran = await app.inject(post(asOperator, { control: 'enabled', argument: false }))
  t.match(ran.json(), { component: 'thing/http://upstream:80/a', control: 'enabled', result: false })
  t.equal(enabled, false)
  t.match((await app.inject(post(asOperator, { control: 'ping' }))).json(), { result: 'nothing' })
  t.match((await app.inject(post(asOperator, { tunable: 'limit', value: 7 }))).json(), { tunable: 'limit', value: 7 })
  t.equal(limit, 7)
  t.match(journal.entries(), [{ message: 'olga ran enabled' }, {}, { message: 'olga set limit from 5 to 7 requests' }])

  const failures: ReadonlyArray<readonly [object | string, number, string]> = [
    [{ control: 'enabled', argument: 'no' }, 400, 'PLM_CORE_CONTROL_ARGUMENT'],
    [{ control: 'nothing' }, 404, 'PLM_CORE_UNKNOWN_COMPONENT'],
    [{ tunable: 'limit', value: 10 }, 400, 'PLM_CORE_TUNABLE_BOUNDS'],
    [{ tunable: 'limit', value: 5, control: 'enabled' }, 400, 'PLM_CORE_ADMIN_ARGUMENT'],
    [{}, 400, 'PLM_CORE_ADMIN_ARGUMENT'],
    [{ control: 'x'.repeat(20_000) }, 413, 'FST_ERR_CTP_BODY_TOO_LARGE']
  ]
  for (const [payload, status, code] of failures) {
    const answer = await app.inject(post(asOperator, payload))
    t.equal(answer.statusCode, status, code)
    t.equal(answer.json().error.code, code)
  }
  t.equal((await app.inject({ method: 'POST', url, headers: asOperator })).json().error.code, 'PLM_CORE_ADMIN_ARGUMENT', 'no body at all')
  t.equal((await app.inject({ url: '/plimsoll/components/thing/none', headers: asViewer })).statusCode, 404)
  t.strictSame(admin.refused, { unauthenticated: 0, forbidden: 1 })
})

t.test('a request that changes something comes from the surface\'s own origin', async (t) => {
  const { app, components } = operatorSetup({ auth })
  t.teardown(() => app.close())
  let runs = 0
  components.register({ kind: 'thing', name: 'one', snapshot: () => ({}), health: () => ({ status: 'ok' }), controls: { run: { description: '', run () { runs++ } } } })
  const post = async (headers: Record<string, string>): Promise<number> => (await app.inject({ method: 'POST', url: '/plimsoll/components/thing/one', headers: { ...headers, host: 'ops.example:8080' }, payload: { control: 'run' } })).statusCode
  const { authorization } = asOperator
  t.equal(await post({ authorization }), 403, 'without our header, as a form of another site sends it')
  t.equal(await post({ ...asOperator, 'sec-fetch-site': 'cross-site' }), 403)
  t.equal(await post({ ...asOperator, 'sec-fetch-site': 'same-site' }), 403)
  t.equal(await post({ ...asOperator, 'sec-fetch-site': 'none' }), 403)
  t.equal(await post({ ...asOperator, origin: 'https://evil.example' }), 403)
  t.equal(await post({ ...asOperator, origin: 'null' }), 403)
  t.equal(runs, 0)
  t.equal(await post(asOperator), 200, 'a program')
  t.equal(await post({ ...asOperator, origin: 'http://ops.example:8080' }), 200, 'an older browser')
  t.equal(await post({ ...asOperator, 'sec-fetch-site': 'same-origin', origin: 'https://behind-a-proxy.example' }), 200)
  t.equal(runs, 3)
})

t.test('the journal is read in pages', async (t) => {
  const { app, journal } = operatorSetup({ auth })
  t.teardown(() => app.close())
  for (let i = 0; i < 5; i++) journal.record({ component: 'x', event: `e${i}`, message: 'm' })
  const get = async (query: string): Promise<{ statusCode: number, json (): { latest: number, entries: Array<{ sequence: number }> } }> => await app.inject({ url: `/plimsoll/journal${query}`, headers: asViewer })
  const page = (await get('?after=1&limit=2')).json()
  t.equal(page.latest, 5)
  t.strictSame(page.entries.map(({ sequence }) => sequence), [2, 3])
  t.equal((await get('')).json().entries.length, 5)
  for (const wrong of ['?after=-1', '?after=x', '?limit=0', '?limit=1001', '?limit=1&limit=2', '?after=1e3', '?after=99999999999999999']) t.equal((await get(wrong)).statusCode, 400, wrong)
})

t.test('answers are what their schemas say', async (t) => {
  const { app, components, journal, admin } = operatorSetup({ auth })
  t.teardown(() => app.close())
  components.register({
    kind: 'thing',
    name: 'one',
    snapshot: () => ({}),
    health: () => ({ status: 'degraded', reason: 'x' }),
    configuration: () => ({ a: { value: 1, source: 'default' } }),
    controls: { c: { description: '', run () {} } },
    tunables: { t: { description: '', unit: 'ms', min: 0, max: 1, get () { throw new Error('x') }, set () {} } }
  })
  journal.record({ component: 'x', event: 'y', message: 'z' })
  let checked = 0
  for (const { method, url, schema } of admin.routes) {
    if (schema?.['response'] === undefined || method !== 'GET') continue
    const answer = await app.inject({ url: url === '/' ? '/plimsoll' : `/plimsoll${url}`.replace(':kind/:name', 'thing/one'), headers: asViewer })
    t.equal(answer.statusCode, 200, url)
    const checker = fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false } } })
    checker.post('/', { schema: { body: Object(schema['response'])[200] } }, async () => 'fits')
    t.equal((await checker.inject({ method: 'POST', url: '/', payload: answer.json() })).body, 'fits', url)
    checked++
  }
  t.equal(checked, 5)
})

t.test('every answer is closed to the world, whatever hooks the application has', async (t) => {
  const app = fastify()
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({ 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true', 'content-security-policy': 'default-src *', 'cache-control': 'max-age=60' })
  })
  // As an application does that brings zod or TypeBox.
  app.setValidatorCompiler(() => { throw new Error('not our schemas') })
  app.setSerializerCompiler(() => { throw new Error('not our schemas') })
  app.setErrorHandler((_error, _request, reply) => { reply.send('the application\'s own') })
  operatorSetup({ auth }, { app })
  t.teardown(() => app.close())
  for (const [url, headers] of [['/plimsoll/healthz', {}], ['/plimsoll/metrics', asViewer], ['/plimsoll/health', asViewer], ['/plimsoll/metrics', {}], ['/plimsoll/journal?limit=x', asViewer]] as const) {
    const answer = await app.inject({ url, headers })
    t.equal(answer.headers['access-control-allow-origin'], undefined, url)
    t.equal(answer.headers['access-control-allow-credentials'], undefined)
    t.match(answer.headers, { 'cache-control': 'no-store', 'content-security-policy': /default-src 'none'/, 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' })
    t.notMatch(answer.body, /the application's own/)
  }
  t.equal((await app.inject('/plimsoll/metrics')).headers['www-authenticate'], 'Bearer')
})

t.test('auth that throws, rejects, hangs, or answers nonsense lets nobody in, and is said once a minute', async (t) => {
  const answers: Record<string, () => unknown> = {
    throws () { throw new Error('ldap down') },
    async rejects () { throw new Error('ldap down') },
    nothing: () => undefined,
    no: () => null,
    yes: () => true,
    text: () => 'operator',
    half: () => ({ user: 'x' }),
    king: () => ({ user: 'x', role: 'king' }),
    nameless: () => ({ user: '', role: 'operator' }),
    number: () => ({ user: 1, role: 'operator' })
  }
  const { app, journal, clock, admin } = operatorSetup({ auth: async ({ headers }) => JSON.parse(JSON.stringify(await answers[String(headers['x-case'])]?.() ?? null)) })
  t.teardown(() => app.close())
  for (const name of Object.keys(answers)) t.equal((await app.inject({ url: '/plimsoll/metrics', headers: { 'x-case': name } })).statusCode, 401, name)
  t.equal(journal.entries().filter(({ event }) => event === 'auth-failed').length, 1)
  t.equal(admin.refused.unauthenticated, 10)
  clock.advance(60_000)
  await app.inject({ url: '/plimsoll/metrics', headers: { 'x-case': 'throws' } })
  t.equal(journal.entries().filter(({ event }) => event === 'auth-failed').length, 2)
})

t.test('auth that throws at once is a stranger too', async (t) => {
  const { app } = operatorSetup({ auth: () => { throw new Error('sync') } })
  t.teardown(() => app.close())
  t.equal((await app.inject('/plimsoll/metrics')).statusCode, 401)
})

t.test('auth that hangs is a no after 5 s, and no more than 100 requests wait for it', async (t) => {
  const asked: unknown[] = []
  const { app, clock } = operatorSetup({ auth: (request) => { asked.push(request); return new Promise(() => {}) } })
  t.teardown(() => app.close())
  await app.ready()
  const waiting = Array.from({ length: MAX_PENDING_AUTH }, async () => await app.inject('/plimsoll/metrics'))
  while (asked.length < MAX_PENDING_AUTH) await new Promise(setImmediate)
  t.match((await app.inject('/plimsoll/metrics')).json(), { error: { code: 'PLM_CORE_ADMIN_BUSY' } })
  t.equal((await app.inject('/plimsoll/readyz')).statusCode, 200, 'health does not wait')
  clock.advance(AUTH_TIMEOUT_MS)
  for (const answer of await Promise.all(waiting)) t.equal(answer.statusCode, 401)
  t.equal(clock.pending, 0)
})

t.test('other plugins add endpoints, before and after it opens, with headers, body and priority of their own', async (t) => {
  const { app, admin } = operatorSetup({ auth })
  t.teardown(() => app.close())
  app.register(async () => {
    admin.route({ method: 'GET', url: '/page', role: 'viewer', headers: { 'content-security-policy': "script-src 'self'" }, handler: (request, reply, { user }) => reply.type('text/html').send(`<p>${user} ${JSON.stringify(request.routeOptions.config)}`) })
    admin.route({ method: 'POST', url: '/upload', role: 'operator', bodyLimit: 50_000, handler: () => ({ ok: true }) })
    admin.route({ method: 'GET', url: '/open', role: 'public', handler: (_request, _reply, user) => user })
  }, { prefix: '/deep' })
  const page = await app.inject({ url: '/plimsoll/page', headers: asViewer })
  t.match(page.body, /^<p>vic .*"priority":"critical"/)
  t.equal(page.headers['content-security-policy'], "script-src 'self'")
  t.equal((await app.inject({ method: 'POST', url: '/plimsoll/upload', headers: asOperator, payload: { x: 'x'.repeat(40_000) } })).statusCode, 200)
  t.strictSame((await app.inject('/plimsoll/open')).json(), { user: 'anonymous', role: 'viewer' })
  t.match((await app.inject({ url: '/plimsoll', headers: asViewer })).json(), { endpoints: [{ url: '/healthz', role: 'public' }] })
})

t.test('a handler that fails tells the journal, not whoever asks', async (t) => {
  const { app, admin, journal } = operatorSetup({ auth })
  t.teardown(() => app.close())
  admin.route({ method: 'GET', url: '/bad', role: 'viewer', handler () { throw new Error('password is 123') } })
  admin.route({ method: 'GET', url: '/odd', role: 'viewer', async handler () { throw Object.assign(new Error('odd'), { statusCode: 200, code: 7 }) } })
  admin.route({ method: 'GET', url: '/text', role: 'viewer', async handler () { const thrown: unknown = 'text'; throw thrown } })
  admin.route({ method: 'GET', url: '/down', role: 'viewer', async handler () { throw Object.assign(new Error('text'), { statusCode: 502, code: 'EDOWN' }) } })
  for (const url of ['/bad', '/odd', '/text', '/down']) {
    const answer = await app.inject({ url: `/plimsoll${url}`, headers: asViewer })
    t.equal(answer.statusCode, 500)
    t.notMatch(answer.body, /123|odd|text/)
  }
  t.match(journal.entries(), [{ event: 'endpoint-failed', severity: 'error', message: 'GET /plimsoll/bad: password is 123' }, { message: /odd/ }, { message: /text/ }, {}])
})

t.test('bad, taken and too many endpoints are refused', async (t) => {
  const { app, admin } = operatorSetup({ auth })
  t.teardown(() => app.close())
  const route = (url: string): void => admin.route({ method: 'GET', url, role: 'viewer', handler: () => 1 })
  for (const wrong of ['metrics', '', '/a b', '/a/../b', '/é', '/metrics']) t.throws(() => route(wrong), { code: 'PLM_CORE_REGISTRATION_INVALID' }, wrong)
  for (let i = admin.routes.length; i < MAX_ADMIN_ROUTES; i++) route(`/n${i}`)
  t.throws(() => route('/more'), { code: 'PLM_CORE_REGISTRATION_INVALID', message: /number 201/ })
})

t.test('without an admin option nothing is served', async (t) => {
  const app = fastify()
  t.teardown(() => app.close())
  const clock = fakeClock()
  const admin = new AdminSurface({ root: app, clock, journal: new Journal({ clock }) })
  admin.route({ method: 'GET', url: '/x', role: 'public', handler: () => 1 })
  await admin.start()
  t.equal((await app.inject('/plimsoll/x')).statusCode, 404)
  t.equal(admin.isOpen, false)
  t.equal(admin.prefix, undefined)
  t.equal(admin.address, undefined)
  t.strictSame(admin.refused, { unauthenticated: 0, forbidden: 0 })
  await admin.close()
})
