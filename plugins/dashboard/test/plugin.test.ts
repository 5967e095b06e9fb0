import { createHash } from 'node:crypto'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import plimsoll from '@plimsoll/core'
import Fastify from 'fastify'
import t from 'tap'
import dashboard from '../src/index.ts'
import { ASSETS, asOperator, asViewer, auth, eventsIn, figures, listen, openStream, second, until, watched, whilePassing } from './app.ts'

t.test('without an admin surface it says what to write, and the start fails', async (t) => {
  const app = Fastify()
  app.register(dashboard)
  await t.rejects(async () => await app.ready(), { code: 'PLM_DASHBOARD_NO_SURFACE', message: /app\.register\(plimsoll, \{ admin: \{ port: 9090, auth:/ })
  await app.close()
})

t.test('it may be registered before core, in a child, without await, and once', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.register(async (child) => { child.register(dashboard, { service: 'shop' }) }, { prefix: '/deep' })
  app.register(plimsoll, { admin: { auth } })
  await app.ready()
  t.equal((await app.inject({ url: '/plimsoll/dashboard', headers: asViewer })).statusCode, 302)
  const other = Fastify()
  other.register(dashboard)
  other.register(dashboard)
  await t.rejects(async () => await other.ready(), { code: 'PLM_DASHBOARD_REGISTERED_TWICE' })
})

t.test('a bad option is refused at register', async (t) => {
  const app = Fastify()
  app.register(dashboard, { history: 7 })
  await t.rejects(async () => await app.ready(), { code: 'PLM_DASHBOARD_INVALID_OPTION' })
})

t.test('while nobody looks no component is asked, no timer runs and no request pays', async (t) => {
  const { app, core, clock } = watched(t)
  let asked = 0
  core.components.register({ kind: 'thing', name: 'thing', snapshot: () => { asked++; return {} }, health: () => ({ status: 'ok' }) })
  const hooks: string[] = []
  const { addHook } = app
  app.addHook = new Proxy(addHook, {
    apply (target, self, given) {
      hooks.push(given[0])
      return Reflect.apply(target, self, given)
    }
  })
  app.get('/', async () => 'x')
  await app.ready()
  for (let i = 0; i < 20; i++) {
    await app.inject('/')
    await second(clock)
  }
  t.strictSame([asked, clock.pending], [0, 0])
  t.ok(hooks.includes('onClose'), 'and the test can tell')
  t.strictSame(hooks.filter((name) => !['onReady', 'onClose', 'onListen', 'preClose'].includes(name)), [])
  await whilePassing(clock, Promise.resolve(app.inject({ url: '/ops/api/performance/workers', headers: asViewer })))
  t.ok(asked > 0, 'and the test can tell')
  await second(clock, 11)
  const before = asked
  await second(clock, 20)
  t.strictSame([asked, clock.pending], [before, 0], 'again')
})

t.test('with the option history figures are gathered all the time', async (t) => {
  const { app, core, clock } = watched(t, { options: { history: 60 } })
  await app.ready()
  await second(clock, 5)
  t.ok(core.frames.latest !== undefined)
  t.ok((core.frames.history?.length ?? 0) >= 4)
})

t.test('the page knows who looks, and offers controls to operators where they are on', async (t) => {
  for (const [controls, headers, offered] of [[true, asOperator, 'true'], [true, asViewer, 'false'], [false, asOperator, 'false']] as const) {
    const { app } = watched(t, { options: { controls, service: 'the "shop"' } })
    const page = await app.inject({ url: '/ops/dashboard/', headers })
    t.match(page.body, `data-controls="${offered}"`)
    t.match(page.body, headers === asViewer ? 'data-user="vic" data-role="viewer"' : 'data-user="olga" data-role="operator"')
    t.match(page.body, 'data-service="the &quot;shop&quot;"')
    t.match(page.body, 'data-profiles="false"')
    t.match(page.body, 'data-session="false"')
    t.match((await app.inject({ url: '/ops/dashboard/', headers: { cookie: `x=1; plimsoll-token=${headers.authorization.slice(7)}` } })).body, 'data-session="true"', 'signed in here')
  }
})

t.test('the page and its files are sent with what lets a browser keep them, and nothing from elsewhere in', async (t) => {
  const { app } = watched(t)
  const page = await app.inject({ url: '/ops/dashboard/', headers: asViewer })
  t.match(page.headers, { 'content-type': /text\/html/, 'cache-control': 'no-store' })
  t.equal(page.headers['content-security-policy'], "default-src 'none'; script-src 'self'; style-src 'sha256-HASH'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'".replace('HASH', createHash('sha256').update(ASSETS.style).digest('base64')))
  for (const [accepted, decode] of [['gzip', gunzipSync], ['gzip, br', brotliDecompressSync]] as const) {
    const compressed = await app.inject({ url: '/ops/dashboard/', headers: { ...asViewer, 'accept-encoding': accepted } })
    t.equal(String(decode(compressed.rawPayload)), page.body, accepted)
    t.equal(compressed.headers.vary, 'accept-encoding')
  }
  const file = await app.inject({ url: '/ops/dashboard/assets/app-1.js', headers: { ...asViewer, 'accept-encoding': 'gzip, br' } })
  t.match(file.headers, { 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'private, max-age=31536000, immutable', vary: 'accept-encoding', 'content-encoding': 'br', 'x-content-type-options': 'nosniff' })
  t.strictSame(file.rawPayload, ASSETS.files.get('app-1.js')?.br)
  t.equal((await app.inject({ url: '/ops/dashboard/assets/icon-1.svg', headers: asViewer })).headers['content-encoding'], undefined)
  const missing = await app.inject({ url: '/ops/dashboard/assets/app-0.js', headers: asViewer })
  t.match(missing.json(), { error: { code: 'PLM_DASHBOARD_UNKNOWN_ASSET' } })
  t.equal(missing.headers['cache-control'], 'no-store')
  for (const name of ['..%2f..%2fpackage.json', 'constructor', 'manifest.json']) t.equal((await app.inject({ url: `/ops/dashboard/assets/${name}`, headers: asViewer })).statusCode, 404, name)
})

t.test('without the files of the page there is the API', async (t) => {
  const { app, clock } = watched(t, { built: false })
  t.match((await app.inject({ url: '/ops/dashboard/', headers: asViewer })).json(), { error: { code: 'PLM_DASHBOARD_ASSETS_MISSING' } })
  t.equal((await app.inject({ url: '/ops/dashboard/assets/app-1.js', headers: asViewer })).statusCode, 404)
  t.equal((await whilePassing(clock, Promise.resolve(app.inject({ url: '/ops/api/performance/workers', headers: asViewer })))).statusCode, 200)
})

t.test('it can be disabled from outside', async (t) => {
  process.env['PLIMSOLL_DISABLE'] = 'x, dashboard'
  t.teardown(() => { delete process.env['PLIMSOLL_DISABLE'] })
  const { app, core } = watched(t)
  t.match((await app.inject({ url: '/ops/dashboard/', headers: asViewer })).json(), { error: { code: 'PLM_DASHBOARD_DISABLED' } })
  t.equal(core.frames.history, undefined)
})

t.test('switching it off ends the streams', async (t) => {
  const setup = watched(t)
  const stream = await openStream(await listen(setup))
  await setup.core.components.runControl({ kind: 'dashboard', name: 'dashboard', control: 'enabled', argument: false, user: 'test' })
  await until(() => stream.text.endsWith('0\r\n\r\n'), 'the end of the stream')
  stream.socket.destroy()
})

t.test('its component and its metrics count viewers and what they are sent', async (t) => {
  const setup = watched(t)
  const { clock } = setup
  const port = await listen(setup)
  t.match(figures(setup), { enabled: true, viewers: 0, sentBytes: 0 })
  const scraped = async (): Promise<string> => (await setup.app.inject({ url: '/ops/metrics', headers: asViewer })).body
  t.match(await scraped(), /plimsoll_dashboard_open_streams 0/)
  const stream = await openStream(port)
  await second(clock)
  await until(() => eventsIn(stream, 'metrics').length > 0)
  t.match(figures(setup), { viewers: 1, refusedViewers: 0, droppedEvents: 0, sentBytes: Number, frames: { viewers: 1 } })
  t.match(await scraped(), /plimsoll_dashboard_open_streams 1\n[^]*plimsoll_dashboard_refused_viewers_total 0\n[^]*plimsoll_dashboard_sent_bytes_total [1-9]\d+\n[^]*plimsoll_dashboard_dropped_events_total 0/)
  stream.socket.destroy()
})

t.test('a second that can\'t be shown is written down once, and the next is shown', async (t) => {
  const setup = watched(t)
  const stream = await openStream(await listen(setup))
  const broken = t.capture(JSON, 'stringify', () => { throw new Error('broken') })
  await second(setup.clock, 3)
  broken.restore()
  await second(setup.clock)
  await until(() => eventsIn(stream, 'metrics').length === 1)
  t.match(setup.core.journal.entries().filter(({ event }) => event === 'view-failed'), [{ severity: 'error', message: /a second could not be shown: broken/ }])
  t.equal(setup.core.journal.entries().filter(({ event }) => event === 'view-failed').length, 1)
  stream.socket.destroy()
})

t.test('before the application is ready it has nothing to show', async (t) => {
  const setup = watched(t)
  let early: unknown
  setup.app.register(async () => {
    early = figures(setup)
    t.throws(() => setup.app.plimsoll.coordinator)
  })
  await setup.app.after()
  t.match(early, { enabled: true, viewers: 0, refusedViewers: 0, droppedEvents: 0, sentBytes: 0, frames: {} })
  const metrics: string[] = []
  for await (const text of setup.core.metrics.render()) metrics.push(text)
  t.match(metrics.join(''), /plimsoll_dashboard_open_streams 0/)
})

t.test('asked after the port is open and before the application is ready, it says that there is nothing yet', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(plimsoll, { admin: { port: 0, auth } })
  let status: number | undefined
  app.addHook('onReady', async () => {
    status = (await fetch(`${app.plimsoll.admin.address}/api/performance/workers`, { headers: asViewer })).status
  })
  app.register(dashboard)
  await app.ready()
  t.equal(status, 503)
})

t.test('its own routes are not shown among the application\'s', async (t) => {
  const setup = watched(t)
  setup.core.frames.addSource({ name: 'test', begin () {}, end () {}, collect: () => ({ routes: ['/', '/ops/dashboard/assets/:name', '/ops/api/performance/realtime', '/ops/metrics'].map((route) => ({ method: 'GET', route, inFlight: 0, classes: {} })) }) })
  await setup.app.ready()
  const answer = await whilePassing(setup.clock, Promise.resolve(setup.app.inject({ url: '/ops/api/performance/routes', headers: asViewer })))
  t.strictSame(answer.json().routes.map(({ route }: { readonly route: string }) => route), ['/', '/ops/metrics'])
})

t.test('when the application closes it lets go of everything by itself', async (t) => {
  const { app, core } = watched(t, { options: { history: 60 } })
  let kept: unknown = 'not asked'
  // After the dashboard's, and before core's, which would let go of it all.
  app.addHook('onClose', async () => { kept = [core.frames.history, core.components.get('dashboard', 'dashboard')] })
  await app.ready()
  t.ok(core.frames.history !== undefined)
  await app.close()
  t.strictSame(kept, [undefined, undefined])
})
