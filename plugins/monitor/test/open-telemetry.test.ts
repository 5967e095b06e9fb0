import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { context, metrics, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import type { Context, ContextManager } from '@opentelemetry/api'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { TracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace'
import { ensureCore } from '@plimsoll/core'
import type { Core, Refusal } from '@plimsoll/core'
import monitor from '@plimsoll/monitor'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { loadOpenTelemetry, OpenTelemetryRegistry } from '../src/open-telemetry.ts'

/** The active context follows the request, as the application's own SDK makes it. */
class Contexts implements ContextManager {
  readonly #storage: AsyncLocalStorage<Context> = new AsyncLocalStorage()
  active (): Context { return this.#storage.getStore() ?? ROOT_CONTEXT }
  with<A extends unknown[], F extends (...args: A) => ReturnType<F>> (active: Context, run: F, thisArg?: ThisParameterType<F>, ...args: A): ReturnType<F> { return this.#storage.run(active, () => run.call(thisArg, ...args)) }
  bind<T> (_context: Context, target: T): T { return target }
  enable (): this { return this }
  disable (): this { return this }
}

interface Otlp { readonly resourceMetrics: ReadonlyArray<{ readonly scopeMetrics: ReadonlyArray<{ readonly metrics: readonly OtlpMetric[] }> }> }
interface OtlpMetric { readonly name: string, readonly sum?: OtlpPoints, readonly gauge?: OtlpPoints }
interface OtlpPoints { readonly isMonotonic?: boolean, readonly dataPoints: ReadonlyArray<{ readonly asDouble?: number, readonly asInt?: number, readonly attributes: ReadonlyArray<{ readonly key: string, readonly value: { readonly stringValue: string } }> }> }

/** An OTLP receiver: what came last. */
async function receiver (t: { teardown (end: () => unknown): void }): Promise<{ readonly url: string, readonly series: () => Record<string, number> }> {
  let last: Otlp | undefined
  const server = createServer(async (req: IncomingMessage, res) => {
    last = JSON.parse(await text(req))
    res.setHeader('content-type', 'application/json').end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/v1/metrics`,
    series: () => Object.fromEntries((last?.resourceMetrics ?? []).flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics.flatMap(({ name, sum, gauge }) => (sum ?? gauge)!.dataPoints.map(({ asDouble, asInt, attributes }) => [seriesName(name, attributes.map(({ key, value }) => [key, value.stringValue])), Number(asDouble ?? asInt)])))))
  }
}

function seriesName (name: string, labels: ReadonlyArray<readonly [string, string]>): string {
  return `${name}{${labels.map(([key, value]) => `${key}="${value}"`).sort().join()}}`
}

async function scraped (core: Core): Promise<Record<string, number>> {
  let page = ''
  for await (const piece of core.metrics.render()) page += piece
  return Object.fromEntries(Array.from(page.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm), ([, name = '', labels = '', value]) => [seriesName(name, Array.from(labels.matchAll(/(\w+)="([^"]*)"/g), ([, key = '', label = '']) => [key, label])), Number(value)]))
}

async function service (t: { teardown (end: () => unknown): void }, prepare: (core: Core, app: FastifyInstance) => void = () => {}): Promise<{ readonly app: FastifyInstance, readonly core: Core }> {
  const app = Fastify()
  const core = ensureCore(app)
  prepare(core, app)
  app.register(monitor, { openTelemetry: true })
  app.get('/items/:id', async () => 'x')
  t.teardown(() => app.close())
  await app.ready()
  return { app, core }
}

t.test('an OTLP receiver is told the same values as Prometheus', async (t) => {
  const { url, series } = await receiver(t)
  const reader = new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter({ url }), exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader] })
  metrics.setGlobalMeterProvider(provider)
  t.teardown(async () => { metrics.disable(); await provider.shutdown() })
  const { app, core } = await service(t)
  for (let i = 0; i < 12; i++) await app.inject(`/items/${i}`)
  await app.inject('/nowhere')
  app.monitor.counter('orders').add(3)
  app.monitor.timer('render').record(40)
  app.monitor.gauge('depth').set(7)
  await reader.forceFlush()
  const told = series()
  const own = Object.entries(await scraped(core)).filter(([name]) => /^(plimsoll_monitor|app)_/.test(name))
  t.ok(own.length > 40, `${own.length} series`)
  for (const [name, value] of own) if (told[name] !== value) t.equal(told[name], value, name)
  t.equal(told['plimsoll_monitor_requests_total{class="2xx",method="GET",route="/items/:id"}'], 12)
  t.equal(told['app_render_seconds_bucket{le="0.05"}'], 1)
  t.equal(told['plimsoll_core_in_flight_requests{}'], 0, 'those of every other plugin too')
  await app.close()
  app.monitor.counter('orders').add(5)
  await reader.forceFlush()
  t.equal(series()['app_orders_total{}'], 3, 'closed, nobody is asked')
})

t.test('a span carries its refusal and the circuits that changed under it', async (t) => {
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  trace.setGlobalTracerProvider(provider)
  context.setGlobalContextManager(new Contexts())
  t.teardown(async () => { trace.disable(); context.disable(); await provider.shutdown() })
  const refusal: Refusal = { by: 'shop-hours', reason: 'closed', status: 503, retryAfter: () => 1 }
  const { app, core } = await service(t, (core) => { core.admission.add({ name: 'shop-hours', order: 1, check: ({ req }) => req.url === '/items/closed' ? refusal : undefined }) })
  const traced = async (name: string, run: () => unknown): Promise<void> => {
    const span = trace.getTracer('test').startSpan(name)
    await context.with(trace.setSpan(context.active(), span), async () => { await run() })
    span.end()
  }
  const opened = { component: 'circuit-breaker/circuit-breakers', event: 'opened', message: 'payments opened', data: { circuit: 'payments', state: 'open' } }
  await traced('refused', () => app.inject('/items/closed'))
  await traced('served', () => app.inject('/items/1'))
  await traced('opens', () => core.journal.record(opened))
  await traced('other entries', () => {
    core.journal.record({ ...opened, component: 'shop' })
    core.journal.record({ ...opened, data: { circuit: 'payments' } })
    core.journal.record({ ...opened, data: { state: 'open' } })
  })
  core.journal.record(opened)
  const spans = exporter.getFinishedSpans()
  t.strictSame(spans.map(({ name, attributes }) => [name, attributes]), [
    ['refused', { 'plimsoll.refused.by': 'shop-hours', 'plimsoll.refused.reason': 'closed', 'plimsoll.refused.status': 503 }],
    ['served', {}],
    ['opens', { 'plimsoll.circuit.name': 'payments', 'plimsoll.circuit.state': 'open' }],
    ['other entries', {}]
  ])
  t.match(spans[2]?.events, [{ name: 'plimsoll.opened', attributes: { circuit: 'payments', state: 'open', message: 'payments opened' } }])
  await app.close()
  t.equal((await app.inject('/items/closed').catch(() => ({ statusCode: 0 }))).statusCode, 0)
})

t.test('without the package it is refused at register', async (t) => {
  await t.rejects(loadOpenTelemetry(async () => { throw new Error('Cannot find package') }), { code: 'PLM_MONITOR_OPENTELEMETRY_MISSING', cause: { message: 'Cannot find package' } })
})

t.test('what is no metric of core\'s is passed over; one that leaves twice harms nothing', async (t) => {
  const registry = new OpenTelemetryRegistry({ metrics })
  registry.registerMetric({ get: async () => ({}) })
  t.doesNotThrow(() => registry.removeSingleMetric('unknown'))
})
