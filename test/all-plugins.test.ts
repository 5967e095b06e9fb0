import { once } from 'node:events'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import plimsoll from '@plimsoll/core'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import t, { type Test } from 'tap'
import { publishedPackages } from '../tools/packages.ts'
import { skipWithout, startRedis } from '../tools/services.ts'

/** Every plugin there is, also one that somebody adds tomorrow. */
const names = publishedPackages().map(({ name }) => name).filter(name => name !== '@plimsoll/core')

if (await skipWithout(t, 'redis-server')) process.exit()
const redis = await startRedis()
t.teardown(() => redis.stop())

/** What a plugin can't do without. */
const options: Readonly<Record<string, object>> = {
  '@plimsoll/redis-coordinator': { url: `redis://127.0.0.1:${redis.port}` }
}

async function appWithAll (order: readonly string[]): Promise<FastifyInstance> {
  const app = Fastify()
  for (const name of order) {
    const { default: plugin }: { default: FastifyPluginAsync } = await import(name)
    app.register(plugin, options[name] ?? {})
  }
  app.register(plimsoll, { admin: { prefix: '/plimsoll', auth: async () => ({ user: 'test', role: 'viewer' }) } })
  app.get('/items/:id', async ({ params }) => params)
  app.post('/items', { config: { priority: 'critical' } }, async ({ body }) => body)
  app.get('/fails', async () => { throw new Error('as it must') })
  app.get('/stream', { config: { stream: true } }, async (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
    reply.raw.write('data: first\n\n')
  })
  return app
}

async function checkAnswer (t: Test, url: string, id: number): Promise<void> {
  const json = { 'content-type': 'application/json' }
  const [path, status, init]: [string, number, RequestInit] = ([
    [`/items/${id}`, 200, {}],
    ['/items', 200, { method: 'POST', headers: json, body: `{"id":"${id}"}` }],
    ['/fails', 500, {}],
    [`/nowhere/${id}`, 404, {}]
  ] satisfies Array<[string, number, RequestInit]>)[id % 4] ?? ['', 0, {}]
  let response = await fetch(`${url}${path}`, init)
  // On a machine that is busy with other things the load-shedder refuses what has waited too long, and rightly.
  while (response.status === 503) {
    await response.text()
    await delay(50)
    response = await fetch(`${url}${path}`, init)
  }
  const body = await response.text()
  if (response.status !== status) t.fail(`${path} was answered with ${response.status} ${body}`)
  if (status === 200) t.equal(body, `{"id":"${id}"}`)
}

for (const [how, order] of Object.entries({ 'in the order of their names': names, 'in the opposite order': names.toReversed() })) {
  t.test(`all plugins together, registered ${how}, serve as if they were not there, and close`, async t => {
    const app = await appWithAll(order)
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.server.address() as AddressInfo
    const url = `http://127.0.0.1:${port}`
    // A few at a time: a burst at a process that has just been started is what the load-shedder is for.
    for (let id = 0; id < 200; id += 20) {
      await Promise.all(Array.from({ length: 20 }, async (_, index) => await checkAnswer(t, url, id + index)))
    }
    const injected = await app.inject('/items/1')
    t.strictSame(injected.json(), { id: '1' }, 'inject() works as well')
    const stream = connect(port, '127.0.0.1')
    stream.write('GET /stream HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(stream, 'data')
    stream.destroy()

    const { components }: { components: Array<{ kind: string, name: string }> } = (await app.inject('/plimsoll/components')).json()
    t.ok(components.length >= names.length, `${names.length} plugins show ${components.length} components: ${components.map(({ name }) => name).join(', ')}`)
    const metrics = await app.inject('/plimsoll/metrics')
    t.equal(metrics.statusCode, 200)
    const families = metrics.body.split('\n').filter(line => line.startsWith('# TYPE '))
    t.equal(new Set(families).size, families.length, 'no metric is there twice')
    t.equal((await app.inject('/plimsoll/readyz')).statusCode, 200)
    await app.close()
    t.equal(app.plimsoll.scopes.inFlight, 0, 'nothing is left in flight')
  })
}
