import Fastify from 'fastify'
import t from 'tap'
import plimsoll, { ensureCore } from '@plimsoll/core'
import { page } from './page.ts'
import { limiter } from './limiter.ts'
import { routeBreaker } from './route-breaker.ts'

process.env['NODE_ENV'] = 'test'

t.test('a page shows components that it has never heard of, and the journal', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.register(page)
  app.register(plimsoll, { admin: {} })
  app.register(async (child) => {
    child.register(limiter, { perSecond: 100 })
    child.register(routeBreaker)
    const { components, journal } = ensureCore(child)
    components.register({ kind: 'third-party', name: 'ovens', snapshot: () => ({ hot: 3 }), health: () => ({ status: 'degraded', reason: '<b>cold</b>' }) })
    components.register({ kind: 'third-party', name: 'broken', snapshot: () => { throw new Error('a bug') }, health: () => ({ status: 'ok' }) })
    journal.record({ component: 'third-party/ovens', event: 'lit', message: 'the oven <is> lit' })
  })
  const response = await app.inject('/plimsoll/page')
  t.equal(response.statusCode, 200)
  for (const part of [
    '<h1>ready</h1>',
    '<td>limiter</td><td>limiter</td><td>ok</td>',
    '<td>perSecond</td>',
    '<td>route-breaker</td>',
    '<td>reset</td>',
    '<td>third-party</td><td>ovens</td><td>degraded</td><td>&#60;b&#62;cold&#60;/b&#62;</td><td>{&#34;hot&#34;:3}</td>',
    '<td>third-party</td><td>broken</td><td>ok</td><td></td><td>{&#34;error&#34;:&#34;snapshot() threw: a bug&#34;}</td>',
    '<li>third-party/ovens: the oven &#60;is&#62; lit</li>'
  ]) t.match(response.body, part)
})
