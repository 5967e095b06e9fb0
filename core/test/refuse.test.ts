import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import type { Server } from 'node:http'
import { connect as connectHttp2, constants, createServer as createHttp2Server } from 'node:http2'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import Fastify from 'fastify'
import t from 'tap'
import { ensureCore, refuse } from '@plimsoll/core'
import type { Refusal, RefuseOptions, RequestScope } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'

const busy: Refusal = { by: 'load-shedder', reason: 'queue-full', status: 503, retryAfter: () => 1.2 }
const BODY = '{"statusCode":503,"code":"PLM_REFUSED","error":"Service Unavailable","message":"refused by load-shedder: queue-full"}'
const MEGABYTE = Buffer.alloc(1_048_576)

interface Refusing {
  readonly port: number
  readonly server: Server
  /** Bytes that the server has read of all connections. */
  bytesRead (): number
  readonly scopes: readonly RequestScope[]
}

/** A server that refuses everything ahead of Fastify. */
async function refusing (t: Tap, options: RefuseOptions = {}, refusal: Refusal = busy): Promise<Refusing> {
  const app = Fastify()
  const core = ensureCore(app)
  await app.ready()
  const sockets: Socket[] = []
  const scopes: RequestScope[] = []
  const server = createServer((req, res) => {
    const scope = core.scopeOf(req, res)
    scopes.push(scope)
    refuse(scope, refusal, options)
  }).on('connection', (socket: Socket) => sockets.push(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close(); return app.close() })
  return { port: (server.address() as AddressInfo).port, server, scopes, bytesRead: () => sockets.reduce((sum, { bytesRead }) => sum + bytesRead, 0) }
}

interface Tap { teardown (task: () => unknown): void }

/** Everything that one connection answers to `text`, until it is closed or `enough`. */
function talk (port: number, text: string, enough: (answer: string) => boolean = () => false): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      answer += chunk
      if (enough(answer)) socket.destroy()
    })
    socket.on('error', reject).on('close', () => resolve(answer))
  })
}

t.test('the answer: status, Retry-After in whole seconds, static headers, a small body like Fastify\'s', async (t) => {
  const { port, scopes } = await refusing(t, { headers: { 'access-control-allow-origin': '*' } })
  const response = await fetch(`http://127.0.0.1:${port}/`)
  t.equal(response.status, 503)
  t.equal(response.headers.get('retry-after'), '2')
  t.equal(response.headers.get('access-control-allow-origin'), '*')
  t.equal(response.headers.get('content-type'), 'application/json; charset=utf-8')
  t.equal(response.headers.get('connection'), 'keep-alive')
  t.equal(await response.text(), BODY)
  t.equal(scopes[0]?.refusal, busy)
  t.equal(scopes[0]?.settled, 'refused')
})

t.test('a refusal may have a code, headers and a body of its own', async (t) => {
  const { port } = await refusing(t, {}, { ...busy, code: 'SHOP_CLOSED' })
  t.match(await (await fetch(`http://127.0.0.1:${port}/`)).json(), { code: 'SHOP_CLOSED', message: 'refused by load-shedder: queue-full' })

  let answers = 0
  const own: Refusal = { ...busy, answer: () => ({ body: `closed ${++answers}`, contentType: 'text/plain' }) }
  const app = Fastify()
  const core = ensureCore(app)
  core.admission.add({
    name: 'shop',
    order: 1,
    check: ({ res }) => {
      res.setHeader('x-shop', 'closed')
      return own
    }
  })
  t.teardown(() => app.close())
  const routed = await app.inject('/')
  t.match(routed, { statusCode: 503, body: 'closed 1', headers: { 'x-shop': 'closed', 'content-length': '8', 'retry-after': '2' } })
  // In a gate, on HTTP/1.1 and HTTP/2.
  const server = createServer((req, res) => {
    res.setHeader('x-shop', 'closed')
    refuse(core.scopeOf(req, res), own)
  }).listen(0, '127.0.0.1')
  const http2 = createHttp2Server((req, res) => {
    res.setHeader('x-shop', 'closed')
    refuse(core.scopeOf(req, res), own)
  }).listen(0, '127.0.0.1')
  await Promise.all([server, http2].map(async (each) => { if (!each.listening) await once(each, 'listening') }))
  t.teardown(() => { server.closeAllConnections(); server.close(); http2.close() })
  const gated = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  t.same([gated.headers.get('x-shop'), gated.headers.get('content-type'), await gated.text()], ['closed', 'text/plain', 'closed 2'])
  const session = connectHttp2(`http://127.0.0.1:${(http2.address() as AddressInfo).port}`)
  t.teardown(() => session.destroy())
  const stream = session.request({ ':path': '/' })
  const [headers] = await once(stream, 'response') as [Record<string, string>]
  t.match(headers, { ':status': 503, 'x-shop': 'closed', 'content-type': 'text/plain', 'retry-after': '2' })
})

t.test('the length is in bytes, whatever the words are', async (t) => {
  const { port } = await refusing(t, {}, { ...busy, reason: 'überfüllt' })
  const answer = await talk(port, 'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
  t.match(answer, new RegExp(`content-length: ${Buffer.byteLength(BODY.replace('queue-full', 'überfüllt'))}\r\n`))
  t.match(answer, /überfüllt"}$/)
})

t.test('Retry-After stays out where there is nothing to say', async (t) => {
  for (const seconds of [0, -1, NaN, Infinity]) {
    const { port } = await refusing(t, {}, { ...busy, status: 429, retryAfter: () => seconds })
    const response = await fetch(`http://127.0.0.1:${port}/`)
    t.equal(response.status, 429)
    t.equal(response.headers.get('retry-after'), null)
  }
})

t.test('HEAD has the headers and no body, and the connection goes on', async (t) => {
  const { port } = await refusing(t)
  const answer = await talk(port, 'HEAD / HTTP/1.1\r\nhost: a\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
  t.match(answer, new RegExp(`content-length: ${BODY.length}\r\n`))
  t.equal(answer.split(BODY).length, 2, 'the body of GET alone')
  t.equal(answer.split('HTTP/1.1 503').length, 3)
})

t.test('pipelined requests are answered in order on one connection', async (t) => {
  const { port, scopes } = await refusing(t)
  const answer = await talk(port, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(30), text => text.split(BODY).length === 31)
  t.equal(answer.split(BODY).length, 31)
  t.ok(scopes.every(({ settled }) => settled === 'refused'))
})

t.test('a short body is read, and the connection lives on', async (t) => {
  const { port } = await refusing(t)
  const body = 'x'.repeat(10_000)
  const answer = await talk(port, `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}GET / HTTP/1.1\r\nhost: a\r\n\r\n`, text => text.split(BODY).length === 3)
  t.equal(answer.split(BODY).length, 3)
  t.notMatch(answer, /connection: close/)
})

for (const framing of ['content-length', 'chunked'] as const) {
  t.test(`a refused 20 MB POST (${framing}) has its answer, and is not read whole`, async (t) => {
    const { port, bytesRead, scopes } = await refusing(t)
    const { status, headers, body, sent } = await new Promise<{ status: number | undefined, headers: object, body: string, sent: number }>((resolve, reject) => {
      let sent = 0
      const req = httpRequest({ port, host: '127.0.0.1', method: 'POST', agent: false, headers: framing === 'chunked' ? {} : { 'content-length': 20 * MEGABYTE.length } })
      req.on('response', (res) => {
        let body = ''
        res.setEncoding('utf8').on('data', (chunk: string) => { body += chunk })
        res.on('end', () => {
          // An obedient client stops; whatever its socket says afterwards, it has its answer.
          req.on('error', () => {}).destroy()
          resolve({ status: res.statusCode, headers: res.headers, body, sent })
        })
      })
      req.on('error', reject)
      const send = (): void => {
        if (req.destroyed || sent === 20 * MEGABYTE.length) return
        sent += MEGABYTE.length
        req.write(MEGABYTE, send)
      }
      send()
    })
    t.equal(status, 503)
    t.match(headers, { connection: 'close' })
    t.equal(body, BODY)
    t.ok(sent < 20 * MEGABYTE.length)
    await until(() => scopes[0]?.settled !== undefined)
    t.ok(bytesRead() < 1_000_000, `${bytesRead()} bytes were read`)
  })
}

t.test('a client that sends 60 kB in chunks before it reads is not reset', async (t) => {
  const { port } = await refusing(t)
  for (let round = 0; round < 20; round++) {
    const chunk = `ea60\r\n${'x'.repeat(60_000)}\r\n0\r\n\r\n`
    const answer = await talk(port, `POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n${chunk}`)
    t.match(answer, BODY)
  }
})

t.test('a body that never comes holds the connection for half a second of the clock, one that goes on not longer', async (t) => {
  const clock = fakeClock()
  const { port, scopes } = await refusing(t, { clock })
  const answers = ['', 'x'.repeat(200_000)].map(start => talk(port, `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 20000000\r\n\r\n${start}`, () => false).catch((error: Error) => error.message))
  await until(() => scopes.length === 2 && clock.pending === 2 && scopes.some(({ req }) => req.isPaused()))
  clock.advance(499)
  t.equal(clock.pending, 2)
  t.ok(scopes.every(({ settled }) => settled === undefined), 'nor is it closed before: the client is to read its answer')
  clock.advance(1)
  await until(() => scopes.every(({ settled }) => settled !== undefined))
  t.match((await Promise.all(answers))[0], BODY)
  t.equal(clock.pending, 0)
})

t.test('the timer goes with a client that goes in mid-body', async (t) => {
  const clock = fakeClock()
  const { port, scopes } = await refusing(t, { clock })
  await talk(port, 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 20000000\r\n\r\nx', text => text.endsWith(BODY))
  await until(() => clock.pending === 0)
  await until(() => scopes[0]?.settled !== undefined)
  t.pass()
})

t.test('close: the connection is closed with the answer, as while draining', async (t) => {
  const { port } = await refusing(t, { close: true })
  t.match(await talk(port, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'), /connection: close\r\n/)
})

t.test('a withheld body is not waited for', async (t) => {
  const clock = fakeClock()
  const { port } = await refusing(t, { clock, bodyWithheld: true })
  const answer = await talk(port, 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 20000000\r\n\r\n')
  t.match(answer, /connection: close\r\n/)
  t.match(answer, BODY)
  t.equal(clock.pending, 0)
})

t.test('a response that was begun is left alone', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const core = ensureCore(app)
  app.get('/', (request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200)
    refuse(core.scopeOf(request.raw, reply.raw), busy)
    reply.raw.end('served')
  })
  const response = await app.inject('/')
  t.equal(response.statusCode, 200)
  t.equal(response.body, 'served')
})

t.test('inject', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const core = ensureCore(app)
  app.addHook('onRequest', async (request, reply) => {
    reply.hijack()
    refuse(core.scopeOf(request.raw, reply.raw), busy, { headers: { 'x-a': 'b' } })
  })
  app.post('/', () => 'served')
  for (const payload of [undefined, 'x'.repeat(100_000)]) {
    const response = await app.inject({ method: 'POST', url: '/', ...(payload === undefined ? {} : { payload }) })
    t.equal(response.statusCode, 503)
    t.equal(response.headers['x-a'], 'b')
    t.equal(response.body, BODY)
  }
})

t.test('HTTP/2: the answer, then a reset without error where the body is unfinished', async (t) => {
  const app = Fastify()
  const core = ensureCore(app)
  await app.ready()
  const scopes: RequestScope[] = []
  const server = createHttp2Server((req, res) => {
    const scope = core.scopeOf(req, res)
    scopes.push(scope)
    refuse(scope, req.url === '/429' ? { ...busy, status: 429, retryAfter: () => 0 } : busy, { headers: { 'x-a': 'b' } })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // The client holds 20 MB, above its own limit of 10.
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { maxSessionMemory: 100 })
  t.teardown(async () => { session.destroy(); server.close(); await app.close() })

  const ask = (method: string, path: string, body?: Buffer, end = true) => new Promise<{ headers: object, body: string, code: number | undefined }>((resolve, reject) => {
    const stream = session.request({ ':method': method, ':path': path }, { endStream: body === undefined })
    let headers: object = {}
    let text = ''
    stream.setEncoding('utf8').on('response', (given) => { headers = given }).on('data', (chunk: string) => { text += chunk })
    stream.on('error', reject).on('close', () => resolve({ headers, body: text, code: stream.rstCode }))
    if (body !== undefined) end ? stream.end(body) : stream.write(body)
  })
  t.match(await ask('GET', '/'), { headers: { ':status': 503, 'retry-after': '2', 'x-a': 'b' }, body: BODY, code: constants.NGHTTP2_NO_ERROR })
  t.match(await ask('GET', '/429'), { headers: { ':status': 429 } })
  t.match(await ask('HEAD', '/'), { headers: { ':status': 503, 'content-length': String(BODY.length) }, body: '' })
  t.match(await ask('POST', '/', Buffer.from('x'), false), { headers: { ':status': 503 }, body: BODY, code: constants.NGHTTP2_NO_ERROR }, 'a body that never ends')
  t.match(await ask('POST', '/', Buffer.alloc(20 * MEGABYTE.length)), { body: BODY, code: constants.NGHTTP2_NO_ERROR }, '20 MB')
  t.match(await ask('POST', '/', Buffer.from('x')), { body: BODY, code: constants.NGHTTP2_NO_ERROR }, 'a short body')
  await until(() => scopes.every(({ settled }) => settled !== undefined))
  t.strictSame(scopes.map(({ settled }) => settled), scopes.map(() => 'refused'))
  t.notOk(session.destroyed, 'the session lives on')
})

/** Waits for a condition, at most 30 s. */
async function until (holds: () => boolean): Promise<void> {
  const end = performance.now() + 30_000
  while (!holds()) {
    if (performance.now() > end) throw new Error('the condition did not come true within 30 s')
    await new Promise(resolve => setImmediate(resolve))
  }
}
