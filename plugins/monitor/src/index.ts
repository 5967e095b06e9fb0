import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { ensureCore, isEnabled } from '@plimsoll/core'
import { RegisteredTwiceError } from './errors.ts'
import { Monitor } from './monitor.ts'
import { monitorComponent } from './monitor-component.ts'
import { monitorMetrics } from './monitor-metrics.ts'
import { monitorSource } from './monitor-source.ts'
import { loadOpenTelemetry, OpenTelemetryRegistry } from './open-telemetry.ts'
import { monitorOptions } from './options.ts'
import type { MonitorOptions } from './options.ts'
import { makeReport } from './report.ts'
import { attributeSpans } from './span-attributes.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Timers, counters and gauges of the application's own, and the figures of its routes. */
    monitor: Monitor
  }
}

/** Latency, throughput and errors of every route and upstream, counted at each request's settlement. Register it first, and once. */
const monitor: FastifyPluginAsync<MonitorOptions> = fp(async (fastify: FastifyInstance, given: MonitorOptions): Promise<void> => {
  const core = ensureCore(fastify)
  const { root, frames } = core
  if (root.hasDecorator('monitor')) throw new RegisteredTwiceError()
  const resolved = monitorOptions.resolve(given)
  const { values } = resolved
  const monitor = new Monitor(core, values, isEnabled('monitor', values.enabled))
  const { requests, upstreams, figures, exports: loops } = monitor
  root.decorate('monitor', monitor)
  root.addHook('onRequest', requests.hook())
  const leave = [
    core.scopes.observe((scope, reason) => requests.settled(scope, reason)),
    frames.addSource(monitorSource(requests, upstreams, figures)),
    core.components.register(monitorComponent(monitor, resolved)),
    ...monitorMetrics(requests, upstreams, values.buckets).map((metric) => core.metrics.register(metric)),
    ...loops.map((loop) => frames.subscribe((frame) => loop.add(frame)))
  ]
  if (values.history !== false) leave.push(frames.keepHistory(values.history === true ? {} : values.history))
  core.admin.route({ method: 'GET', url: '/monitor/report', role: 'viewer', handler: ({ query }) => makeReport(core, { ...Object(query) }) })
  if (values.openTelemetry) {
    const api = await loadOpenTelemetry()
    leave.push(core.metrics.bindTo(new OpenTelemetryRegistry(api)), attributeSpans(api, { refusals: core.admission.refusals, journal: core.journal }))
  }
  root.addHook('onClose', async () => {
    monitor.close()
    for (const step of leave) step()
  })
}, { fastify: '5.x', name: '@plimsoll/monitor' })

export default monitor
export type { AppFigures, Counter, Gauge, Timer } from './app-figures.ts'
export * from './errors.ts'
export type { Exporter } from './exporter.ts'
export type { Monitor } from './monitor.ts'
export type { MonitorOptions } from './options.ts'
export type { Report } from './report.ts'
export type { LatencySummary, Summary, TrafficSummary } from './summary.ts'
export type { TraceId } from './trace-id.ts'
export { webhookExporter } from './webhook-exporter.ts'
export type { WebhookOptions } from './webhook-exporter.ts'
