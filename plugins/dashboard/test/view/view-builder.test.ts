import { emptyFrame } from '@plimsoll/core/testing'
import t from 'tap'
import { ALL, ViewBuilder } from '../../src/view/view-builder.ts'
import { classes, observed } from '../frames.ts'

const routes = [{ method: 'GET', route: '/', inFlight: 0, classes: classes({ '2xx': [10, 20] }) }]
const { requests } = emptyFrame()
const ten = { ...requests, settled: { ...requests.settled, completed: 10 } }

t.test('everybody is summed up; an instance that is stale is listed and not counted', async (t) => {
  const builder = new ViewBuilder({ of: ALL, self: 'a' })
  const { view } = builder.build(7, 5000, [observed({ instance: 'a', routes, requests: ten }), observed({ instance: 'b', routes, requests: ten }), observed({ instance: 'c', routes, requests: ten }, true)])
  t.match(view, { id: 7, at: 5000, of: 'all', traffic: { requests: 20 }, routes: [{ route: '/', requests: 20 }], instances: [{ instance: 'a', self: true }, { instance: 'b', self: false }, { instance: 'c', state: 'stale' }] })
  t.equal(view.heat.filter((_, i) => i % 2 === 1).reduce((sum, count) => sum + count, 0), 20)
})

t.test('one instance is shown alone, with everybody to choose from', async (t) => {
  const builder = new ViewBuilder({ of: 'b', self: 'a' })
  const { view } = builder.build(7, 5000, [observed({ instance: 'a', routes, requests: ten }), observed({ instance: 'b' })])
  t.match(view, { of: 'b', traffic: { requests: 0 }, routes: [] })
  t.equal(view.instances.length, 2)
})

t.test('of an instance that nobody has heard of it is said so', async (t) => {
  const { view } = new ViewBuilder({ of: 'ghost', self: 'a' }).build(1, 1, [observed({ instance: 'a' })])
  t.match(view.status, { level: 'notice', sentence: /nothing has been heard of instance ghost/, cause: { kind: 'unknown', instance: 'ghost' } })
})

t.test('a view is plain JSON', async (t) => {
  const { view } = new ViewBuilder({ of: ALL, self: 'a' }).build(1, 1, [observed({ instance: 'a', routes })])
  t.strictSame(JSON.parse(JSON.stringify(view)), view)
})

t.test('what changed comes beside it, between two seconds as well', async (t) => {
  const builder = new ViewBuilder({ of: ALL, self: 'a' })
  t.strictSame(builder.build(1, 1, [observed({ instance: 'a' })]).instanceChanges, [])
  t.strictSame(builder.instanceChanges([observed({ instance: 'a' }), observed({ instance: 'b' })]), [{ instance: 'b', state: 'live' }])
  const { instanceChanges, alertChanges } = builder.build(2, 2, [observed({ instance: 'a' }), observed({ instance: 'b' }, true)])
  t.strictSame(instanceChanges, [{ instance: 'b', state: 'stale' }])
  t.strictSame(alertChanges, [])
})

t.test('the dashboard\'s own routes are not among the application\'s', async (t) => {
  const own = { method: 'GET', route: '/ops/dashboard/', inFlight: 0, classes: classes({ '2xx': [1, 500] }) }
  const builder = new ViewBuilder({ of: ALL, self: 'a', isOwn: (route) => route.startsWith('/ops/') })
  t.strictSame(builder.build(1, 1, [observed({ routes: [own, ...routes] })]).view.routes.map(({ route }) => route), ['/'])
})

t.test('a view stays small, whatever an instance says', async (t) => {
  const long = 'x'.repeat(1000)
  const reasons = Array.from({ length: 100 }, () => ({ component: long, status: 'degraded' as const, reason: long }))
  const entry = { sequence: 1, at: 1, component: long, event: long, message: long, severity: 'error' as const, data: { long } }
  const alert = { rule: long, severity: long, instance: 'i', startsAt: 1, summary: long }
  const { view } = new ViewBuilder({ of: ALL, self: 'a' }).build(1, 1, Array.from({ length: 300 }, (_, i) => observed({
    instance: `i${i}`,
    health: { live: true, ready: true, degraded: true, reasons },
    routes: Array.from({ length: 300 }, (_, n) => ({ method: long, route: `${n}${long}`, inFlight: 0, classes: {} })),
    upstreams: Array.from({ length: 300 }, (_, n) => ({ origin: `${n}${long}`, inFlight: 0, classes: {} })),
    journal: Array.from({ length: 200 }, () => entry),
    components: [{ kind: 'alerts', name: 'alerts', health: { status: 'ok' }, snapshot: { alerts: Array.from({ length: 100 }, () => alert) } }]
  })))
  t.ok(JSON.stringify({ ...view, instances: [] }).length < 150_000)
  t.ok(JSON.stringify(view.instances).length / view.instances.length < 4000)
})
