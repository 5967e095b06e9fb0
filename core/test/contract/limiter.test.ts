import Fastify from 'fastify'
import t from 'tap'
import plimsoll, { ensureCore } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import { limiter } from './limiter.ts'

process.env['NODE_ENV'] = 'test'

t.test('a limiter: admission, clock, metrics, a tunable', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const clock = fakeClock()
  const core = ensureCore(app, { clock })
  app.register(limiter, { perSecond: 2 })
  app.register(plimsoll, { admin: { prefix: '/ops' } })
  app.get('/', () => 'ok')
  const statuses = async (count: number, url = '/'): Promise<number[]> => {
    const statuses: number[] = []
    for (let i = 0; i < count; i++) statuses.push((await app.inject(url)).statusCode)
    return statuses
  }
  t.strictSame(await statuses(4), [200, 200, 429, 429])
  t.strictSame(await statuses(3, '/ops/healthz'), [200, 200, 200], 'health routes are of class system')
  clock.advance(1_000)
  t.strictSame(await statuses(3), [200, 200, 429])
  core.components.setTunable({ kind: 'limiter', name: 'limiter', tunable: 'perSecond', value: 3, user: 'ann' })
  clock.advance(1_000)
  t.strictSame(await statuses(4), [200, 200, 200, 429])
  t.throws(() => core.components.setTunable({ kind: 'limiter', name: 'limiter', tunable: 'perSecond', value: 0, user: 'ann' }), { code: 'PLM_CORE_TUNABLE_BOUNDS' })
  clock.advance(1_000)
  const { body } = await app.inject('/ops/metrics')
  t.match(body, 'plimsoll_limiter_refused_total 4')
  t.match(body, 'plimsoll_core_refused_requests_total{component="limiter",reason="too-many"} 4')
})
