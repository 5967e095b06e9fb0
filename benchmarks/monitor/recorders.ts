import type { IncomingMessage, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { FastifyInstance, FastifyPluginCallback } from 'fastify'

export const recorderNames = ['monitor', 'prom-client', 'fastify-metrics', 'opentelemetry-http', 'swagger-stats'] as const
export type RecorderName = typeof recorderNames[number]

type Middleware = (req: IncomingMessage, res: ServerResponse, next: () => void) => void

/**
 * Loads what measures each request, and says how it is added to an app. Names in variables: the repository is checked
 * without the benchmarks' own packages.
 */
export async function recorderOf (name: RecorderName): Promise<(app: FastifyInstance) => void | Promise<void>> {
  switch (name) {
    case 'monitor': {
      const specifier: string = '@plimsoll/monitor'
      const { default: monitor }: { default: FastifyPluginCallback } = await import(specifier)
      return (app) => { app.register(monitor) }
    }
    case 'prom-client': {
      // As its README shows it: one histogram by method, route and status, observed at onResponse.
      const specifier: string = 'prom-client'
      const { Histogram }: { Histogram: new (options: object) => { observe (labels: object, value: number): void } } = await import(specifier)
      const histogram = new Histogram({ name: 'http_request_duration_seconds', help: 'Duration of requests', labelNames: ['method', 'route', 'status_code'] })
      return (app) => {
        app.addHook('onResponse', (request, reply, done) => {
          histogram.observe({ method: request.method, route: request.routeOptions.url, status_code: reply.statusCode }, reply.elapsedTime / 1000)
          done()
        })
      }
    }
    case 'fastify-metrics': {
      const specifier: string = 'fastify-metrics'
      const { default: metrics }: { default: FastifyPluginCallback & { default?: FastifyPluginCallback } } = await import(specifier)
      // Awaited: it counts only routes that are declared once it has been loaded.
      return async (app) => { await app.register(metrics.default ?? metrics) }
    }
    case 'opentelemetry-http': {
      await startOpenTelemetry()
      return () => {}
    }
    case 'swagger-stats': {
      const specifier: string = 'swagger-stats'
      const { default: stats }: { default: { getMiddleware (options: object): Middleware } } = await import(specifier)
      // Its own plugin for Fastify needs `use()`, which Fastify 5 has not.
      const middleware = stats.getMiddleware({ name: 'bench' })
      return (app) => { app.addHook('onRequest', (request, reply, done) => { middleware(request.raw, reply.raw, done) }) }
    }
  }
}

/** Metrics alone: no tracer, a reader that is never asked. */
async function startOpenTelemetry (): Promise<void> {
  const sdk: string = '@opentelemetry/sdk-metrics'
  const instrumentation: string = '@opentelemetry/instrumentation-http'
  const { MeterProvider, MetricReader }: OpenTelemetrySdk = await import(sdk)
  const { HttpInstrumentation }: OpenTelemetryHttp = await import(instrumentation)
  class NeverRead extends MetricReader {
    protected async onShutdown (): Promise<void> {}
    protected async onForceFlush (): Promise<void> {}
  }
  const http = new HttpInstrumentation()
  http.setMeterProvider(new MeterProvider({ readers: [new NeverRead()] }))
  // It patches the module when that is next required.
  http.enable()
  createRequire(import.meta.url)('node:http')
}

interface OpenTelemetrySdk {
  MeterProvider: new (options: { readers: object[] }) => object
  MetricReader: abstract new () => object
}
interface OpenTelemetryHttp { HttpInstrumentation: new () => { setMeterProvider (provider: object): void, enable (): void } }
