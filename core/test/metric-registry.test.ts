import { Registry as SuccessorRegistry } from '@prometheus-io/client'
import { Registry } from 'prom-client'
import t from 'tap'
import { Journal } from '../src/journal.ts'
import type { MetricRegistry } from '../src/metric-registry.ts'
import type { MetricSource } from '../src/metric-source.ts'
import { Metrics } from '../src/metrics.ts'
import { fakeClock } from '../src/testing/index.ts'

function setup (): { journal: Journal, metrics: Metrics } {
  const clock = fakeClock()
  const journal = new Journal({ clock })
  return { journal, metrics: new Metrics({ clock, journal }) }
}

const things: MetricSource = { name: 'plimsoll_test_things_total', help: 'Things', type: 'counter', labels: ['kind'], collect: (report) => report.value(2, 'a "b"') }
const wait: MetricSource = { name: 'plimsoll_test_wait_seconds', help: 'Wait', type: 'histogram', labels: ['route'], bounds: [0.1, 1], collect: (report) => report.distribution([3, 2, 1], 4.5, '/a') }

type RealRegistry = MetricRegistry & { metrics (): Promise<string>, getMetricsAsJSON (): Promise<unknown>, resetMetrics (): void }

const registries: ReadonlyArray<readonly [name: string, plain: () => RealRegistry, openMetrics: () => RealRegistry]> = [
  ['prom-client', () => new Registry(), () => openMetricsOf(new Registry<'application/openmetrics-text; version=1.0.0; charset=utf-8'>(), Registry.OPENMETRICS_CONTENT_TYPE)],
  ['@prometheus-io/client', () => new SuccessorRegistry(), () => openMetricsOf(new SuccessorRegistry<'application/openmetrics-text; version=1.0.0; charset=utf-8'>(), SuccessorRegistry.OPENMETRICS_CONTENT_TYPE)]
]

function openMetricsOf<T, R extends RealRegistry & { setContentType (type: T): void }> (registry: R, type: T): R {
  registry.setContentType(type)
  return registry
}

for (const [name, make, makeOpenMetrics] of registries) {
  t.test(`a registry of ${name} says of our metrics what we say, present and future ones`, async (t) => {
    const { metrics } = setup()
    const registry = make()
    metrics.register(things)
    const unbind = metrics.bindTo(registry)
    const leave = metrics.register(wait)
    let own = ''
    for await (const piece of metrics.render()) own += piece
    const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '').map((line) => line.replace(/le="[^"]*",?|,?route="[^"]*",?/g, (pair) => pair.replaceAll(',', ''))).sort()
    const sorted = (text: string): string[] => lines(text).map((line) => [...line].sort().join(''))
    t.strictSame(sorted(await registry.metrics()), sorted(own), 'but for the order of labels')
    t.match(await registry.getMetricsAsJSON(), [{}, {}, { name: things.name }, { name: wait.name, type: 'histogram', aggregator: 'sum' }])
    registry.resetMetrics()
    t.match(await registry.metrics(), /things_total\{kind="a \\"b\\""\} 2/, 'the numbers are their owners\'')
    leave()
    t.notMatch(await registry.metrics(), /wait/)
    unbind()
    t.equal((await registry.metrics()).trim(), '')
    metrics.register(wait)
    t.equal((await registry.metrics()).trim(), '', 'nothing is added any more')
  })

  t.test(`OpenMetrics of ${name} names our counters right`, async (t) => {
    const { metrics } = setup()
    const registry = makeOpenMetrics()
    metrics.register(things)
    metrics.bindTo(registry)
    const text = await registry.metrics()
    t.match(text, /# TYPE plimsoll_test_things counter\nplimsoll_test_things_total\{kind=/)
    t.match(text, /# EOF\n$/)
  })

  t.test(`a source that throws does not break the scrape of ${name}`, async (t) => {
    const { metrics } = setup()
    const registry = make()
    metrics.register({ ...things, collect () { throw new Error('bug') } })
    metrics.register(wait)
    metrics.bindTo(registry)
    t.match(await registry.metrics(), /wait_seconds_count\{route="\/a"\} 6/)
  })
}

t.test('a registry that can not forget is no hindrance, and their number is bounded', async (t) => {
  const { metrics } = setup()
  const names: string[] = []
  const bare: MetricRegistry = { registerMetric (metric) { names.push(String(Reflect.get(metric, 'name'))) } }
  const unbind = metrics.bindTo(bare)
  metrics.register(things)()
  t.ok(names.includes(things.name))
  unbind()
  for (let i = 0; i < 10; i++) metrics.bindTo({ registerMetric () {} })
  t.throws(() => metrics.bindTo({ registerMetric () {} }), { code: 'PLM_CORE_REGISTRATION_INVALID', message: /at most 10/ })
})
