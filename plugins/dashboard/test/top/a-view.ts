import type { ComponentDetail, InstanceView, RouteView, View } from '../../src/view/view.ts'

const worst = (value: number): View['saturation']['loop'] => ({ value, instance: 'shop-1' })

export function anInstance (overrides: Partial<InstanceView> = {}): InstanceView {
  return { instance: 'shop-1', self: true, state: 'live', at: AT, requests: 120, errorShare: 0, p99: 40, loop: 0.4, cpu: 0.5, memory: 0.3, live: true, ready: true, degraded: false, reasons: [], ...overrides }
}

export function aRoute (overrides: Partial<RouteView> = {}): RouteView {
  return { method: 'GET', route: '/search', requests: 100, errorShare: 0, refused: 0, p50: 5, p95: 20, p99: 40, inFlight: 2, time: 800, ...overrides }
}

export function aComponent (overrides: Partial<ComponentDetail> = {}): ComponentDetail {
  return { kind: 'pool', name: 'db', instance: 'shop-1', health: { status: 'ok' }, snapshot: { size: 4, max: 10, inUse: 2, waiting: 0 }, ...overrides }
}

export const AT: number = Date.UTC(2026, 0, 2, 2, 14, 7)

/** A quiet second of one instance. */
export function aView (overrides: Partial<View> = {}): View {
  return {
    id: 1,
    at: AT,
    of: 'all',
    status: { level: 'ok', sentence: 'all is well', since: null, symptom: 'none', cause: { kind: 'none', name: '', instance: null }, evidence: [] },
    traffic: { requests: 120, errorShare: 0.001, refused: 0, aborted: 0.5, p50: 5.123, p95: 20, p99: 1240, inFlight: 7, openStreams: 1 },
    saturation: { loop: worst(0.4), loopDelay: worst(12), cpu: worst(0.5), heapFloor: worst(50e6), memory: worst(0.3), gc: worst(0.01), gcPause: worst(4) },
    heat: [],
    routes: [aRoute(), aRoute({ method: 'POST', route: '/orders', time: 200, p50: null, p95: null, p99: null })],
    upstreams: [{ origin: 'https://stock.internal', requests: 50, errorShare: 0.02, p50: 3, p99: 90, inFlight: 1 }],
    protections: [{ kind: 'circuit-breaker', name: 'stock', instance: 'shop-1', level: 'critical', text: 'open for 12 s, 340 refused' }],
    marks: [],
    alerts: [{ rule: 'HighErrorRate', state: 'firing', severity: 'critical', instance: 'shop-1', since: AT, summary: 'errors 12 %' }],
    instances: [anInstance()],
    ...overrides
  }
}
