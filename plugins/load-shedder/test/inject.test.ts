import Fastify from 'fastify'
import t from 'tap'
import loadShedder from '../src/index.ts'
import { testApp, until } from './app.ts'
import { FixedLimit } from './fixed-limit.ts'

t.test('inject() passes the gate: from the root, a child, with a promise, a callback and the chain API', async t => {
  const { app } = testApp()
  let child = app
  app.register(async instance => { child = instance })
  t.teardown(() => app.close())
  await app.ready()
  app.loadShedder.forceOn()
  t.equal((await app.inject('/')).statusCode, 503)
  t.equal((await child.inject({ url: '/' })).statusCode, 503)
  t.equal((await app.inject().get('/').end()).statusCode, 503)
  t.equal(await new Promise(resolve => app.inject('/', (_error, response) => resolve(response?.statusCode))), 503)
  app.loadShedder.auto()
  t.equal((await app.inject().get('/').query({ a: '1' })).statusCode, 200)
  t.equal(app.loadShedder.gate.stats.arrived[3], 5)
})

t.test('what is injected before the plugin has loaded passes the gate as well', async t => {
  const { app } = testApp()
  t.teardown(() => app.close())
  const promised = app.inject('/')
  const chained = app.inject().get('/').end()
  const called = new Promise(resolve => app.inject({ url: '/' }, (_error, response) => resolve(response?.statusCode)))
  t.equal((await promised).statusCode, 200)
  t.equal((await chained).statusCode, 200)
  t.equal(await called, 200)
  t.equal(app.loadShedder.gate.stats.started[3], 3)
})

t.test('injected requests wait for a permit', async t => {
  const { app, held } = testApp({}, {}, new FixedLimit({ limit: 1 }))
  t.teardown(() => app.close())
  await app.ready()
  const first = app.inject('/held')
  const second = app.inject('/')
  await until(() => held.length === 1 && app.loadShedder.gate.queued === 1)
  held[0]?.()
  t.equal((await first).body, 'held')
  t.equal((await second).body, 'root')
})

t.test('an application that fails to start tells the injection, as Fastify does', async t => {
  const app = Fastify()
  app.register(loadShedder, { maxQueue: -1 })
  await t.rejects(app.inject('/'), { code: 'PLM_LOAD_SHEDDER_INVALID_OPTION' })
  const other = Fastify()
  other.register(loadShedder, { maxQueue: -1 })
  t.match(await new Promise(resolve => other.inject('/', error => resolve(error))), { code: 'PLM_LOAD_SHEDDER_INVALID_OPTION' })
})

t.test('after close, Fastify answers by its own error', async t => {
  const { app } = testApp()
  await app.ready()
  await app.close()
  await t.rejects(async () => app.inject('/'), { code: 'FST_ERR_REOPENED_CLOSE_SERVER' })
})

t.test('an application without the plugin injects as ever', async t => {
  const app = Fastify()
  app.get('/', async () => 'bare')
  t.teardown(() => app.close())
  t.equal((await app.inject('/')).body, 'bare')
  t.equal((await app.inject({ url: '/' })).body, 'bare')
})
