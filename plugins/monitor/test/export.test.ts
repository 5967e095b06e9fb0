import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { LatencyHistogram, LatencyWindow } from '@plimsoll/core'
import type { Frame, JournalEvent } from '@plimsoll/core'
import { emptyFrame, fakeClock } from '@plimsoll/core/testing'
import type { FakeClock } from '@plimsoll/core/testing'
import monitor, { webhookExporter } from '@plimsoll/monitor'
import type { Exporter, Summary } from '@plimsoll/monitor'
import Fastify from 'fastify'
import t from 'tap'
import { ExportLoop } from '../src/export-loop.ts'
import { summarize } from '../src/summary.ts'

interface Fixture { readonly loop: ExportLoop, readonly taken: Summary[], readonly events: string[], readonly clock: FakeClock, second (count?: number): Promise<void> }

/** A loop of five seconds; each second has a request of 10 ms. */
function setup (send: Exporter['export'] = () => {}): Fixture {
  const clock = fakeClock()
  const events: string[] = []
  const taken: Summary[] = []
  const exporter: Exporter = { name: 'sink', intervalMs: 5000, async export (summary, signal) { await send(summary, signal); taken.push(summary) } }
  const loop = new ExportLoop(exporter, { clock, journal: { record: ({ event, message }: JournalEvent) => { events.push(`${event}: ${message}`) } } })
  let sequence = 0
  return {
    loop,
    taken,
    events,
    clock,
    async second (count = 1) {
      for (let i = 0; i < count; i++) {
        clock.advance(1000)
        loop.add(frameOf(++sequence))
        // Promises of the exporter.
        await new Promise((resolve) => { setImmediate(resolve) })
      }
    }
  }
}

function frameOf (sequence: number): Frame {
  const histogram = new LatencyHistogram()
  histogram.record(10)
  const classes = { '2xx': { ...new LatencyWindow(histogram).next(), requestBytes: 1, responseBytes: 2 }, timeout: { ...new LatencyWindow(histogram).next(), requestBytes: 0, responseBytes: 0 } }
  return emptyFrame({
    instance: 'shop-1',
    at: sequence * 1000,
    routes: [{ method: 'GET', route: '/', inFlight: 1, classes }],
    upstreams: [{ origin: 'http://x', inFlight: 0, classes }],
    figures: [{ name: 'depth', type: 'gauge', value: sequence, time: 0, buckets: [] }, { name: 'render', type: 'timer', value: 1, time: 10_000, buckets: classes['2xx'].buckets }]
  })
}

t.test('each interval has its summary', async (t) => {
  const { taken, second, loop } = setup()
  await second(12)
  t.equal(taken.length, 2)
  const [summary] = taken
  t.match(summary, {
    from: 0,
    to: 5000,
    instance: 'shop-1',
    total: { count: 10, rate: 2, errors: 5, classes: { '2xx': 5, timeout: 5 }, totalMs: 100, requestBytes: 5, responseBytes: 10 },
    routes: [{ method: 'GET', route: '/', count: 10 }],
    upstreams: [{ origin: 'http://x', count: 10 }],
    figures: [{ name: 'depth', type: 'gauge', value: 5, latency: undefined }, { name: 'render', type: 'timer', value: 5 }]
  })
  t.ok(Math.abs(summary!.total.latency!.p99 - 10) < 0.16)
  t.equal(summary!.total.latency!.mean, 10)
  t.equal(loop.exported, 2)
})

t.test('what took most time comes first', async (t) => {
  const { routes } = summarize({ routes: [{ method: 'GET', route: '/quick', classes: { '2xx': { count: 9, time: 9, buckets: [1, 9], requestBytes: 0, responseBytes: 0 } } }, { method: 'GET', route: '/slow', classes: { '2xx': { count: 1, time: 1000, buckets: [64, 1], requestBytes: 0, responseBytes: 0 } } }], upstreams: [], figures: [] }, {}, { from: 0, to: 1000, instance: 'a' })
  t.strictSame(routes.map(({ route }) => route), ['/slow', '/quick'])
})

t.test('what was not taken comes with the next, whole; said once an outage', async (t) => {
  let away = true
  const { taken, second, loop, events } = setup(() => { if (away) throw new Error('away') })
  await second(13)
  t.equal(taken.length, 0)
  t.equal(loop.failures, 2)
  away = false
  await second(2)
  t.equal(taken[0]?.total.count, 30)
  t.equal(taken[0]?.from, 0)
  t.equal(taken.reduce((sum, { total }) => sum + total.count, 0), 30)
  t.strictSame(events, ['export-failed: sink did not take the figures (away); they are kept and come with the next', 'export-resumed: sink takes figures again; none were lost'])
})

t.test('one that hangs is aborted after an interval, and meanwhile not called again', async (t) => {
  let calls = 0
  let aborted = 0
  const { second, loop, taken } = setup(async (_summary, signal) => {
    if (++calls > 1) return
    await new Promise(() => { signal.addEventListener('abort', () => { aborted++ }) })
  })
  await second(9)
  t.equal(calls, 1)
  await second(2)
  t.equal(aborted, 1)
  await second(9)
  t.equal(taken[0]?.from, 0)
  t.equal(taken.reduce((sum, { total }) => sum + total.count, 0), taken.at(-1)!.to / 1000 * 2, 'nothing was lost')
  loop.close()
})

t.test('closing aborts what is on its way', async (t) => {
  let aborted = false
  const { second, loop, clock } = setup(async (_summary, signal) => { await new Promise((resolve) => { signal.addEventListener('abort', () => { aborted = true; resolve(undefined) }) }) })
  await second(5)
  loop.close()
  await second(0)
  t.ok(aborted)
  await new Promise((resolve) => { setImmediate(resolve) })
  t.equal(clock.pending, 0)
})

t.test('a webhook posts summaries of a real application; an answer but 2xx is a failure', async (t) => {
  const bodies: Array<{ readonly body: Summary, readonly authorization: string | undefined }> = []
  let status = 500
  const server = createServer(async (req, res) => {
    bodies.push({ body: JSON.parse(await text(req)), authorization: req.headers.authorization })
    res.statusCode = status
    status = 204
    res.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  const app = Fastify()
  app.register(monitor, { exporters: [webhookExporter({ url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/figures`, headers: { authorization: 'Bearer x' }, intervalMs: 1000 })] })
  app.get('/', async () => 'hello')
  t.teardown(() => app.close())
  await app.ready()
  await app.inject('/')
  const { exports: [loop] } = app.monitor
  for (const end = performance.now() + 60_000; (loop?.exported ?? 0) === 0 && performance.now() < end;) await new Promise((resolve) => { setTimeout(resolve, 20) })
  t.equal(loop?.failures, 1)
  t.equal(bodies[1]?.body.routes[0]?.count, 1, 'it came again')
  t.equal(bodies[0]?.authorization, 'Bearer x')
  t.match(app.plimsoll.components.get('monitor', 'monitor')?.snapshot(), { exported: 1, exportFailures: 1 })
})
