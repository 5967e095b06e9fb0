import Fastify from 'fastify'
import { expect, test } from 'tstyche'
import monitor, { webhookExporter } from '@plimsoll/monitor'
import type { Counter, Exporter, Gauge, Monitor, MonitorOptions, Report, Summary, Timer } from '@plimsoll/monitor'

const app = Fastify()

test('the plugin and its options', () => {
  expect(app.register).type.toBeCallableWith(monitor)
  expect(app.register).type.toBeCallableWith(monitor, { sampleRate: 0.1, history: { seconds: 600 } })
  expect<MonitorOptions>().type.toBeAssignableFrom({})
  expect<MonitorOptions>().type.toBeAssignableFrom({ history: true })
  expect<MonitorOptions>().type.toBeAssignableFrom({ exporters: [webhookExporter({ url: 'http://x' })] })
  expect<MonitorOptions>().type.toBeAssignableFrom({ traceId: () => undefined })
  expect<MonitorOptions>().type.not.toBeAssignableFrom({ sampleRate: '1' })
  expect<MonitorOptions>().type.not.toBeAssignableFrom({ history: { minutes: 5 } })
  expect<MonitorOptions>().type.not.toBeAssignableFrom({ exporters: [{ name: 'x' }] })
  expect<MonitorOptions>().type.not.toBeAssignableFrom({ traceId: () => 5 })
})

test('decorator and figures', () => {
  expect(app.monitor).type.toBe<Monitor>()
  expect(app.monitor.timer('render')).type.toBe<Timer>()
  expect(app.monitor.counter('orders', 'Orders taken')).type.toBe<Counter>()
  expect(app.monitor.gauge('depth')).type.toBe<Gauge>()
  expect(app.monitor.timer('render').time(() => 5)).type.toBe<number>()
  expect(app.monitor.timer('render').time(async () => 'x')).type.toBe<Promise<string>>()
  expect(app.monitor.timer('render').start()).type.toBe<() => number>()
  expect(app.monitor.counter).type.not.toBeCallableWith(5)
})

test('exporters and reports', () => {
  expect<Parameters<Exporter['export']>>().type.toBe<[summary: Summary, signal: AbortSignal]>()
  expect(webhookExporter).type.not.toBeCallableWith({})
  expect<Report['summary']>().type.toBe<Summary>()
})
