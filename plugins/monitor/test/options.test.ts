import { ensureCore } from '@plimsoll/core'
import monitor, { webhookExporter } from '@plimsoll/monitor'
import Fastify from 'fastify'
import t from 'tap'
import { monitorOptions } from '../src/options.ts'

const exporter = { name: 'x', intervalMs: 1000, export () {} }

t.test('every wrong option is refused at register, with its name and what would be right', async (t) => {
  const wrong: ReadonlyArray<readonly [option: string, value: unknown]> = [
    ['enabled', 'yes'], ['upstreams', 1], ['openTelemetry', 'on'],
    ['sampleRate', NaN], ['sampleRate', -0.1], ['sampleRate', 1.1],
    ['maxRoutes', 9], ['maxRoutes', 1.5], ['maxRoutes', 100_001],
    ['traceId', 'header'],
    ['buckets', []], ['buckets', [0]], ['buckets', [1, 1]], ['buckets', [NaN]], ['buckets', 'classic'], ['buckets', Array.from({ length: 101 }, (_, i) => i + 1)],
    ['figurePrefix', ''], ['figurePrefix', 'App'], ['figurePrefix', 'plimsoll'], ['figurePrefix', 'x'.repeat(31)],
    ['history', 'long'], ['history', null], ['history', []], ['history', { seconds: 59 }], ['history', { maxBytes: 1 }], ['history', { minutes: 1 }], ['history', { seconds: '60' }],
    ['exporters', exporter], ['exporters', [null]], ['exporters', [{ ...exporter, name: 'a b' }]], ['exporters', [{ ...exporter, intervalMs: 999 }]], ['exporters', [{ ...exporter, intervalMs: '1000' }]], ['exporters', [{ ...exporter, export: 1 }]], ['exporters', Array.from({ length: 11 }, () => exporter)],
    ['sampleRat', 1]
  ]
  for (const [option, value] of wrong) {
    const app = Fastify()
    app.register(monitor, { [option]: value })
    await t.rejects(async () => { await app.ready() }, { code: 'PLM_MONITOR_INVALID_OPTION', message: new RegExp(`monitor option ${option} is `) }, `${option}: ${JSON.stringify(value)}`)
  }
})

t.test('what is given counts, what is not has its default, and both are shown', async (t) => {
  const { values } = monitorOptions.resolve({ history: { seconds: 600, maxBytes: 2_000_000 }, buckets: [0.1, 1], exporters: [exporter], figurePrefix: 'shop' })
  t.match(values, { enabled: true, upstreams: true, sampleRate: 1, maxRoutes: 1000, history: { seconds: 600 }, openTelemetry: false, figurePrefix: 'shop' })
  const app = Fastify()
  app.register(monitor, { exporters: [exporter], maxRoutes: 50 })
  t.teardown(() => app.close())
  await app.ready()
  const { configuration } = ensureCore(app).components.view('monitor', 'monitor')
  t.strictSame(configuration['exporters'], { value: [{ name: 'x', intervalMs: 1000 }], source: 'option' })
  t.strictSame(configuration['maxRoutes'], { value: 50, source: 'option' })
})

t.test('PLIMSOLL_DISABLE switches it off', async (t) => {
  process.env['PLIMSOLL_DISABLE'] = 'monitor'
  t.teardown(() => { delete process.env['PLIMSOLL_DISABLE'] })
  const app = Fastify()
  app.register(monitor)
  app.get('/', async () => 'hello')
  t.teardown(() => app.close())
  await app.inject('/')
  t.equal(app.monitor.enabled, false)
  t.match(ensureCore(app).components.view('monitor', 'monitor'), { snapshot: { routes: [] }, configuration: { enabled: { value: false, source: 'control' } } })
})

t.test('a webhook needs a URL', async (t) => {
  for (const url of ['', 'nowhere', 'ftp://x', undefined]) t.throws(() => webhookExporter(Object.assign({}, { url: String(url ?? '') })), { code: 'PLM_MONITOR_INVALID_OPTION', message: /monitor option url/ })
  t.equal(webhookExporter({ url: 'http://x' }).intervalMs, 30_000)
})
