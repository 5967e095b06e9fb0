import type { VitalSigns } from '@plimsoll/core'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import t from 'tap'
import loadShedder, {
  TYPE_EVENT_LOOP_DELAY, TYPE_EVENT_LOOP_UTILIZATION, TYPE_HEALTH_CHECK, TYPE_HEAP_USED_BYTES, TYPE_RSS_BYTES
} from '../src/index.ts'
import type { LoadShedderOptions } from '../src/index.ts'
import { pressureHook } from '../src/under-pressure.ts'
import { until } from './app.ts'

interface Test { teardown (task: () => unknown): void }

async function ready (t: Test, options: LoadShedderOptions, routes: (app: FastifyInstance) => void = () => {}): Promise<FastifyInstance> {
  const app = Fastify()
  app.register(loadShedder, options)
  app.get('/', async () => 'root')
  app.get('/health', { config: { priority: 'system' } }, async () => 'well')
  routes(app)
  t.teardown(() => app.close())
  await app.ready()
  return app
}

let windows = 0

/** One window of vital signs in which everything is well but what is given. */
function signs ({ delay = 0, utilization = 0, heapUsed = 10, rss = 10 }: { delay?: number, utilization?: number, heapUsed?: number, rss?: number } = {}): VitalSigns {
  return {
    at: ++windows * 1000,
    window: 1000,
    eventLoop: { utilization, delay: { mean: delay, p50: delay, p99: delay, max: delay } },
    cpu: { used: 0, available: 1, throttled: 0 },
    memory: { rss, heapUsed, heapLimit: 1e9, external: 0, arrayBuffers: 0, limit: 1e9, limitedBy: 'machine', cgroup: undefined, utilization: 0, oldSpaceFloor: undefined },
    gc: { share: 0, longestPause: 0, minor: 0, major: 0 }
  }
}

const thresholds = [
  [TYPE_EVENT_LOOP_DELAY, { maxEventLoopDelay: 50 }, signs({ delay: 51 }), 51],
  [TYPE_EVENT_LOOP_UTILIZATION, { maxEventLoopUtilization: 0.9 }, signs({ utilization: 0.95 }), 0.95],
  [TYPE_HEAP_USED_BYTES, { maxHeapUsedBytes: 1000 }, signs({ heapUsed: 1001 }), 1001],
  [TYPE_RSS_BYTES, { maxRssBytes: 1000 }, signs({ rss: 1001 }), 1001]
] as const

for (const [type, options, tripping, value] of thresholds) {
  t.test(`${type} trips in one window and clears in the next`, async t => {
    const app = await ready(t, options)
    t.equal((await app.inject('/')).statusCode, 200)
    app.loadShedder.signals.look(tripping)
    t.equal(app.isUnderPressure(), true)
    const refused = await app.inject('/')
    t.equal(refused.statusCode, 503)
    t.match(refused.json().message, type)
    t.equal((await app.inject('/health')).statusCode, 200, 'health checks do not die with the service')
    app.loadShedder.signals.look(signs())
    t.equal((await app.inject('/')).statusCode, 200)
    t.equal(app.loadShedder.signals.pressure, undefined)
  })

  t.test(`${type}: the pressure handler is told type and value`, async t => {
    const told: unknown[] = []
    const app = await ready(t, { ...options, pressureHandler: (_request, _reply, type, value) => { told.push([type, value]) } })
    app.loadShedder.signals.look({ ...tripping, at: ++windows * 1000 })
    t.equal((await app.inject('/')).body, 'root', 'a handler that returns nothing lets the request pass')
    t.strictSame(told, [[type, value]])
  })
}

t.test('real signals: a service that was idle and then fully busy trips within one window, and clears within one', async t => {
  const app = await ready(t, { maxEventLoopUtilization: 0.9, maxEventLoopDelay: 100_000, maxHeapUsedBytes: 1e12, maxRssBytes: 1e12 })
  t.equal(app.memoryUsage().eventLoopUtilized, 0)
  await until(() => app.plimsoll.vitals.latest !== undefined)
  const end = performance.now() + 2200
  while (performance.now() < end) { /* busy */ }
  await until(() => app.loadShedder.signals.pressure?.type === TYPE_EVENT_LOOP_UTILIZATION)
  t.equal((await app.inject('/')).statusCode, 503)
  t.match(app.memoryUsage(), { eventLoopDelay: Number, rssBytes: Number, heapUsed: Number, eventLoopUtilized: Number })
  await until(() => app.loadShedder.signals.pressure === undefined)
  t.equal((await app.inject('/')).statusCode, 200)
})

t.test('sampleInterval: windows in between are not looked at', async t => {
  const app = await ready(t, { maxRssBytes: 1000, sampleInterval: 3000 })
  app.loadShedder.signals.look(signs({ rss: 2000 }))
  app.loadShedder.signals.look(signs())
  app.loadShedder.signals.look(signs())
  t.equal(app.loadShedder.signals.pressure?.type, TYPE_RSS_BYTES)
  app.loadShedder.signals.look(signs())
  t.equal(app.loadShedder.signals.pressure, undefined)
})

t.test('healthCheck trips and clears, also by throwing', async t => {
  const results: Array<boolean | Error> = [false, true, new Error('database'), true]
  let runs = 0
  const app = await ready(t, {
    healthCheckInterval: 1,
    healthCheck () {
      const result = results[Math.min(runs++, results.length - 1)] ?? true
      if (result instanceof Error) throw result
      return result
    }
  })
  t.equal(app.loadShedder.signals.pressure?.type, TYPE_HEALTH_CHECK)
  t.equal((await app.inject('/')).statusCode, 503)
  await until(() => runs > 3 && app.loadShedder.signals.pressure === undefined)
  t.equal((await app.inject('/')).statusCode, 200)
})

t.test('a health check that is running while the application closes is not run again', async t => {
  let answer: (healthy: boolean) => void = () => {}
  let runs = 0
  const app = await ready(t, { healthCheckInterval: 1, healthCheck: () => ++runs === 1 ? true : new Promise<boolean>(resolve => { answer = resolve }) })
  await until(() => runs === 2)
  await app.close()
  answer(true)
  await new Promise(resolve => setImmediate(resolve))
  t.equal(runs, 2)
})

t.test('message and customError are answered as errors, with Retry-After', async t => {
  const app = await ready(t, { maxRssBytes: 1000, message: 'Under pressure!', retryAfter: 50 })
  app.loadShedder.signals.look(signs({ rss: 2000 }))
  const refused = await app.inject('/')
  t.equal(refused.headers['retry-after'], '50')
  t.strictSame(refused.json(), { code: 'FST_UNDER_PRESSURE', error: 'Service Unavailable', message: 'Under pressure!', statusCode: 503 })

  class Teapot extends Error { statusCode = 418 }
  const custom = await ready(t, { maxRssBytes: 1000, customError: Teapot }, app => app.setErrorHandler((error, _request, reply) => reply.code(error instanceof Teapot ? error.statusCode : 500).send('teapot')))
  custom.loadShedder.signals.look(signs({ rss: 2000 }))
  const teapot = await custom.inject('/')
  t.strictSame([teapot.statusCode, teapot.body], [418, 'teapot'])
})

t.test("a route's pressureHandler wins: what it returns is sent, a promise lets pass, a rejection is an error", async t => {
  const handlers = {
    '/value': () => 'B',
    '/reply': (_request: FastifyRequest, reply: FastifyReply) => { reply.send('C') },
    '/promise': async () => {},
    '/rejected': async () => { throw new Error('no') }
  }
  const app = await ready(t, { maxRssBytes: 1000, pressureHandler: () => 'global' }, app => {
    for (const [url, pressureHandler] of Object.entries(handlers)) app.get(url, { config: { pressureHandler } }, async () => 'A')
  })
  app.loadShedder.signals.look(signs({ rss: 2000 }))
  t.equal((await app.inject('/')).body, 'global')
  t.equal((await app.inject('/value')).body, 'B')
  t.equal((await app.inject('/reply')).body, 'C')
  t.equal((await app.inject('/promise')).body, 'A')
  t.equal((await app.inject('/rejected')).statusCode, 500)
  app.loadShedder.signals.look(signs())
  t.equal((await app.inject('/value')).body, 'A')
})

t.test('what was passed on for a route that turns out to have no handler is answered as an error', async t => {
  const hook = pressureHook({ answers: { pressureHandler: undefined, message: undefined, customError: undefined }, pressureOf: () => ({ type: 'rssBytes', value: 1 }), retryAfter: () => 5 })
  const app = Fastify()
  app.addHook('onRequest', hook)
  app.get('/', async () => 'root')
  t.teardown(() => app.close())
  t.match((await app.inject('/')).json(), { code: 'FST_UNDER_PRESSURE', message: 'Service Unavailable' })
})

t.test('exposeStatusRoute: by default, by path, and with options for route and schema', async t => {
  const plain = await ready(t, { exposeStatusRoute: true })
  t.strictSame((await plain.inject('/status')).json(), { status: 'ok' })

  let schema: unknown
  const full = Fastify({ exposeHeadRoutes: false })
  full.addHook('onRoute', route => { schema = route.schema })
  full.register(loadShedder, {
    healthCheck: () => ({ database: 'up', secret: 'x' }),
    exposeStatusRoute: {
      url: '/alive',
      routeOpts: { logLevel: 'silent' },
      routeSchemaOpts: { hide: true, response: { 200: { description: 'Well', properties: { own: { type: 'string' } } }, 418: { type: 'null' } } },
      routeResponseSchemaOpts: { database: { type: 'string' } }
    }
  })
  t.teardown(() => full.close())
  t.strictSame((await full.inject('/alive')).json(), { status: 'ok', database: 'up' })
  t.match(schema, { hide: true, response: { 200: { description: 'Well', properties: { status: {}, own: {}, database: {} } }, 418: {}, 503: {} } })

  let healthy: boolean | Error = false
  const sick = await ready(t, {
    exposeStatusRoute: '/alive',
    healthCheck () {
      if (healthy instanceof Error) throw healthy
      return healthy
    }
  })
  for (const state of [false, new Error('down')]) {
    healthy = state
    const answer = await sick.inject('/alive')
    t.equal(answer.statusCode, 503)
    t.match(answer.headers['retry-after'], /^\d+$/)
    t.match(answer.json(), { code: 'FST_UNDER_PRESSURE' })
  }
  healthy = true
  t.strictSame((await sick.inject('/alive')).json(), { status: 'ok' })
  t.equal((await sick.inject('/')).statusCode, 200, 'the status route tells the gate')
})

t.test('memoryUsage() without thresholds shows the memory of this moment', async t => {
  const app = await ready(t, {})
  t.ok(app.memoryUsage().rssBytes > 0)
  t.ok(app.memoryUsage().heapUsed > 0)
})
