import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { FastifyInstance, onRequestHookHandler } from 'fastify'
import t from 'tap'
import { refuseRouted } from '@plimsoll/core'
import { guardedApp, statuses } from './guarded-app.ts'
import { until } from './until.ts'

/** So long that no test can live by it: only core's scope gives a permit back. */
const NO_LEASE = { probeLease: 3_600_000 } as const

async function open (app: FastifyInstance, path: string, head = ''): Promise<Socket> {
  const { port } = new URL(app.listeningOrigin)
  const socket = connect(Number(port), '127.0.0.1')
  socket.on('error', () => {})
  socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n${head}\r\n`)
  return socket
}

t.test('F1: a hijacked answer gives the permit of its probe back', async t => {
  const { app, clock } = guardedApp(t, NO_LEASE)
  let hijack = false
  app.get('/', { config: { circuitBreaker: true } }, (_request, reply) => {
    if (!hijack) throw new Error('down')
    reply.hijack()
    reply.raw.end('mine')
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { listeningOrigin } = app
  const status = async (): Promise<number> => (await fetch(listeningOrigin)).status
  t.strictSame([await status(), await status(), await status()], [500, 500, 503])
  clock.advance(5_000)
  hijack = true
  t.equal(await status(), 200)
  const breaker = app.circuitBreakers.get('GET /')
  await until(() => breaker.inFlight === 0)
  t.equal(breaker.state, 'closed')
})

t.test('F6: a client that leaves a hung probe frees its permit, and decides nothing', async t => {
  const { app, clock } = guardedApp(t, NO_LEASE)
  let answer: 'fail' | 'hang' | 'ok' = 'fail'
  app.get('/', { config: { circuitBreaker: true } }, async () => {
    if (answer === 'fail') throw new Error('down')
    if (answer === 'hang') await new Promise(() => {})
    return 'ok'
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const breaker = app.circuitBreakers.get('GET /')
  await statuses(app, '/', 2)
  clock.advance(5_000)
  answer = 'hang'
  const socket = await open(app, '/')
  await until(() => breaker.inFlight === 1)
  t.strictSame(await statuses(app, '/', 1), [503], 'the probe is out')
  socket.destroy()
  await until(() => breaker.inFlight === 0)
  t.equal(breaker.state, 'half-open')
  answer = 'ok'
  t.strictSame(await statuses(app, '/', 1), [200])
  t.equal(breaker.state, 'closed')
})

t.test('a client that has left keeps its place in the bulkhead until the handler is over, or its lease', async t => {
  const { app, core, clock } = guardedApp(t)
  const releases: Array<(value: string) => void> = []
  app.get('/', { config: { circuitBreaker: { maxConcurrentCalls: 1 } } }, () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    releases.push(resolve)
    return promise
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const breaker = app.circuitBreakers.get('GET /')
  const first = await open(app, '/')
  await until(() => releases.length === 1)
  first.destroy()
  await until(() => core.scopes.leased === 1)
  t.strictSame(await statuses(app, '/', 1), [503])
  releases[0]?.('late')
  await until(() => breaker.inFlight === 0)
  const second = await open(app, '/')
  await until(() => releases.length === 2)
  second.destroy()
  await until(() => core.scopes.leased === 1)
  t.equal(breaker.inFlight, 1)
  clock.advance(30_000)
  t.equal(breaker.inFlight, 0, 'the lease is over')
  t.equal(breaker.stats.ignored, 2)
})

t.test('an answer that this side breaks off is a failure', async t => {
  const { app } = guardedApp(t)
  app.get('/', { config: { circuitBreaker: true } }, (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200)
    reply.raw.write('half of it')
    reply.raw.destroy()
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const breaker = app.circuitBreakers.get('GET /')
  for (let i = 1; i <= 2; i++) {
    await open(app, '/')
    await until(() => breaker.stats.failures === i)
  }
  t.equal(breaker.state, 'open')
})

t.test('a handler that hangs is answered 504 at its timeout, which is a failure; what it sends later goes nowhere', async t => {
  const { app, core, clock } = guardedApp(t, { timeout: 1_000 })
  const releases: Array<(value: string) => void> = []
  app.get('/', { config: { circuitBreaker: true } }, () => new Promise<string>(resolve => { releases.push(resolve) }))
  app.get('/fast', { config: { circuitBreaker: true } }, async () => 'ok')
  const answers = [app.inject('/'), app.inject('/')]
  await until(() => releases.length === 2)
  t.strictSame(await statuses(app, '/fast', 1), [200])
  clock.advance(1_000)
  for (const answer of answers) {
    const { statusCode, body } = await answer
    t.equal(statusCode, 504)
    t.match(JSON.parse(body), { code: 'PLM_CIRCUIT_BREAKER_TIMEOUT' })
  }
  t.match(app.circuitBreakers.get('GET /').stats, { timeouts: 2, failures: 2 })
  t.strictSame(await statuses(app, '/', 1), [503])
  t.equal(core.scopes.leased, 2, 'the handlers are still at work')
  for (const release of releases) release('late')
  clock.advance(60_000)
  t.match(app.circuitBreakers.get('GET /fast').stats, { timeouts: 0, successes: 1 })
})

t.test('a timeout leaves an answer alone that is on its way', async t => {
  const { app, core, clock } = guardedApp(t, { timeout: 1_000 })
  const begun = Promise.withResolvers<() => void>()
  app.get('/', { config: { circuitBreaker: true } }, (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200)
    reply.raw.write('a')
    begun.resolve(() => { reply.raw.end('b') })
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const response = fetch(app.listeningOrigin)
  const end = await begun.promise
  clock.advance(1_000)
  t.equal(app.circuitBreakers.get('GET /').stats.timeouts, 1)
  end()
  t.equal(await (await response).text(), 'ab')
  await until(() => core.scopes.inFlight === 0)
  t.equal(core.scopes.leased, 0)
})

t.test('a client that left before the timeout is not answered at it', async t => {
  const { app, core, clock } = guardedApp(t, { timeout: 1_000 })
  const errors: unknown[] = []
  app.setErrorHandler(error => { errors.push(error) })
  app.get('/', { config: { circuitBreaker: true } }, () => new Promise(() => {}))
  await app.listen({ port: 0, host: '127.0.0.1' })
  const socket = await open(app, '/')
  await until(() => core.scopes.inFlight === 1)
  socket.destroy()
  await until(() => core.scopes.leased === 1)
  clock.advance(1_000)
  t.strictSame(errors, [])
  t.match(app.circuitBreakers.get('GET /').stats, { ignored: 1, timeouts: 0 })
})

t.test('an answer that a timeout of the server cuts off is a failure', async t => {
  const { app } = guardedApp(t, {}, { connectionTimeout: 30 })
  app.get('/', { config: { circuitBreaker: true } }, () => new Promise(() => {}))
  await app.listen({ port: 0, host: '127.0.0.1' })
  await open(app, '/')
  const breaker = app.circuitBreakers.get('GET /')
  await until(() => breaker.stats.failures === 1)
  t.match(breaker.stats, { ignored: 0, timeouts: 0 })
})

t.test('a client that left while a hook was at work starts no timeout', async t => {
  const { app, core, clock } = guardedApp(t, { timeout: 1_000 })
  const hook = Promise.withResolvers<void>()
  const errors: unknown[] = []
  app.setErrorHandler(error => { errors.push(error) })
  let handled = 0
  app.get('/', { config: { circuitBreaker: true }, preHandler: async () => { await hook.promise } }, () => {
    handled++
    return new Promise(() => {})
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const socket = await open(app, '/')
  await until(() => core.scopes.inFlight === 1)
  socket.destroy()
  await until(() => core.scopes.leased === 1)
  hook.resolve()
  await until(() => handled === 1)
  clock.advance(1_000)
  t.strictSame(errors, [])
  t.match(app.circuitBreakers.get('GET /').stats, { ignored: 1, timeouts: 0 })
})

t.test('a client that is slow to send its body is no failure of the route', async t => {
  const { app, clock } = guardedApp(t, { timeout: 1_000 }, { connectionTimeout: 500 })
  app.post('/', { config: { circuitBreaker: true } }, async () => 'ok')
  await app.listen({ port: 0, host: '127.0.0.1' })
  const breaker = app.circuitBreakers.get('POST /')
  const socket = connect(Number(new URL(app.listeningOrigin).port), '127.0.0.1')
  socket.on('error', () => {}).write('POST / HTTP/1.1\r\nhost: a\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nab')
  await until(() => breaker.inFlight === 1)
  clock.advance(1_000)
  await until(() => breaker.inFlight === 0)
  t.match(breaker.stats, { ignored: 1, failures: 0, timeouts: 0 })
})

t.test('a request that another hook of the route refuses decides nothing', async t => {
  const { app, core } = guardedApp(t)
  await app.after()
  core.routes.onRoute((_route, options) => {
    const behind: onRequestHookHandler = (request, reply) => { refuseRouted(core, request, reply, { by: 'shut', reason: 'shut', status: 503, retryAfter: () => 0 }) }
    options.onRequest = [options.onRequest ?? [], behind].flat()
  })
  app.get('/', { config: { circuitBreaker: true } }, async () => 'ok')
  t.strictSame(await statuses(app, '/', 3), [503, 503, 503])
  t.match(app.circuitBreakers.get('GET /').stats, { fires: 3, ignored: 3, failures: 0 })
})

t.test('a request that another check refuses decides nothing', async t => {
  const { app, core } = guardedApp(t)
  core.admission.add({ name: 'shut', order: 900, check: () => ({ by: 'shut', reason: 'shut', status: 503, retryAfter: () => 0 }) })
  app.get('/', { config: { circuitBreaker: true } }, async () => 'ok')
  t.strictSame(await statuses(app, '/', 3), [503, 503, 503])
  t.equal(app.circuitBreakers.get('GET /').stats.fires, 0)
})
