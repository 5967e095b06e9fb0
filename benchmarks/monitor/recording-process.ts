import { PerformanceObserver } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { systemClock } from '@plimsoll/core'
import type { Clock, RequestScope, RouteRecord } from '@plimsoll/core'
import { Histogram, Registry } from 'prom-client'
import { ClassicBuckets, DEFAULT_BOUNDS } from '../../plugins/monitor/src/classic-buckets.ts'
import { RequestMonitor } from '../../plugins/monitor/src/request-monitor.ts'

// One way of recording a request, in a process of its own: nanoseconds and bytes of an operation, as JSON.

const OPERATIONS = 1_000_000
const DURATIONS = Float64Array.from({ length: 1024 }, (_, i) => 0.5 + (i * 7919 % 1024) / 7)

const { values: { what = '', rounds = '7' } } = parseArgs({ options: { what: { type: 'string' }, rounds: { type: 'string' } } })
let collections = 0
new PerformanceObserver((list) => { collections += list.getEntries().length }).observe({ entryTypes: ['gc'] })

const operation = await operationOf(what)
const ns: number[] = []
const bytes: number[] = []
run(OPERATIONS / 2)
for (let round = 0; round < Number(rounds); round++) {
  const began = performance.now()
  run(OPERATIONS)
  ns.push((performance.now() - began) * 1e6 / OPERATIONS)
  // What is allocated lies in a young generation too large to be collected meanwhile; fewer, for those that allocate much.
  await new Promise((resolve) => { setTimeout(resolve, 20) })
  const before = { collections, heap: process.memoryUsage().heapUsed }
  run(OPERATIONS / 20)
  const heap = process.memoryUsage().heapUsed
  await new Promise((resolve) => { setTimeout(resolve, 20) })
  if (collections === before.collections) bytes.push((heap - before.heap) / (OPERATIONS / 20))
}
process.stdout.write(JSON.stringify({ ns, bytes }))
process.exit()

function run (count: number): void {
  for (let i = 0; i < count; i++) operation(DURATIONS[i & 1023]!)
}

async function operationOf (what: string): Promise<(ms: number) => void> {
  switch (what) {
    case 'empty': {
      const sink = new Float64Array(1)
      return (ms) => { sink[0] = ms }
    }
    case 'monitor': {
      const { traffic } = monitor()
      return (ms) => { traffic.record(3, 0, ms, 0, 100) }
    }
    case 'monitor-settled': {
      let last = 0
      let duration = 0
      const recorder = monitor({ ...systemClock, now: () => { last = systemClock.now(); return last } })
      const scope = settledScope(() => last - duration)
      return (ms) => {
        duration = ms
        recorder.traffic.begin(2)
        recorder.settled(scope, 'completed')
      }
    }
    case 'prom-client': {
      const histogram = promHistogram()
      return (ms) => { histogram.observe({ method: 'GET', route: '/items/:id', status_code: 200 }, ms / 1000) }
    }
    case 'prom-client child': {
      const child = promHistogram().labels({ method: 'GET', route: '/items/:id', status_code: 200 })
      return (ms) => { child.observe(ms / 1000) }
    }
    case 'opentelemetry': {
      const { MeterProvider, MetricReader } = await import('@opentelemetry/sdk-metrics')
      class NeverRead extends MetricReader {
        protected async onShutdown (): Promise<void> {}
        protected async onForceFlush (): Promise<void> {}
      }
      const histogram = new MeterProvider({ readers: [new NeverRead()] }).getMeter('bench').createHistogram('http.server.request.duration')
      return (ms) => { histogram.record(ms / 1000, { 'http.request.method': 'GET', 'http.route': '/items/:id', 'http.response.status_code': 200 }) }
    }
    default: throw new Error(`--what ${what}?`)
  }
}

function monitor (clock: Clock = systemClock): RequestMonitor {
  const none = (): never => { throw new Error('not asked here') }
  return new RequestMonitor({ clock, routes: { lookup: none, recordOf: none }, scopes: { of: none } }, { maxRoutes: 100, sampleRate: 1, traceId: undefined, enabled: true, buckets: new ClassicBuckets(DEFAULT_BOUNDS) })
}

function promHistogram (): Histogram {
  return new Histogram({ name: 'http_request_duration_seconds', help: 'Duration', labelNames: ['method', 'route', 'status_code'], registers: [new Registry()] })
}

/** As far as a settlement is read. */
function settledScope (startedAt: () => number): RequestScope {
  const route: RouteRecord = { id: 0, methods: ['GET'], url: '/items/:id', config: {}, constraints: {} }
  const req = { method: 'GET', headers: { host: 'x', accept: '*/*' } }
  const res = { req, statusCode: 200, _contentLength: 100 }
  const scope: unknown = { req, res, route, routed: true, get startedAt () { return startedAt() } }
  return scope as RequestScope
}
