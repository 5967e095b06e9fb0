import { once } from 'node:events'
import { createServer, IncomingMessage, ServerResponse } from 'node:http'
import type { Server, ServerOptions } from 'node:http'
import { connect as connectHttp2, constants, createServer as createHttp2Server } from 'node:http2'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { connect, Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import t from 'tap'
import type { JournalEvent } from '../src/journal.ts'
import type { RequestScope, ScopeListener, SettleReason } from '../src/request-scope.ts'
import { RequestScopes } from '../src/request-scopes.ts'
import { fakeClock } from '../src/testing/index.ts'
import type { FakeClock } from '../src/testing/index.ts'

t.setTimeout(120_000)

interface Teardown { teardown (task: () => unknown): void }

/** What the listeners of one test heard, in order. */
class Heard {
  readonly words: string[] = []
  readonly listener: ScopeListener<string> = {
    settled: (_scope, reason, name) => { this.words.push(`${name} ${reason}`) },
    workDone: (_scope, name) => { this.words.push(`${name} done`) }
  }
}

interface Bench {
  readonly clock: FakeClock
  readonly scopes: RequestScopes
  readonly journal: JournalEvent[]
  readonly heard: Heard
}

function bench (options: { leaseMs?: number, maxLeases?: number } = {}): Bench {
  const clock = fakeClock()
  const journal: JournalEvent[] = []
  return { clock, journal, heard: new Heard(), scopes: new RequestScopes({ clock, journal: { record: (event) => { journal.push(event) } }, ...options }) }
}

/** As if nobody had asked for the request's scope. */
function unscope (req: object): void {
  Object.defineProperty(req, Symbol.for('@plimsoll/core.scope'), { value: undefined, writable: true, configurable: true })
}

async function until (condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => { setImmediate(resolve) })
}

type Handler = (scope: RequestScope, res: ServerResponse, req: IncomingMessage) => void

/** A plain HTTP/1.1 server whose requests are scoped on arrival. */
async function serve (t: Teardown, { scopes }: Bench, handler: Handler, options: ServerOptions = {}, timeout = 0): Promise<{ port: number, server: Server }> {
  const server = createServer(options, (req, res) => { handler(scopes.of(req, res), res, req) })
  if (timeout > 0) server.setTimeout(timeout)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  return { server, port: (server.address() as AddressInfo).port }
}

function send (port: number, raw: string): Socket {
  const socket = connect(port, '127.0.0.1', () => { socket.write(raw) })
  socket.on('error', () => {})
  return socket.resume()
}

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
const PART = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc'

async function settledOf (t: Teardown, { request = GET, after = () => {}, handler, options, timeout }: { request?: string, after?: (socket: Socket) => void, handler: Handler, options?: ServerOptions, timeout?: number }): Promise<SettleReason | undefined> {
  const test = bench()
  const scopes: RequestScope[] = []
  const { port } = await serve(t, test, (scope, res, req) => { scopes.push(scope); handler(scope, res, req) }, options, timeout)
  const socket = send(port, request)
  await until(() => scopes.length > 0)
  after(socket)
  await until(() => test.scopes.inFlight === 0)
  socket.destroy()
  return scopes[0]?.settled
}

t.test('each way of ending has its reason over HTTP/1.1', async (t) => {
  const never: Handler = () => {}
  const big: Handler = (_scope, res) => { res.end(Buffer.alloc(20_000_000)) }
  t.equal(await settledOf(t, { handler: (_scope, res) => { res.end('x') } }), 'completed')
  t.equal(await settledOf(t, { handler: never, after: (socket) => { socket.resetAndDestroy() } }), 'client-abort', 'RST')
  t.equal(await settledOf(t, { handler: never, after: (socket) => { socket.end() } }), 'client-abort', 'FIN')
  t.equal(await settledOf(t, { request: PART, handler: never, after: (socket) => { socket.end() } }), 'client-abort', 'FIN in the middle of the body, which is a parse error too')
  t.equal(await settledOf(t, { handler: big, after: (socket) => { socket.pause().resetAndDestroy() } }), 'client-abort', 'ended by the handler, not taken by the client')
  t.equal(await settledOf(t, { handler: (scope, res) => { big(scope, res, res.req); setImmediate(() => res.destroy()) }, after: (socket) => { socket.pause() } }), 'reset')
  t.equal(await settledOf(t, { handler: (_scope, res) => { res.destroy() } }), 'reset')
  t.equal(await settledOf(t, { handler: never, after: (socket) => { socket.write('BOGUS\r\n\r\n') } }), 'reset', 'a protocol error')
  t.equal(await settledOf(t, { handler: never, timeout: 300 }), 'timeout', 'of the connection')
  t.equal(await settledOf(t, { request: PART, handler: (_scope, _res, req) => { req.resume() }, options: { requestTimeout: 300, headersTimeout: 300, connectionsCheckingInterval: 10 } }), 'timeout', 'of the request')
  t.equal(await settledOf(t, { handler: (_scope, res) => { res.write('x'); res.destroy(Object.assign(new Error(), { code: 'FST_ERR_HANDLER_TIMEOUT' })) } }), 'timeout', 'of the handler')
})

t.test('an answer is refused where a refusal is set, unless it doesn\'t arrive', async (t) => {
  const refusal = { by: 'test', reason: 'full', status: 503, retryAfter: () => 1 }
  t.equal(await settledOf(t, { handler: (scope, res) => { scope.refusal = refusal; res.writeHead(503, { 'content-type': 'text/event-stream' }).end('x') } }), 'refused')
  t.equal(await settledOf(t, { handler: (scope) => { scope.refusal = refusal }, after: (socket) => { socket.resetAndDestroy() } }), 'client-abort')
})

t.test('over HTTP/2 too, an unanswered HEAD request included', async (t) => {
  const test = bench()
  const seen = new Map<string, RequestScope>()
  const server = createHttp2Server((req: Http2ServerRequest, res: Http2ServerResponse) => {
    const scope = test.scopes.of(req, res)
    seen.set(req.url, scope)
    if (req.url === '/ok') res.end('x')
    if (req.url === '/destroyed') res.destroy()
    if (req.url === '/failed') res.destroy(new Error('x'))
    if (req.url === '/events') res.writeHead(200, { 'content-type': 'text/event-stream' }).write('x')
    if (req.url === '/length') res.writeHead(200, { 'content-length': '9' }).write('x')
  })
  server.on('session', (session) => { session.on('error', () => {}) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const session = connectHttp2(url)
  const settle = async (path: string, cancel: boolean, method = 'GET'): Promise<SettleReason | undefined> => {
    const stream = session.request({ ':path': path, ':method': method })
    stream.on('error', () => {}).resume()
    await until(() => seen.has(path))
    t.equal(seen.get(path)?.clientGone(), path === '/destroyed' || path === '/failed')
    if (cancel) stream.close(constants.NGHTTP2_CANCEL)
    await until(() => seen.get(path)?.settled !== undefined)
    return seen.get(path)?.settled
  }
  t.equal(await settle('/ok', false), 'completed')
  t.equal(await settle('/never', true), 'client-abort')
  t.equal(await settle('/head', true, 'HEAD'), 'client-abort')
  t.equal(await settle('/destroyed', false), 'reset')
  t.equal(await settle('/failed', false), 'reset')
  t.equal(test.scopes.leased, 4)
  t.equal(await settle('/length', true), 'client-abort')
  t.ok(seen.get('/length')?.workDone, 'an answer of declared length was ready')
  t.equal(await settle('/events', false), 'stream')
  t.equal(test.scopes.openStreams, 1)
  test.scopes.destroyStreams()
  await until(() => test.scopes.openStreams === 0)

  const late = new RequestScopes({ clock: test.clock })
  const dead = seen.get('/never')!
  unscope(dead.req)
  t.equal(late.of(dead.req, dead.res).settled, 'client-abort', 'a stream that is over already')
  session.close()

  server.on('session', (session) => { session.setTimeout(300, () => { session.destroy() }) })
  const patient = connectHttp2(url)
  patient.on('error', () => {}).request({ ':path': '/slow' }).on('error', () => {})
  await until(() => seen.get('/slow')?.settled !== undefined)
  t.equal(seen.get('/slow')?.settled, 'timeout', 'of the session')
  patient.destroy()
  server.close()
  test.scopes.close()
})

t.test('light-my-request: answered, destroyed by the handler, and over already', async (t) => {
  const test = bench()
  const app = Fastify()
  const raws: Array<{ req: IncomingMessage, res: ServerResponse }> = []
  app.addHook('onRequest', async (request, reply) => { test.scopes.of(request.raw, reply.raw).watch(test.heard.listener, request.url) })
  app.get('/ok', async (request, reply) => { raws.push({ req: request.raw, res: reply.raw }); return 'x' })
  app.get('/destroyed', async (_request, reply) => { reply.hijack(); reply.raw.destroy() })
  await app.inject('/ok')
  await app.inject('/destroyed').catch(() => {})
  t.strictSame(test.heard.words, ['/ok completed', '/ok done', '/destroyed reset'])
  t.equal(test.scopes.leased, 1)
  test.scopes.close()
  t.strictSame(test.heard.words.slice(3), ['/destroyed done'], 'close() ends the leases')
  t.equal(test.clock.pending, 0)
  const { req, res } = raws[0]!
  t.equal(test.scopes.peek(req)?.settled, 'completed')
  unscope(req)
  t.equal(test.scopes.of(req, res).settled, 'completed')
  await app.close()
})

t.test('a response that is over when it is first asked for: closed, or waiting on a connection that has closed', async (t) => {
  const test = bench()
  const raws: Array<{ req: IncomingMessage, res: ServerResponse }> = []
  const server = createServer((req, res) => { raws.push({ req, res }) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = send((server.address() as AddressInfo).port, GET + GET)
  await until(() => raws.length === 2)
  socket.resetAndDestroy()
  await once(raws[0]!.res, 'close')
  for (const { req, res } of raws) t.equal(test.scopes.of(req, res).settled, 'client-abort')
  t.equal(test.scopes.of(raws[0]!.req, raws[0]!.res), test.scopes.peek(raws[0]!.req))
  t.equal(test.scopes.inFlight, 0)
  test.scopes.close()
  server.close()
})

t.test('an injected request whose caller aborts', async (t) => {
  const test = bench()
  const app = Fastify()
  app.get('/', async (request, reply) => {
    test.scopes.of(request.raw, reply.raw).watch(test.heard.listener, 'it')
    abort.abort()
    return await new Promise(() => {})
  })
  const abort = new AbortController()
  await t.rejects(app.inject({ url: '/', signal: abort.signal }))
  t.strictSame(test.heard.words, ['it client-abort'])
  test.scopes.close()
  await app.close()
})

t.test('a response made by hand, without any connection', async (t) => {
  const test = bench()
  const req = new IncomingMessage(new Socket())
  Object.defineProperty(req, 'socket', { value: null })
  const res = new ServerResponse(req)
  const scope = test.scopes.of(req, res)
  t.notOk(scope.clientGone())
  res.emit('close')
  t.equal(scope.settled, 'reset')
  test.scopes.close()
})

t.test('while draining the last answer of a connection closes it, and not one that others are pipelined behind', async (t) => {
  const test = bench()
  const { port } = await serve(t, test, (_scope, res) => { setImmediate(() => { res.end('x') }) })
  test.scopes.drain()
  const received: string[] = []
  const socket = send(port, GET + GET + GET).on('data', (chunk) => { received.push(String(chunk)) })
  await once(socket, 'close')
  t.strictSame(received.join('').match(/(?<=Connection: )[\w-]+/gi), ['keep-alive', 'keep-alive', 'close'])
  t.equal(test.scopes.settled.completed, 3)
})

t.test('a head that is written after the end changes nothing', async (t) => {
  const test = bench()
  const scopes: RequestScope[] = []
  const { port } = await serve(t, test, (scope, res) => {
    scopes.push(scope)
    res.on('close', () => { res.writeHead(200, { 'content-type': 'text/event-stream' }) })
  })
  const socket = send(port, GET)
  await until(() => scopes.length > 0)
  socket.resetAndDestroy()
  await until(() => test.scopes.inFlight === 0)
  t.equal(scopes[0]?.settled, 'client-abort')
  t.equal(test.scopes.openStreams, 0)
  test.scopes.close()
})

t.test('listeners', async (t) => {
  const request = async (t: Teardown, test: Bench, handler: Handler): Promise<{ scope: RequestScope, socket: Socket }> => {
    const scopes: RequestScope[] = []
    const { port } = await serve(t, test, (scope, res, req) => { scopes.push(scope); handler(scope, res, req) })
    const socket = send(port, GET)
    await until(() => scopes.length > 0)
    return { scope: scopes[0]!, socket }
  }

  t.test('hear of settlement and of the end of work once each, whenever they come', async (t) => {
    const test = bench()
    const { heard: { words, listener } } = test
    const { scope, socket } = await request(t, test, () => {})
    scope.watch(listener, 'a')
    scope.watch(listener, 'b')
    scope.watch({}, 'deaf')
    scope.watch({ settled: () => { scope.watch(listener, 'within') } }, undefined)
    t.notOk(scope.clientGone())
    socket.resetAndDestroy()
    await until(() => scope.settled !== undefined)
    t.strictSame(words, ['a client-abort', 'b client-abort', 'within client-abort'])
    t.ok(scope.clientGone())
    t.notOk(scope.workDone)
    scope.watch(listener, 'late')
    scope.endWork()
    scope.endWork()
    scope.watch(listener, 'last')
    t.ok(scope.workDone)
    t.strictSame(words.slice(3), ['late client-abort', 'a done', 'b done', 'within done', 'late done', 'last client-abort', 'last done'])
    t.equal(test.scopes.leased, 0)
    test.clock.advance(30_000)
    t.equal(test.clock.pending, 0)
  })

  t.test('that throw harm nobody, and are journalled', async (t) => {
    const test = bench()
    const { scope, socket } = await request(t, test, () => {})
    scope.watch({ settled: () => { throw new Error('at settled') }, workDone: () => { throw new Error('at work done') } }, undefined)
    scope.watch(test.heard.listener, 'other')
    socket.resetAndDestroy()
    await until(() => scope.settled !== undefined)
    scope.endWork()
    t.strictSame(test.heard.words, ['other client-abort', 'other done'])
    t.match(test.journal.map(({ message }) => message), [/at settled/, /at work done/])
  })

  t.test('hear of the end of work after all have heard of settlement, even if one of them declares it', async (t) => {
    const test = bench()
    const { scope, socket } = await request(t, test, () => {})
    scope.watch({ settled: () => { scope.endWork() } }, undefined)
    scope.watch(test.heard.listener, 'other')
    socket.resetAndDestroy()
    await until(() => scope.workDone)
    t.strictSame(test.heard.words, ['other client-abort', 'other done'])
    t.equal(test.scopes.leased, 0)
  })

  t.test('hear that work is done when the handler ends or destroys the dead response', async (t) => {
    for (const method of ['end', 'destroy'] as const) {
      const test = bench()
      const { scope, socket } = await request(t, test, () => {})
      socket.resetAndDestroy()
      await until(() => scope.settled !== undefined)
      t.equal(test.scopes.leased, 1)
      if (method === 'end') scope.res.end()
      else scope.res.destroy()
      t.ok(scope.workDone)
      t.equal(test.scopes.leased, 0)
    }
  })

  t.test('wait for a handler that outlives its answer', async (t) => {
    const test = bench()
    const { scope } = await request(t, test, (scope, res) => {
      scope.outliveAnswer()
      res.end('timeout')
    })
    await until(() => scope.settled !== undefined)
    t.equal(scope.settled, 'completed')
    t.notOk(scope.workDone)
    test.clock.advance(29_999)
    t.notOk(scope.workDone)
    test.clock.advance(1)
    t.ok(scope.workDone)
  })
})

t.test('the signal is made when asked for, and aborted by what keeps the client from the answer', async (t) => {
  const test = bench()
  const scopes: RequestScope[] = []
  const { port } = await serve(t, test, (scope, res) => {
    scopes.push(scope)
    if (res.req.url === '/ok') res.end('x')
    if (res.req.url === '/events') res.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('x')
  })
  const [early, late] = [send(port, GET), send(port, GET)]
  await until(() => scopes.length === 2)
  const { signal } = scopes[0]!
  t.equal(scopes[0]!.signal, signal)
  t.notOk(signal.aborted)
  early.resetAndDestroy()
  late.resetAndDestroy()
  await until(() => test.scopes.inFlight === 0)
  t.ok(signal.aborted)
  t.ok(scopes[1]!.signal.aborted, 'asked for afterwards')
  send(port, GET.replace('/', '/ok'))
  await until(() => test.scopes.settled.completed === 1)
  t.notOk(scopes[2]!.signal.aborted)
  const viewer = send(port, GET.replace('/', '/events'))
  await until(() => test.scopes.openStreams === 1)
  t.notOk(scopes[3]!.signal.aborted, 'a settled stream goes on')
  t.notOk(scopes[3]!.clientGone())
  viewer.destroy()
  await until(() => test.scopes.openStreams === 0)
  t.ok(scopes[3]!.signal.aborted)
  t.ok(scopes[3]!.clientGone())
  test.scopes.close()
})

t.test('streams settle with their head, and are counted until their connection closes', async (t) => {
  const route = (config: Record<string, unknown>): RequestScope['route'] => ({ id: 0, methods: ['GET'], url: '/', config, constraints: {} })
  const heads: Record<string, Handler> = {
    'an event stream': (_scope, res) => { res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }) },
    'an event stream in other letters': (_scope, res) => { res.writeHead(200, { 'Content-Type': 'Text/Event-Stream' }) },
    'an event stream by setHeader': (_scope, res) => { res.setHeader('content-type', 'text/event-stream') },
    'an event stream by setHeader and others': (_scope, res) => { res.setHeader('content-type', 'text/event-stream').writeHead(200, { 'x-other': '1' }) },
    'an event stream with a status message': (_scope, res) => { res.writeHead(200, 'OK', { 'content-type': 'text/event-stream' }) },
    'an event stream by names and values': (_scope, res) => { res.writeHead(200, ['X-Other', '1', 'Content-Type', 'text/event-stream']) },
    'a declared stream': (scope) => { scope.declareStream() },
    'a stream declared after its head': (scope, res) => { res.write('x'); scope.declareStream() },
    'a stream by its route': (scope) => { scope.route = route({ stream: true }) }
  }
  for (const [name, head] of Object.entries(heads)) {
    const test = bench()
    const { port } = await serve(t, test, (scope, res, req) => { scope.watch(test.heard.listener, name); head(scope, res, req); res.write('x') })
    const socket = send(port, GET)
    await until(() => test.scopes.openStreams === 1)
    t.strictSame(test.heard.words, [`${name} stream`, `${name} done`])
    socket.destroy()
    await until(() => test.scopes.openStreams === 0)
    t.equal(test.heard.words.length, 2, 'and nothing more is told')
  }
  const plain: Handler[] = [
    (_scope, res) => { res.writeHead(200, { 'content-type': 'text/plain' }) },
    (_scope, res) => { res.writeHead(200, ['X-Other', '1']) },
    (scope) => { scope.route = route({}) }
  ]
  for (const head of plain) t.equal(await settledOf(t, { handler: (scope, res, req) => { head(scope, res, req); res.end('x') } }), 'completed')
})

t.test('event streams can be ended from outside, and what their handlers write then goes nowhere; other streams are left', async (t) => {
  const test = bench()
  const responses: ServerResponse[] = []
  const { port } = await serve(t, test, (scope, res) => {
    responses.push(res)
    if (res.req.url === '/file') scope.declareStream()
    else res.setHeader('content-type', 'text/event-stream')
    res.write('data: 1\n\n')
    scope.signal.addEventListener('abort', () => { res.write('data: bye\n\n') })
  })
  const received: string[] = []
  send(port, GET).on('data', (chunk) => { received.push(String(chunk)) })
  send(port, GET.replace('/', '/file'))
  await until(() => test.scopes.openStreams === 2 && received.join('').includes('data: 1'))
  test.scopes.endEventStreams()
  for (const res of responses.filter(({ writableEnded }) => writableEnded)) {
    t.ok(res.write('an error otherwise'))
    t.equal(res.end('and another'), res)
  }
  await until(() => test.scopes.openStreams === 1)
  await until(() => received.join('').endsWith('0\r\n\r\n'))
  t.match(received.join(''), /data: bye/, 'whoever listens to the signal has the last word')
  test.scopes.destroyStreams()
  await until(() => test.scopes.openStreams === 0)
})

t.test('upgrades settle at the first byte past the response; a refused upgrade is an ordinary answer', async (t) => {
  const test = bench()
  const app = Fastify()
  await app.register(websocket)
  app.addHook('onRequest', async (request, reply) => {
    test.scopes.of(request.raw, reply.raw).watch(test.heard.listener, request.url)
    if (request.url === '/refused') await reply.code(401).send('no')
  })
  app.get('/ws', { websocket: true }, (socket) => { socket.on('message', () => { socket.send('pong') }) })
  app.get('/refused', { websocket: true }, () => {})
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const upgrade = (path: string): Socket => send(port, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`)
  const socket = upgrade('/ws')
  await until(() => test.scopes.openStreams === 1)
  t.strictSame(test.heard.words, ['/ws upgraded', '/ws done'])
  upgrade('/refused')
  await until(() => test.scopes.settled.completed === 1)
  t.strictSame(test.heard.words.slice(2), ['/refused completed', '/refused done'])
  socket.resetAndDestroy()
  await until(() => test.scopes.openStreams === 0)
  const injected = await app.injectWS('/ws')
  t.equal(test.scopes.settled.upgraded, 2, 'made by hand too')
  injected.terminate()
  await until(() => test.scopes.openStreams === 0)
  await app.close()
})

t.test('there are never more leases than their bound: one more ends the oldest', async (t) => {
  const test = bench({ maxLeases: 2 })
  const scopes: RequestScope[] = []
  const { port } = await serve(t, test, (scope) => { scopes.push(scope); scope.watch(test.heard.listener, String(scopes.length)) })
  for (let i = 1; i <= 4; i++) {
    const socket = send(port, GET)
    await until(() => scopes.length === i)
    socket.resetAndDestroy()
    await until(() => test.scopes.inFlight === 0)
    test.clock.advance(1)
    t.ok(test.scopes.leased <= 2)
  }
  t.strictSame(test.heard.words, ['1 client-abort', '2 client-abort', '3 client-abort', '1 done', '4 client-abort', '2 done'])
  t.strictSame(scopes.map(({ workDone }) => workDone), [true, true, false, false])
  test.clock.advance(29_998)
  t.strictSame(scopes.map(({ workDone }) => workDone), [true, true, true, false], 'each at its own time')
  test.clock.advance(1)
  t.equal(test.scopes.leased, 0)
  t.equal(test.clock.pending, 0)
  t.throws(() => new RequestScopes({ clock: test.clock, maxLeases: 0 }), { name: 'RangeError', message: /maxLeases must be at least 1, not 0/ })
})
