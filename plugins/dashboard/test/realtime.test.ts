import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import plimsoll, { ensureCore } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import Fastify from 'fastify'
import type { FastifyServerOptions } from 'fastify'
import t from 'tap'
import dashboard from '../src/index.ts'
import type { View } from '../src/index.ts'
import { MAX_VIEWERS } from '../src/server/live-views.ts'
import { asViewer, auth, eventsIn, figures, listen, openStream, second, until, watched } from './app.ts'
import type { Stream } from './app.ts'

const views = (stream: Stream): View[] => eventsIn<View>(stream, 'metrics')

t.test('a viewer sees a view a second, under strict headers', async (t) => {
  const setup = watched(t)
  const stream = await openStream(await listen(setup))
  for (let i = 1; i <= 3; i++) {
    await second(setup.clock)
    await until(() => views(stream).length === i)
  }
  const [first, next] = views(stream)
  t.equal(next!.id, first!.id + 1)
  t.match(first, { of: 'all', status: { level: 'ok' }, instances: [{ self: true }] })
  for (const header of ['content-type: text/event-stream; charset=utf-8', 'cache-control: no-store, no-transform', 'x-accel-buffering: no', 'x-content-type-options: nosniff', "content-security-policy: default-src 'none'"]) t.ok(stream.text.includes(header), header)
  t.notMatch(stream.text, /access-control/i)
  stream.socket.destroy()
  await until(() => figures(setup)['viewers'] === 0)
})

t.test('one that reconnects is given what it missed', async (t) => {
  const setup = watched(t)
  const port = await listen(setup)
  const stream = await openStream(port)
  await second(setup.clock)
  await until(() => views(stream).length === 1)
  stream.socket.destroy()
  await second(setup.clock, 5)
  const again = await openStream(port, { headers: { 'last-event-id': String(views(stream)[0]!.id) } })
  await until(() => views(again).length === 5)
  for (const odd of ['x', '-1', '1e3', '9'.repeat(30)]) {
    const other = await openStream(port, { headers: { 'last-event-id': odd } })
    await until(() => views(other).length === 1)
    other.socket.destroy()
  }
  again.socket.destroy()
})

t.test('a viewer whose socket does not read holds one event here, and others are not kept waiting', async (t) => {
  const setup = watched(t)
  // Events large enough to fill the buffers of the connection.
  setup.core.components.register({ kind: 'alerts', name: 'alerts', snapshot: () => ({ alerts: Array.from({ length: 50 }, (_, i) => ({ rule: `r${i}`, severity: 'warning', instance: 'a', startsAt: i, summary: 'x'.repeat(1000) })) }), health: () => ({ status: 'ok' }) })
  const port = await listen(setup)
  const stalled = await openStream(port)
  stalled.socket.pause()
  const reader = await openStream(port)
  let seen = 0
  let newest = 0
  let size = 0
  const next = async (): Promise<void> => {
    await second(setup.clock)
    await until(() => views(reader).length === 1)
    newest = views(reader)[0]!.id
    size = reader.text.length
    reader.text = ''
    seen++
  }
  while (figures(setup)['droppedEvents'] === 0) {
    await next()
    if (seen > 2000) throw new Error('a connection that takes 100 MB?')
  }
  // From here on it costs nothing: each newer event takes the place of the last. (After a minute it would be let go.)
  const { arrayBuffers } = process.memoryUsage()
  for (let i = 0; i < 40; i++) await next()
  t.ok(Number(figures(setup)['droppedEvents']) >= 39)
  t.ok(process.memoryUsage().arrayBuffers - arrayBuffers < 60 * size, 'no more than the replay that all share')
  stalled.socket.resume()
  await until(() => stalled.text.includes(`id: ${newest}\n`))
  t.ok(views(stalled).length < seen)
  stalled.socket.destroy()
  reader.socket.destroy()
})

t.test('200 may look; the next is refused with a code, and let in when one has left', async (t) => {
  const setup = watched(t)
  const port = await listen(setup)
  const streams: Stream[] = []
  for (let i = 0; i < MAX_VIEWERS; i++) streams.push(await openStream(port))
  const refused = await openStream(port)
  t.match(refused.text, /^HTTP\/1\.1 503 .*"PLM_DASHBOARD_TOO_MANY_VIEWERS"/s)
  refused.socket.destroy()
  streams[0]!.socket.destroy()
  await until(() => figures(setup)['viewers'] === MAX_VIEWERS - 1)
  const last = await openStream(port)
  t.match(last.text, /^HTTP\/1\.1 200/)
  for (const { socket } of [...streams, last]) socket.destroy()
})

t.test('a request for the head alone is answered and opens nothing', async (t) => {
  const setup = watched(t)
  const stream = await openStream(await listen(setup), { method: 'HEAD', headers: { connection: 'close' } })
  await until(() => stream.ended)
  t.match(stream.text, /^HTTP\/1\.1 200 OK[^]*text\/event-stream/)
  t.match(figures(setup), { viewers: 0 })
  t.equal(setup.clock.pending, 0)
})

t.test('the application closes at once with streams open, also on a port of its own', async (t) => {
  for (const admin of [{ prefix: '/ops', auth }, { port: 0, auth }]) {
    const { app, core, clock } = watched({ teardown () {} }, { admin, app: Fastify({ forceCloseConnections: 'idle' }) })
    await app.listen({ host: '127.0.0.1', port: 0 })
    const port = core.admin.address === undefined ? (app.server.address() as AddressInfo).port : Number(new URL(core.admin.address).port)
    const streams = await Promise.all(Array.from({ length: 5 }, async () => await openStream(port, { path: `${core.admin.prefix}/api/performance/realtime` })))
    await second(clock)
    await until(() => streams.every((stream) => views(stream).length === 1))
    await app.close()
    await until(() => streams.every(({ ended }) => ended))
    t.ok(streams.every(({ text }) => text.endsWith('\r\n0\r\n\r\n')), 'ended, not cut off')
    t.equal(clock.pending, 0)
  }
})

t.test('a stream leaves the limits of the application at its head', async (t) => {
  const setup = watched(t)
  // As a load shedder does.
  setup.app.addHook('onRequest', async (request, reply) => { setup.core.scopeOf(request.raw, reply.raw) })
  const stream = await openStream(await listen(setup))
  await second(setup.clock)
  await until(() => views(stream).length === 1)
  t.match(views(stream)[0]?.traffic, { inFlight: 0 })
  t.equal(setup.core.scopes.openStreams, 1)
  stream.socket.destroy()
})

t.test('one instance can be looked at', async (t) => {
  const setup = watched(t)
  const port = await listen(setup)
  const stream = await openStream(port, { path: `/ops/api/performance/realtime?instance=${encodeURIComponent(setup.core.frames.instance)}` })
  await second(setup.clock)
  await until(() => views(stream).length === 1)
  t.equal(views(stream)[0]?.of, setup.core.frames.instance)
  const wrong = await openStream(port, { path: '/ops/api/performance/realtime?instance=a&instance=b' })
  t.match(wrong.text, /^HTTP\/1\.1 400[^]*PLM_DASHBOARD_ARGUMENT/)
  stream.socket.destroy()
  wrong.socket.destroy()
})

t.test('headers that hooks have set are sent as well', async (t) => {
  const setup = watched(t)
  setup.app.addHook('onRequest', async (_request, reply) => { reply.headers({ 'x-served-by': 7, 'set-cookie': ['a=1', 'b=2'] }) })
  const stream = await openStream(await listen(setup))
  t.match(stream.text, /x-served-by: 7\r\n/)
  t.match(stream.text, /set-cookie: a=1\r\nset-cookie: b=2\r\n/)
  stream.socket.destroy()
})

t.test('who has gone while auth was asked takes no place', async (t) => {
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<void>()
  const setup = watched(t, {
    admin: {
      prefix: '/ops',
      async auth () {
        asked.resolve()
        await answer.promise
        return { user: 'vic', role: 'viewer' }
      }
    }
  })
  const port = await listen(setup)
  let gone = false
  setup.app.server.on('connection', (socket) => { socket.on('close', () => { gone = true }) })
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  socket.write('GET /ops/api/performance/realtime HTTP/1.1\r\nhost: x\r\n\r\n')
  await asked.promise
  socket.destroy()
  await until(() => gone)
  answer.resolve()
  await second(setup.clock)
  t.equal(figures(setup)['viewers'], 0)
  t.equal(setup.clock.pending, 0)
})

t.test('over HTTP/2 it is the same', async (t) => {
  const options: FastifyServerOptions = Object.assign({ http2: true })
  const app = Fastify(options)
  const clock = fakeClock()
  const core = ensureCore(app, { clock })
  app.register(plimsoll, { admin: { prefix: '/ops', auth } })
  app.register(dashboard)
  t.teardown(async () => { await app.close() })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const session = connectHttp2(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`)
  const request = session.request({ ':path': '/ops/api/performance/realtime', ...asViewer })
  const stream = { text: '' }
  request.setEncoding('utf8').on('data', (data) => { stream.text += data }).on('error', () => {})
  await until(() => stream.text.includes('retry'))
  await second(clock)
  await until(() => eventsIn(stream, 'metrics').length === 1)
  t.equal(figures({ core })['viewers'], 1)
  request.close()
  await until(() => figures({ core })['viewers'] === 0)
  session.destroy()
})
