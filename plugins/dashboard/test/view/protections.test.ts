import t from 'tap'
import { Protections } from '../../src/view/protections.ts'
import type { Protection } from '../../src/view/view.ts'
import { component } from '../frames.ts'

const one = (kind: string, snapshot: Parameters<typeof component>[1], rest?: Parameters<typeof component>[2]): Protection | undefined => new Protections().see([component(kind, snapshot, rest)], 1)[0]

t.test('a circuit is told by its state', async (t) => {
  const circuit = (state: string): Parameters<typeof component>[1] => ({ breakers: [{ name: 'https://pay', state, failureRate: 0.5, calls: 20, refused: 3, openForMs: 12_400, retryAfterMs: 600 }] })
  t.match(one('circuit-breaker', circuit('open'), { name: 'circuit-breakers' }), { kind: 'circuit-breaker', name: 'https://pay', instance: 'a', level: 'critical', text: 'open for 12 s, 3 refused, tried again in 0.6 s' })
  t.match(one('circuit-breaker', circuit('half-open')), { level: 'warning' })
  t.match(one('circuit-breaker', circuit('isolated')), { level: 'warning', text: /operator/ })
  t.match(one('circuit-breaker', circuit('closed')), { level: 'ok', text: 'closed, 50 % failing of 20' })
  t.match(one('circuit-breaker', circuit('metrics-only')), { level: 'notice', text: /^metrics-only/ })
})

t.test('a circuit with a name of its own says what it stands before; what is no text is left out, and there are at most five', async (t) => {
  const circuit = (origins: Parameters<typeof component>[1][string]): Parameters<typeof component>[1] => ({ breakers: [{ name: 'payment', state: 'open', origins }] })
  t.strictSame(one('circuit-breaker', circuit(['https://pay', 7, 'https://pay-2']))?.origins, ['https://pay', 'https://pay-2'])
  t.equal(one('circuit-breaker', circuit(Array.from({ length: 9 }, (_, i) => `https://pay-${i}`)))?.origins?.length, 5)
  t.equal(one('circuit-breaker', circuit('https://pay'))?.origins, undefined)
})

t.test('refusals are told per second, from the second look on', async (t) => {
  const protections = new Protections()
  const look = (refused: number): Protection[] => [...protections.see([
    component('rate-limiter', { limits: [{ name: 'default', limit: 20, windowMs: 1000, refused, keys: 9, limitedKeys: 2 }] }),
    component('load-shedder', { limit: 12.4, inFlight: 12, queued: 3, refused: { low: refused, batch: 5 } })
  ], 2)]
  t.match(look(1000), [{ level: 'ok' }, { level: 'ok', text: '12 of 12 in flight, 3 queued' }])
  t.match(look(1040), [{ kind: 'load-shedder', level: 'warning', text: '20 refused/s; 12 of 12 in flight, 3 queued' }, { kind: 'rate-limiter', name: 'default', level: 'notice', text: '20 refused/s, 2 of 9 clients over 20 in 1.0 s' }])
  t.match(look(0), [{ level: 'ok' }, { level: 'ok' }], 'an instance that began anew')
})

t.test('a shedder that was forced or switched off says so', async (t) => {
  t.match(one('load-shedder', { force: 'on' }), { level: 'critical', text: /^forced on/ })
  t.match(one('load-shedder', { force: 'off', limit: 'unlimited' }), { level: 'notice', text: /switched off.*0 of unlimited/ })
  t.match(one('load-shedder', { enabled: false }), { level: 'notice' })
  t.match(one('load-shedder', { underPressure: true }), { level: 'notice' })
})

t.test('a pool is judged by who waits', async (t) => {
  t.match(one('pool', { max: 10, inUse: 4, waiting: 0 }), { level: 'ok', text: '4 of 10 in use, 0 waiting' })
  t.match(one('pool', { max: 10, inUse: 10, waiting: 0 }), { level: 'notice' })
  t.match(one('pool', { max: 10, inUse: 10, waiting: 3 }), { level: 'warning' })
  t.match(one('pool', { max: 10, inUse: 10, waiting: 11 }), { level: 'critical' })
})

t.test('the coordinator is told by its mode', async (t) => {
  t.match(one('coordinator', { mode: 'single' }), { level: 'ok', text: 'this instance alone' })
  t.match(one('coordinator', { mode: 'cluster', backend: 'redis', instances: 3 }), { level: 'ok', text: 'redis: 3 instances' })
  t.match(one('coordinator', { mode: 'degraded' }, { health: { status: 'degraded', reason: 'Redis is away' } }), { level: 'critical', text: 'Redis is away' })
  t.match(one('coordinator', { mode: 'degraded' }), { level: 'critical', text: 'degraded' })
})

t.test('of anything else its health counts', async (t) => {
  t.equal(one('mail-queue', {}), undefined)
  t.match(one('mail-queue', {}, { health: { status: 'degraded', reason: 'full' } }), { level: 'warning', text: 'full' })
  t.match(one('mail-queue', {}, { health: { status: 'failing' } }), { level: 'critical', text: '' })
  for (const kind of ['constructor', '__proto__', 'toString']) t.equal(one(kind, {}), undefined, kind)
})

t.test('worst first, at most 50, and nothing that is long', async (t) => {
  const breakers = Array.from({ length: 100 }, (_, i) => ({ name: `${i}`.padEnd(500, 'x'), state: i === 99 ? 'open' : 'closed' }))
  const seen = new Protections().see([component('circuit-breaker', { breakers }), component('other', {}, { health: { status: 'degraded', reason: 'y'.repeat(1000) } })], 1)
  t.equal(seen.length, 50)
  t.match(seen.map(({ level }) => level).slice(0, 3), ['critical', 'warning', 'ok'])
  t.ok(seen.every(({ name, text }) => name.length <= 100 && text.length <= 200))
})

t.test('a snapshot of any shape is no fault', async (t) => {
  for (const kind of ['circuit-breaker', 'rate-limiter', 'load-shedder', 'pool', 'coordinator']) {
    for (const snapshot of [{}, { breakers: 'no', limits: 7, refused: [1], max: 'x', mode: null, enabled: 0 }, { breakers: [null, 1, {}], limits: [[], {}], refused: { a: 'x', b: 2 } }]) {
      t.doesNotThrow(() => one(kind, snapshot), `${kind} ${JSON.stringify(snapshot)}`)
    }
  }
})
