import Fastify from 'fastify'
import t from 'tap'
import { ensureCore } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import { routeBreaker } from './route-breaker.ts'

t.test('a route breaker of forty lines: scope, admission, components, controls, journal', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const clock = fakeClock()
  const core = ensureCore(app, { clock })
  app.register(routeBreaker, { failures: 3, openMs: 5_000 })
  let broken = true
  app.get('/fragile/:id', () => { if (broken) throw new Error('down'); return 'up' })
  app.get('/sound', () => 'ok')

  const statusOf = async (url: string): Promise<number> => (await app.inject(url)).statusCode
  for (let i = 0; i < 3; i++) t.equal(await statusOf(`/fragile/${i}`), 500)
  const refused = await app.inject('/fragile/4')
  t.equal(refused.statusCode, 503)
  t.equal(refused.headers['retry-after'], '5')
  t.equal(await statusOf('/sound'), 200, 'another route is not its concern')
  t.match(core.components.view('route-breaker', 'route-breaker'), {
    snapshot: { circuits: 2, open: ['/fragile/:id'] },
    health: { status: 'degraded', reason: 'open: /fragile/:id' },
    configuration: { failures: { value: 3, source: 'option' } },
    controls: { reset: { description: 'Closes every circuit' } }
  })
  t.equal(core.health.ready, true, 'an open circuit does not turn readiness off')

  broken = false
  await core.components.runControl({ kind: 'route-breaker', name: 'route-breaker', control: 'reset', user: 'ann' })
  t.equal(await statusOf('/fragile/5'), 200)

  broken = true
  for (let i = 0; i < 3; i++) await statusOf('/fragile/6')
  t.equal(await statusOf('/fragile/6'), 503)
  clock.advance(5_000)
  broken = false
  t.equal(await statusOf('/fragile/6'), 200)
  t.match(core.journal.entries().map(({ event }) => event), ['circuit-opened', 'control-run', 'circuit-opened'])
})

t.test('refusals and aborts are no outcomes: they must not open a circuit', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const core = ensureCore(app, { clock: fakeClock() })
  app.register(routeBreaker, { failures: 1, openMs: 5_000 })
  core.admission.add({ name: 'later', order: 900, check: ({ req }) => req.headers['x-refuse'] === undefined ? undefined : { by: 'later', reason: 'no', status: 503, retryAfter: () => 0 } })
  app.get('/', () => 'ok')
  t.equal((await app.inject({ url: '/', headers: { 'x-refuse': '1' } })).statusCode, 503)
  t.equal((await app.inject('/')).statusCode, 200)
})
