import plimsoll from '@plimsoll/core'
import dashboard from '@plimsoll/dashboard'
import loadShedder from '@plimsoll/load-shedder'
import Fastify from 'fastify'
import t from 'tap'

process.env['NODE_ENV'] = 'test'

t.test('while the load shedder refuses all but critical requests, operators still see the dashboard and can end it', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.register(loadShedder)
  app.register(plimsoll, { admin: { prefix: '/ops' } })
  app.register(dashboard)
  app.get('/', { config: { priority: 'high' } }, () => 'hello')
  await app.listen({ host: '127.0.0.1', port: 0 })
  app.loadShedder.forceOn()
  t.equal((await app.inject('/')).statusCode, 503)
  for (const url of ['/ops/dashboard', '/ops/api/performance/history', '/ops/api/performance/workers', '/ops/components', '/ops/metrics']) t.not((await app.inject(url)).statusCode, 503, url)
  const command = await app.inject({ method: 'POST', url: '/ops/components/load-shedder/load-shedder', headers: { 'x-plimsoll-request': '1' }, payload: { control: 'force', argument: 'auto' } })
  t.equal(command.statusCode, 200)
  t.equal((await app.inject('/')).statusCode, 200)
})
