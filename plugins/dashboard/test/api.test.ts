import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { LocalStore } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import Fastify from 'fastify'
import t from 'tap'
import type { ComponentDetail, DashboardOptions } from '../src/index.ts'
import { heatRowOf } from '../src/view/heat.ts'
import { asOperator, asViewer, figures, second, until, watched, whilePassing } from './app.ts'
import type { WatchedApp } from './app.ts'
import { classes } from './frames.ts'

const API = '/ops/api/performance'

async function get<T> ({ app, clock }: WatchedApp, path: string): Promise<{ readonly status: number, readonly body: T }> {
  const answer = await whilePassing(clock, Promise.resolve(app.inject({ url: API + path, headers: asViewer })))
  return { status: answer.statusCode, body: answer.json() }
}

/** An application in which something has happened. */
async function eventful (t: Parameters<typeof watched>[0], options: DashboardOptions = {}): Promise<WatchedApp> {
  const setup = watched(t, { options })
  const { app, core } = setup
  core.frames.addSource({
    name: 'test',
    begin () {},
    end () {},
    collect: () => ({
      routes: [{ method: 'GET', route: '/items/:id', inFlight: 1, classes: classes({ '2xx': [9, 20], '5xx': [1, 5] }) }],
      upstreams: [{ origin: 'https://stock', inFlight: 0, classes: classes({ '2xx': [4, 10] }) }]
    })
  })
  core.components.register({ kind: 'alerts', name: 'alerts', snapshot: () => ({ alerts: [{ rule: 'memory', severity: 'warning', instance: core.frames.instance, startsAt: 5, summary: 'high' }], history: [{ rule: 'old' }], rules: [], silences: [], notifiers: [{ name: 'pager' }] }), health: () => ({ status: 'ok' }) })
  core.components.register({ kind: 'profiler', name: 'profiler', snapshot: () => ({ profiles: 2 }), health: () => ({ status: 'degraded', reason: 'busy' }), configuration: () => ({ secret: { value: '***', source: 'option' } }) })
  await app.ready()
  core.journal.record({ component: 'pool/db', event: 'full', severity: 'warning', message: 'full' })
  return setup
}

t.test('every endpoint answers what its schema says', async (t) => {
  const setup = await eventful(t)
  const { body: document } = await get<{ paths: Record<string, { get: { responses: Record<string, { content: Record<string, { schema: object }> }> } }>, components: { schemas: Record<string, object> } }>(setup, '/openapi.json')
  const checker = Fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false, strict: false } } })
  t.teardown(() => checker.close())
  const definitions = JSON.parse(JSON.stringify(document.components.schemas).replaceAll('#/components/schemas/', 'plimsoll#/definitions/'))
  checker.addSchema({ $id: 'plimsoll', definitions })
  const answers = Object.entries(document.paths).flatMap(([url, { get: { responses } }]) => {
    const schema = responses['200']?.content['application/json']?.schema
    return schema === undefined ? [] : [[url, JSON.parse(JSON.stringify(schema).replaceAll('#/components/schemas/', 'plimsoll#/definitions/'))] as const]
  })
  for (const [url, schema] of answers) checker.post(url, { schema: { body: schema } }, async () => 'fits')
  for (const [url] of answers) {
    const { status, body } = await get<object>(setup, url)
    t.equal(status, 200, url)
    t.equal((await checker.inject({ method: 'POST', url, payload: body })).body, 'fits', url)
  }
  t.equal(answers.length, 10)
  t.equal((await checker.inject({ method: 'POST', url: '/routes', payload: { of: 'all', from: 1, to: 2, routes: [{ method: 1 }] } })).statusCode, 400, 'the checker can tell')
})

t.test('the document refers to nothing that is not in it, and tells every endpoint', async (t) => {
  const setup = await eventful(t)
  const { body } = await get<{ components: { schemas: object }, paths: object }>(setup, '/openapi.json')
  for (const [, name] of JSON.stringify(body).matchAll(/"#\/components\/schemas\/(\w+)"/g)) t.ok(Object.hasOwn(body.components.schemas, name!), String(name))
  t.strictSame(Object.keys(body.paths).sort(), ['/alerts', '/components', '/configuration', '/heatmap', '/history', '/journal', '/profiles', '/realtime', '/routes', '/upstreams', '/workers'])
  t.strictSame(setup.core.admin.routes.map(({ url }) => url).filter((url) => url.startsWith('/api/performance')).map((url) => url.slice('/api/performance'.length)).sort(), [...Object.keys(body.paths), '/openapi.json'].sort())
})

t.test('figures of this second, of one instance or of all', async (t) => {
  const setup = await eventful(t)
  const { instance } = setup.core.frames
  t.match((await get(setup, '/workers')).body, { instances: [{ instance, self: true, state: 'live' }], silent: [] })
  for (const query of ['', `?instance=${encodeURIComponent(instance)}`]) {
    t.match((await get(setup, `/routes${query}`)).body, { routes: [{ method: 'GET', route: '/items/:id', requests: 10, errorShare: 0.1, time: 185 }] })
    t.match((await get(setup, `/upstreams${query}`)).body, { upstreams: [{ origin: 'https://stock', requests: 4 }] })
    const { components } = (await get<{ components: ComponentDetail[] }>(setup, `/components${query}`)).body
    t.match(components.find(({ kind }) => kind === 'profiler'), { instance, snapshot: { profiles: 2 }, health: { status: 'degraded' } })
    t.ok(components.length >= 4)
  }
  t.match((await get(setup, '/profiles')).body, { profiles: [{ kind: 'profiler', instance }] })
  t.match((await get(setup, '/alerts')).body, { alerts: [{ rule: 'memory', state: 'firing' }], history: [{ rule: 'old' }], notifiers: [{ name: 'pager' }] })
  for (const [path, nothing] of [['/routes', 'routes'], ['/components', 'components'], ['/alerts', 'alerts']] as const) t.strictSame((await get<{ [name: string]: unknown }>(setup, `${path}?instance=ghost`)).body[nothing], [])
})

t.test('without alerts there is nothing to tell of them', async (t) => {
  const setup = watched(t)
  await setup.app.ready()
  t.strictSame((await get(setup, '/alerts')).body, { alerts: [], history: [], rules: [], silences: [], notifiers: [] })
  t.strictSame((await get(setup, '/profiles')).body, { profiles: [] })
})

t.test('history is kept of what is gathered while somebody looks', async (t) => {
  const setup = await eventful(t)
  t.strictSame((await get<{ at: number[] }>(setup, '/history')).body.at, [])
  await get(setup, '/workers')
  await second(setup.clock, 3)
  const { body } = await get<{ at: number[], columns: Record<string, unknown[]>, heat: number[][], marks: object[] }>(setup, '/history')
  t.ok(body.at.length >= 3)
  t.equal(body.heat.length, body.at.length)
  t.equal(body.columns['loopUtilization']?.length, body.at.length)
  t.strictSame(body.heat[0], [heatRowOf(5000), 1, heatRowOf(20_000), 9])
  t.match(body.marks, [{ event: 'full', component: 'pool/db' }])
  const series = (await get<{ columns: object, heat?: unknown }>(setup, `/history?of=${encodeURIComponent('route:GET /items/:id')}`)).body
  t.ok('p99' in series.columns)
  t.equal(series.heat, undefined)
  t.ok('p99' in (await get<{ columns: object }>(setup, '/history?of=upstream:https://stock')).body.columns)
  t.ok('value' in (await get<{ columns: object }>(setup, '/history?of=figure:carts')).body.columns)
  t.equal((await get<{ heat: number[][] }>(setup, '/heatmap?step=2000')).body.heat[0]?.length, body.heat[0]?.length)
  t.strictSame((await get<{ heat: number[][] }>(setup, '/heatmap?of=figure:carts')).body.heat, [])
  const marksIn = async (range: string): Promise<number> => (await get<{ marks: object[] }>(setup, `/history?${range}`)).body.marks.length
  const { at } = setup.core.journal.entries()[0]!
  t.strictSame([await marksIn(`from=${at}&to=${at + 1}`), await marksIn(`from=${at + 1}`), await marksIn(`to=${at}`)], [1, 0, 0])
})

t.test('a range gives totals, rates over whole minutes', async (t) => {
  const setup = await eventful(t)
  await get(setup, '/workers')
  await second(setup.clock, 5)
  const { instance } = setup.core.frames
  t.match((await get(setup, '/routes?from=0')).body, { of: instance, from: Number, to: Number, routes: [{ route: '/items/:id', requests: 10, inFlight: 0 }] })
  t.match((await get(setup, `/routes?from=0&instance=${encodeURIComponent(instance)}`)).body, { of: instance, routes: [{ route: '/items/:id' }] })
  t.strictSame((await get<{ routes: unknown }>(setup, '/routes?from=0&instance=ghost')).body.routes, [], 'another\'s are not taken for it')
  t.match((await get(setup, `/upstreams?to=${Number.MAX_SAFE_INTEGER}`)).body, { upstreams: [{ origin: 'https://stock', requests: 4 }] })
})

t.test('another instance of the cluster is asked for its history', async (t) => {
  const clock = fakeClock()
  const store = new LocalStore(clock)
  t.teardown(() => { store.close() })
  const [a, b] = [watched(t, { clock, member: { id: 'a', store } }), watched(t, { clock, member: { id: 'b', store } })] as const
  await a.app.ready()
  await b.app.ready()
  await get(b, '/workers')
  await second(clock, 3)
  const own = (await b.app.inject({ url: `${API}/history`, headers: asViewer })).json()
  t.ok(own.at.length >= 3)
  t.strictSame((await a.app.inject({ url: `${API}/history?instance=b`, headers: asViewer })).json(), own)
  t.match((await a.app.inject({ url: `${API}/heatmap?instance=b`, headers: asViewer })).json(), { instance: 'b', at: own.at, heat: own.heat })

  await b.core.components.runControl({ kind: 'dashboard', name: 'dashboard', control: 'enabled', argument: false, user: 'olga' })
  const asked = get<{ at: number[] }>(a, '/history?instance=b')
  await until(() => JSON.stringify(figures(b)['history']).includes('"refused":1'))
  t.strictSame((await asked).body.at, [], 'one that is switched off keeps none')
})

t.test('the history of an instance that is not there, and the journal of another one, are not here', async (t) => {
  const setup = await eventful(t)
  await get(setup, '/workers')
  const { instance } = setup.core.frames
  t.strictSame((await get(setup, '/history?instance=ghost')).body, { instance, step: 1000, at: [], columns: {}, heat: [], marks: [] })
  t.strictSame((await get<{ heat?: unknown }>(setup, '/history?instance=ghost&of=figure:x')).body.heat, undefined)
  t.strictSame((await get(setup, '/heatmap?instance=ghost')).body, { instance, step: 1000, at: [], heat: [] })
  t.strictSame((await get<{ entries: unknown }>(setup, '/journal?instance=ghost')).body.entries, [])
  t.not((await get<{ at: unknown[] }>(setup, `/heatmap?instance=${encodeURIComponent(instance)}`)).body.at.length, 0)
})

t.test('the journal is read in pages, oldest first', async (t) => {
  const setup = await eventful(t)
  for (let i = 0; i < 5; i++) setup.core.journal.record({ component: 'x', event: `e${i}`, message: 'm' })
  const { body } = await get<{ latest: number, instance: string, entries: Array<{ event: string, sequence: number, instance: string }> }>(setup, '/journal?limit=2')
  t.strictSame(body.entries.map(({ event }) => event), ['e3', 'e4'])
  t.equal(body.entries[0]?.instance, body.instance)
  t.strictSame((await get<typeof body>(setup, `/journal?after=${body.latest - 1}`)).body.entries.map(({ sequence }) => sequence), [body.latest])
})

t.test('configuration is that of every component, secrets masked', async (t) => {
  const setup = await eventful(t)
  const { body } = await get<{ components: Array<{ kind: string, configuration: object }> }>(setup, '/configuration')
  t.strictSame(body.components.find(({ kind }) => kind === 'profiler')?.configuration, { secret: { value: '***', source: 'option' } })
  t.match(body.components.find(({ kind }) => kind === 'dashboard')?.configuration, { service: { value: 'service', source: 'default' } })
})

t.test('a wrong parameter is refused by name', async (t) => {
  const setup = watched(t)
  await setup.app.ready()
  for (const [path, name] of [['/history?from=-1', 'from'], ['/history?to=x', 'to'], ['/history?step=1e3', 'step'], ['/history?step=99999999999', 'step'], ['/history?from=1&from=2', 'from'], ['/history?of=route', 'of'], ['/history?of=route:GET', 'of'], ['/history?of=host:x', 'of'], ['/journal?limit=1001', 'limit'], ['/routes?instance=', 'instance'], [`/routes?instance=${'x'.repeat(301)}`, 'instance'], ['/workers?instance=a', undefined], ['/routes?instance=a&instance=b', 'instance']] as const) {
    const { status, body } = await get<{ error?: { code: string, message: string } }>(setup, path)
    t.equal(status, name === undefined ? 200 : 400, path)
    if (name !== undefined) t.match(body.error, { code: 'PLM_DASHBOARD_ARGUMENT', message: new RegExp(`parameter ${name} `) }, path)
  }
})

t.test('before the application is ready, while it is off and when it has no time there is an answer', async (t) => {
  const setup = watched(t)
  const { app, clock } = setup
  await app.ready()
  const control = async (enabled: boolean): Promise<number> => (await app.inject({ method: 'POST', url: '/ops/components/dashboard/dashboard', headers: { ...asOperator, 'x-plimsoll-request': '1' }, payload: { control: 'enabled', argument: enabled } })).statusCode
  t.equal(await control(false), 200)
  for (const path of ['/workers', '/history', '/realtime', '/configuration']) t.match((await get<object>(setup, path)), { status: 503, body: { error: { code: 'PLM_DASHBOARD_DISABLED' } } }, path)
  t.equal((await app.inject({ url: '/ops/dashboard/', headers: asViewer })).statusCode, 503)
  t.equal(setup.core.frames.history, undefined, 'and nothing is kept')
  t.match((await app.inject({ url: '/ops/components/dashboard/dashboard', headers: asViewer })).json(), { configuration: { enabled: { value: false, source: 'control' } } })
  await control(true)
  t.equal((await get(setup, '/workers')).status, 200)
  const waiting = app.inject({ url: `${API}/workers`, headers: asViewer })
  t.equal((await whilePassing(clock, Promise.resolve(waiting))).statusCode, 200)
})

t.test('what is large is sent compressed to who accepts it, and its figures are rounded', async (t) => {
  const setup = await eventful(t, { history: 600 })
  await second(setup.clock, 200)
  const raw = async (path: string, accepted: string): Promise<{ readonly headers: Record<string, unknown>, readonly rawPayload: Buffer }> => await setup.app.inject({ url: API + path, headers: { ...asViewer, 'accept-encoding': accepted } })
  const { headers, rawPayload } = await raw('/history', '')
  t.equal(headers['content-encoding'], undefined)
  t.match(headers, { vary: 'accept-encoding', 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' })
  t.notMatch(String(rawPayload), /\.\d{4}/)
  for (const [accepted, encoding, decode] of [['gzip', 'gzip', gunzipSync], ['gzip, br', 'br', brotliDecompressSync]] as const) {
    const compressed = await raw('/history', accepted)
    t.equal(compressed.headers['content-encoding'], encoding)
    t.ok(compressed.rawPayload.length < rawPayload.length / 5)
    t.strictSame(JSON.parse(String(decode(compressed.rawPayload))), JSON.parse(String(rawPayload)))
  }
  t.equal((await raw('/journal?limit=1', 'br')).headers['content-encoding'], undefined, 'not worth it')
})
