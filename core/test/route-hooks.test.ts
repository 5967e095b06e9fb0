import { connect } from 'node:net'
import Fastify from 'fastify'
import t from 'tap'
import { ensureCore, refuseRouted } from '@plimsoll/core'
import type { Core, Refusal } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'

const shut: Refusal = { by: 'door', reason: 'shut', status: 503, retryAfter: () => 7 }

/** Refuses the routes that ask for it, by a hook of theirs. */
function addDoor (core: Core): void {
  core.routes.onRoute(({ config }, options) => {
    if (config['door'] === true) options.onRequest = (request, reply) => { refuseRouted(core, request, reply.header('x-door', 'shut'), shut) }
  })
}

const guarded: object = { config: { door: true } }

t.test('a listener gives hooks to routes that were there before it and to those after it, and to no other', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  const core = ensureCore(app, { clock: fakeClock() })
  app.get('/before', guarded, async () => 'ok')
  app.get('/free', async () => 'ok')
  app.register(async child => { child.get('/child', guarded, async () => 'ok') })
  app.register(async () => { addDoor(core) })
  app.register(async child => { child.get('/after', guarded, async () => 'ok') })
  for (const url of ['/before', '/child', '/after']) {
    const { statusCode, headers, body } = await app.inject(url)
    t.equal(statusCode, 503)
    t.match(headers, { 'x-door': 'shut', 'retry-after': '7' })
    t.match(JSON.parse(body), { code: 'PLM_REFUSED', message: 'refused by door: shut' })
  }
  t.equal((await app.inject('/free')).statusCode, 200)
  t.equal(core.admission.refusals.total, 3)
})

t.test('a listener that throws refuses the route', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  const core = ensureCore(app)
  core.routes.onRoute(({ url }) => { if (url === '/bad') throw new Error('not this one') })
  t.throws(() => app.get('/bad', async () => 'ok'), { message: 'not this one' })
})

t.test('a degrade handler answers for the refusal, which the scope knows', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  const core = ensureCore(app, { clock: fakeClock() })
  addDoor(core)
  const reasons: unknown[] = []
  app.addHook('onRequest', async (request, reply) => {
    core.scopeOf(request.raw, reply.raw).watch({ settled: (_scope, reason) => { reasons.push(reason) } }, undefined)
  })
  const degrade = (_request: unknown, _reply: unknown, refusal: Refusal): object => ({ cheap: refusal.reason })
  const degraded: object = { config: { door: true, degrade } }
  app.get('/', degraded, async () => 'ok')
  t.equal((await app.inject('/')).body, '{"cheap":"shut"}')
  t.strictSame(reasons, ['refused'])
})

t.test('a body that nobody wants is not read to its end', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  addDoor(ensureCore(app))
  app.post('/', guarded, async () => 'ok')
  await app.listen({ port: 0, host: '127.0.0.1' })
  const socket = connect(Number(new URL(app.listeningOrigin).port), '127.0.0.1')
  socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-type: text/plain\r\ncontent-length: 20000000\r\n\r\n')
  let answer = ''
  for await (const chunk of socket) answer += String(chunk)
  t.match(answer, /^HTTP\/1\.1 503 /)
  t.match(answer, /connection: close/i)
})
