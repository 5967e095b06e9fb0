import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import { Server as SocketIo } from 'socket.io'
import t from 'tap'
import loadShedder from '../src/index.ts'
import { exchange, portOf, testApp, until } from './app.ts'
import { FixedLimit } from './fixed-limit.ts'

t.test('HTTP/1.1 keep-alive: requests wait for a permit and are answered', async t => {
  const { app, listen, held } = testApp({}, {}, new FixedLimit({ limit: 1 }))
  t.teardown(() => app.close())
  const origin = await listen()
  const first = fetch(`${origin}/held`)
  await until(() => held.length === 1)
  const second = fetch(`${origin}/`)
  await until(() => app.loadShedder.gate.queued === 1)
  held[0]?.()
  t.equal(await (await first).text(), 'held')
  t.equal(await (await second).text(), 'root')
  await until(() => app.loadShedder.gate.inFlight === 0)
})

t.test('pipelined requests are answered in their order, the refused one in the middle as well', async t => {
  const { app, listen, held } = testApp({ priority: req => req.url === '/low' ? 'low' : 'critical' })
  t.teardown(() => app.close())
  const origin = await listen()
  app.loadShedder.forceOn('critical')
  const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`
  const answer = exchange(origin, get('/held') + get('/low') + get('/', 'Connection: close\r\n'))
  await until(() => held.length === 1 && app.loadShedder.gate.stats.refused[4] === 1)
  held[0]?.()
  t.strictSame([...(await answer).matchAll(/HTTP\/1.1 (\d+)|(?:\r\n)(held|root)$/gm)].map(match => match[1] ?? match[2]), ['200', '503', '200', 'root'])
  t.match(await answer, /held[^]*503[^]*root/)
})

t.test('h2c: admitted and refused', async t => {
  const app = Fastify({ http2: true })
  app.register(loadShedder)
  app.get('/', async () => 'root')
  t.teardown(() => app.close())
  const session = connectHttp2(await app.listen({ port: 0, host: '127.0.0.1' }))
  t.teardown(() => session.close())
  const status = async (): Promise<unknown> => {
    const stream = session.request({ ':path': '/' })
    const [headers] = await once(stream, 'response')
    stream.resume()
    await once(stream, 'end')
    return headers[':status']
  }
  t.equal(await status(), 200)
  app.loadShedder.forceOn()
  t.equal(await status(), 503)
  session.close()
})

t.test('Expect: 100-continue is answered 100 only when the request is started, and 503 without 100 when refused', async t => {
  const { app, listen } = testApp()
  t.teardown(() => app.close())
  const origin = await listen()
  const expecting = 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n'
  t.match(await exchange(origin, expecting, answer => answer.includes('100 Continue')), /^HTTP\/1.1 100 Continue/)
  app.loadShedder.forceOn()
  const refused = await exchange(origin, expecting)
  t.match(refused, /^HTTP\/1.1 503/)
  t.notMatch(refused, /100 Continue/)
})

t.test("an application's own checkContinue listener is called from the gate", async t => {
  const { app, listen } = testApp()
  t.teardown(() => app.close())
  app.server.on('checkContinue', (_req: IncomingMessage, res: ServerResponse) => { res.writeHead(417, { connection: 'close' }).end() })
  const origin = await listen()
  const expecting = 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n'
  t.match(await exchange(origin, expecting), /^HTTP\/1.1 417/)
  app.loadShedder.forceOn()
  t.match(await exchange(origin, expecting), /^HTTP\/1.1 503/)
})

t.test("listen({ host: 'localhost' }): both addresses stand behind the gate", async t => {
  const { app } = testApp()
  t.teardown(() => app.close())
  await app.listen({ port: 0, host: 'localhost' })
  app.loadShedder.forceOn()
  for (const host of ['127.0.0.1', '[::1]']) {
    const origin = `http://${host}:${portOf(app)}`
    const status = await fetch(origin).then(({ status }) => status, () => 'not listening')
    t.ok(status === 503 || (host === '[::1]' && status === 'not listening'), `${host}: ${status}`)
  }
  t.equal(app.addresses().length, app.loadShedder.gate.stats.refused[3], 'as many as Fastify says that it listens on')
})

t.test("a second server with Fastify's own listener is gated when it begins to listen, as that of localhost is", async t => {
  const { app, listen } = testApp()
  t.teardown(() => app.close())
  await listen()
  const second = createServer((req, res) => app.routing(req, res))
  second.removeAllListeners('request').on('request', app.routing)
  second.listen(0, '127.0.0.1')
  t.teardown(() => second.close())
  await once(second, 'listening')
  app.loadShedder.forceOn()
  const address = second.address()
  t.equal((await fetch(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`)).status, 503)
  second.closeAllConnections()
})

t.test('servers of others that begin to listen are left alone', async t => {
  const { app, listen } = testApp()
  t.teardown(() => app.close())
  await listen()
  const other = createServer().listen(0, '127.0.0.1')
  t.teardown(() => other.close())
  await once(other, 'listening')
  t.equal(other.listenerCount('connection'), createServer().listenerCount('connection'))
})

t.test('socket.io attached before the application is ready: its requests and the rest pass the gate', async t => {
  const { app, listen } = testApp()
  const io = new SocketIo(app.server, { transports: ['polling'] })
  t.teardown(() => io.close())
  t.teardown(() => app.close())
  const origin = await listen()
  t.match(await (await fetch(`${origin}/socket.io/?EIO=4&transport=polling`)).text(), /^0\{"sid"/)
  t.equal((await fetch(origin)).status, 200)
  t.equal(app.loadShedder.gate.stats.arrived.reduce((sum, count) => sum + count), 2)
})

t.test('socket.io attached after the application is ready: the rest still passes the gate', async t => {
  const { app, listen } = testApp()
  t.teardown(() => app.close())
  const origin = await listen()
  const io = new SocketIo(app.server, { transports: ['polling'] })
  t.teardown(() => io.close())
  t.match(await (await fetch(`${origin}/socket.io/?EIO=4&transport=polling`)).text(), /^0\{"sid"/)
  app.loadShedder.forceOn()
  t.equal((await fetch(origin)).status, 503)
})

t.test('serverFactory: whatever listener it has put on its server is called from the gate', async t => {
  let seen = 0
  const { app, listen } = testApp({}, {
    serverFactory: handler => createServer((req, res) => {
      seen++
      handler(req, res)
    })
  })
  t.teardown(() => app.close())
  const origin = await listen()
  t.equal((await fetch(origin)).status, 200)
  app.loadShedder.forceOn()
  t.equal((await fetch(origin)).status, 503)
  t.equal(seen, 1)
})

t.test('two applications on one server object: each request passes one gate, and has the class of its own application', async t => {
  const server = createServer()
  const mount = (prefix: string) => (handler: RequestListener) => server.on('request', (req: IncomingMessage, res: ServerResponse) => {
    if (req.url?.startsWith(prefix) === true) handler(req, res)
  })
  const one = Fastify({ serverFactory: mount('/one') })
  const two = Fastify({ serverFactory: mount('/two') })
  for (const [app, prefix] of [[one, '/one'], [two, '/two']] as const) {
    app.register(loadShedder)
    app.get(prefix, { config: { priority: 'critical' } }, async () => prefix)
    await app.ready()
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  t.equal(await (await fetch(`${origin}/one`)).text(), '/one')
  t.equal(await (await fetch(`${origin}/two`)).text(), '/two')
  t.equal(two.loadShedder.gate.stats.arrived[1], 2)
  const abort = new AbortController()
  const unknown = fetch(`${origin}/three`, { signal: abort.signal })
  await until(() => two.loadShedder.gate.stats.arrived[4] === 1)
  abort.abort()
  await t.rejects(unknown)
  t.equal(one.loadShedder.gate.stats.arrived.reduce((sum, count) => sum + count), 0)
  await two.close()
  await one.close()
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

t.test('WebSocket through @fastify/websocket is untouched, up to the bound of open connections', async t => {
  const app = Fastify()
  app.register(loadShedder, { maxStreams: 1 })
  app.register(websocket)
  app.register(async app => { app.get('/ws', { websocket: true }, socket => { socket.on('message', message => socket.send(`echo ${String(message)}`)) }) })
  t.teardown(() => app.close())
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  app.loadShedder.forceOn()
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/ws`)
  await new Promise(resolve => socket.addEventListener('open', resolve))
  socket.send('hello')
  const message = await new Promise<MessageEvent>(resolve => socket.addEventListener('message', resolve))
  t.equal(message.data, 'echo hello')
  t.equal(app.loadShedder.gate.inFlight, 0)
  t.equal(app.loadShedder.gate.streams, 1)
  const upgrade = 'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'
  t.match(await exchange(origin, upgrade), /^HTTP\/1.1 503/)
  socket.close()
  await until(() => app.loadShedder.gate.streams === 0)
})

t.test('a client that aborts while it is queued is never served', async t => {
  const { app, listen, held } = testApp({}, {}, new FixedLimit({ limit: 1 }))
  t.teardown(() => app.close())
  const origin = await listen()
  const first = fetch(`${origin}/held`)
  await until(() => held.length === 1)
  const abort = new AbortController()
  const second = fetch(`${origin}/held`, { signal: abort.signal })
  await until(() => app.loadShedder.gate.queued === 1)
  abort.abort()
  await t.rejects(second)
  await until(() => app.loadShedder.gate.queued === 0)
  held[0]?.()
  await (await first).text()
  await until(() => app.loadShedder.gate.inFlight === 0)
  t.equal(held.length, 1)
  t.equal(app.loadShedder.gate.stats.abandoned[3], 1)
})

t.test('a body that was sent while its request waited arrives whole', async t => {
  const { app, listen, held } = testApp({}, { bodyLimit: 3_000_000 }, new FixedLimit({ limit: 1 }))
  t.teardown(() => app.close())
  const origin = await listen()
  const first = fetch(`${origin}/held`)
  await until(() => held.length === 1)
  const body = JSON.stringify({ text: 'x'.repeat(2_000_000) })
  const second = fetch(`${origin}/echo`, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  await until(() => app.loadShedder.gate.queued === 1)
  held[0]?.()
  await (await first).text()
  t.equal(await (await second).text(), body)
})

t.test('server-sent events give their permit back at the first byte', async t => {
  const { app, listen } = testApp({}, {}, new FixedLimit({ limit: 1 }))
  app.get('/events', (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
  })
  t.teardown(() => app.close())
  const origin = await listen()
  const abort = new AbortController()
  const events = await fetch(`${origin}/events`, { signal: abort.signal })
  t.equal(events.status, 200)
  t.equal(app.loadShedder.gate.inFlight, 0)
  t.equal(app.loadShedder.gate.streams, 1)
  t.equal((await fetch(origin)).status, 200)
  abort.abort()
  await until(() => app.loadShedder.gate.streams === 0)
})

t.test('the asynchronous context of the request event survives the queue', async t => {
  const { app, listen } = testApp()
  const context = new AsyncLocalStorage<string>()
  app.get('/context', async () => String(context.getStore()))
  t.teardown(() => app.close())
  const origin = await listen()
  const [gate] = app.server.listeners('request')
  app.server.removeAllListeners('request')
  // As an instrumentation does it, which wraps what emits the event.
  app.server.on('request', (req: IncomingMessage, res: ServerResponse) => context.run(`of ${req.url}`, () => Reflect.apply(gate ?? t.fail, app.server, [req, res])))
  const answers = await Promise.all(['a', 'b'].map(async query => (await fetch(`${origin}/context?${query}`)).text()))
  t.strictSame(answers, ['of /context?a', 'of /context?b'])
})

t.test('close while queued: a clean 503 with Connection: close, and close waits for what runs', async t => {
  const { app, listen, held } = testApp({}, { forceCloseConnections: false }, new FixedLimit({ limit: 1 }))
  const origin = await listen()
  const first = exchange(origin, 'GET /held HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  await until(() => held.length === 1)
  const second = exchange(origin, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await until(() => app.loadShedder.gate.queued === 1)
  const closed = app.close()
  const refused = await second
  t.match(refused, /^HTTP\/1.1 503/)
  t.match(refused, /connection: close/i)
  held[0]?.()
  t.match(await first, /^HTTP\/1.1 200[^]*held/)
  await closed
})

t.test('after close the server has its listeners back', async t => {
  const { app, listen } = testApp()
  await listen()
  t.notOk(app.server.listeners('request').includes(app.routing))
  await app.close()
  t.ok(app.server.listeners('request').includes(app.routing))
  t.equal(app.server.listenerCount('checkContinue'), 0)
})

t.test('a connection that is kept half-open costs no permit', async t => {
  const { app, listen } = testApp({}, {}, new FixedLimit({ limit: 1 }))
  t.teardown(() => app.close())
  const origin = await listen()
  const socket = connect(portOf(app), '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost:')
  await once(socket, 'connect')
  const answer = await new Promise<IncomingMessage>(resolve => { httpRequest(origin, resolve).end() })
  t.equal(answer.statusCode, 200)
  answer.resume()
  socket.destroy()
})
