import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import fastify from 'fastify'
import t from 'tap'
import { findService, skipWithout, startPrometheus } from '../../tools/services.ts'
import { adminSpec } from '../src/admin/admin-options.ts'
import { AdminSurface } from '../src/admin/admin-surface.ts'
import { bearerAuth } from '../src/admin/bearer-auth.ts'
import { addCoreRoutes } from '../src/admin/core-routes.ts'
import { systemClock as clock } from '../src/clock.ts'
import { Components } from '../src/components.ts'
import { registerCoreMetrics } from '../src/core-metrics.ts'
import { Health } from '../src/health.ts'
import { Journal } from '../src/journal.ts'
import { Metrics } from '../src/metrics.ts'
import { RefusalCounter } from '../src/refusal-counter.ts'
import { Vitals } from '../src/vitals/vitals.ts'

const TOKEN = 'prometheus-prometheus'
const auth = bearerAuth({ tokens: [{ token: TOKEN, user: 'prometheus', role: 'viewer' }] })

/** A service with all of core's metrics and the shapes that plugins will have, hostile labels included. */
async function startService (): Promise<{ address: string, close (): Promise<void> }> {
  const app = fastify()
  const journal = new Journal({ clock })
  const components = new Components({ clock, journal })
  const vitals = new Vitals({ clock, listenerFailed () {} })
  const metrics = new Metrics({ clock, journal })
  const health = new Health({ clock, journal, components, lifeCycle: { ready: true } })
  const admin = new AdminSurface({ root: app, clock, journal })
  const refusals = new RefusalCounter()
  refusals.count({ by: 'load-shedder', reason: 'queue-full', status: 503, retryAfter: () => 1 })
  components.register({ kind: 'thing', name: 'with "quotes" and \\', snapshot: () => ({}), health: () => ({ status: 'ok' }) })
  registerCoreMetrics({ metrics, vitals, journal, components, refusals, scopes: { inFlight: 3, leased: 0, streams: 0 }, admin })
  const counts = new Float64Array(12).fill(2)
  metrics.register({
    name: 'plimsoll_test_request_duration_seconds',
    help: 'A histogram of 2,500 series with "quotes", \\ and\na line break',
    type: 'histogram',
    labels: ['route', 'class'],
    bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    collect (report) { for (let route = 0; route < 500; route++) for (let i = 1; i <= 5; i++) report.distribution(counts, 7.5, `/route\n"${route}"\\é😀`, `${i}xx`) }
  })
  metrics.register({ name: 'plimsoll_test_odd_ratio', help: 'Odd numbers', type: 'gauge', labels: ['x'], collect (report) { report.value(NaN, 'a'); report.value(Infinity, 'b'); report.value(-Infinity, 'c'); report.value(1e-9, 'd'); report.value(1e300, 'e') } })
  addCoreRoutes(admin, { health, metrics, components, journal })
  admin.open(adminSpec.resolve({ port: 0, auth }).values)
  app.addHook('onReady', () => admin.start())
  app.addHook('onClose', () => admin.close())
  vitals.subscribe()
  await app.ready()
  while (vitals.latest === undefined) await setTimeout(50)
  return {
    address: admin.address ?? '',
    async close () {
      vitals.close()
      await app.close()
    }
  }
}

t.test('promtool finds nothing to say about /metrics', async (t) => {
  if (await skipWithout(t, 'promtool')) return
  const service = await startService()
  t.teardown(() => service.close())
  const answer = await fetch(`${service.address}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } })
  t.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  const promtool = spawn(await findService('promtool'), ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] })
  promtool.stdin.end(await answer.text())
  const [said, complained, [code]] = await Promise.all([text(promtool.stdout), text(promtool.stderr), once(promtool, 'close')])
  t.equal(said + complained, '')
  t.equal(code, 0)
})

t.test('a real Prometheus scrapes it', async (t) => {
  if (await skipWithout(t, 'prometheus')) return
  const service = await startService()
  t.teardown(() => service.close())
  const prometheus = await startPrometheus({ targets: [new URL(service.address).host], bearerToken: TOKEN })
  t.teardown(() => prometheus.stop())
  const expected: ReadonlyArray<readonly [expression: string, value: string]> = [
    ['up{job="plimsoll"}', '1'],
    ['plimsoll_core_in_flight_requests', '3'],
    ['plimsoll_core_refused_requests_total{component="load-shedder", reason="queue-full"}', '1'],
    ['count(plimsoll_test_request_duration_seconds_count)', '2500'],
    ['sum(plimsoll_test_request_duration_seconds_bucket{le="+Inf"})', '60000'],
    ['plimsoll_core_component_health_status', '0'],
    ['count(plimsoll_core_event_loop_utilization_ratio)', '1'],
    ['plimsoll_test_odd_ratio{x="b"}', '+Inf']
  ]
  const deadline = clock.now() + 60_000
  for (const [expression, value] of expected) {
    let found: string | undefined
    while (found !== value && clock.now() < deadline) {
      found = (await prometheus.query(expression))[0]?.value[1]
      if (found !== value) await setTimeout(100)
    }
    t.equal(found, value, expression)
  }
})
