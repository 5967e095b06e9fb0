import { calmState } from './process-model.ts'
import type { ModelState } from './process-model.ts'
import type { Random } from '@plimsoll/core/testing'

/** A service that somebody might run. */
export interface Service {
  readonly state: ModelState
  /** Requests that a modelled one stands for. */
  readonly weight: number
}

export type ServiceName = 'shop' | 'tiny' | 'huge' | 'batch' | 'legacy' | 'gateway'

/** Services of very different sizes and habits. Every call varies the figures. */
export const SERVICES: Readonly<Record<ServiceName, (random: Random) => Service>> = {
  /** The showcase: CPU work in two of its routes, an upstream in one. */
  shop (random) {
    const rate = random.magnitude(0.5, 2)
    return {
      weight: 1,
      state: calmState([
        { name: 'GET /products', rate: 16 * rate, cpuMs: 0.9 },
        { name: 'GET /products/:id', rate: 10 * rate, cpuMs: 0.7 },
        { name: 'GET /search', rate: 5 * rate, cpuMs: 10 },
        { name: 'POST /checkout', rate: 4 * rate, cpuMs: 0.8, upstream: 'http://payments', priority: 'critical' },
        { name: 'GET /recommendations/:id', rate: 2 * rate, cpuMs: 14, priority: 'low' }
      ], { 'http://payments': { ms: 20 } })
    }
  },
  /** Two requests a second. */
  tiny: (random) => ({
    weight: 1,
    state: calmState([
      { name: 'GET /a', rate: random.between(0.8, 1.4), waitMs: 8, spread: 0.6 },
      { name: 'POST /b', rate: random.between(0.4, 0.7), waitMs: 40, spread: 0.5 },
      { name: 'GET /c/:id', rate: random.between(0.3, 0.5), cpuMs: 2, upstream: 'http://stock', spread: 0.6 }
    ], { 'http://stock': { ms: 35 } })
  }),
  /** Twenty thousand requests a second. */
  huge: (random) => ({
    weight: 200,
    state: calmState([
      { name: 'GET /price/:id', rate: random.between(9000, 13_000), cpuMs: 0.02, waitMs: 0.3 },
      { name: 'POST /events', rate: random.between(4000, 6000), cpuMs: 0.025 },
      { name: 'GET /quote', rate: random.between(2000, 3000), cpuMs: 0.03, upstream: 'http://rates' }
    ], { 'http://rates': { ms: 4 } })
  }),
  /** Reports that always take ten seconds, beside a page. */
  batch: (random) => ({
    weight: 1,
    state: calmState([
      { name: 'GET /', rate: random.between(5, 15), waitMs: 5 },
      { name: 'POST /report', rate: random.between(0.15, 0.5), waitMs: 10_000, cpuMs: 20, spread: 0.25 },
      { name: 'GET /report/:id', rate: random.between(1, 3), waitMs: 12, spread: 0.8, tail: 0.04, tailMs: 900 }
    ])
  }),
  /** Always five percent of 404, and some errors; one route with a long tail. */
  legacy: (random) => ({
    weight: 1,
    state: calmState([
      { name: 'GET /page/:slug', rate: random.between(15, 40), waitMs: 15, spread: 0.9, missing: 0.05, errors: random.between(0, 0.004) },
      { name: 'GET /image/:id', rate: random.between(8, 20), waitMs: 3, spread: 1.1, missing: 0.08, tail: 0.06, tailMs: 350 },
      { name: 'POST /login', rate: random.between(0.5, 2), cpuMs: 45, waitMs: 10, errors: random.between(0, 0.01) }
    ])
  }),
  /** Nothing of its own: three upstreams. */
  gateway: (random) => ({
    weight: 1,
    state: calmState([
      { name: 'GET /orders', rate: random.between(10, 25), upstream: 'http://orders' },
      { name: 'GET /orders/:id', rate: random.between(5, 12), upstream: 'http://orders' },
      { name: 'GET /users/:id', rate: random.between(8, 20), upstream: 'http://users' },
      { name: 'POST /mail', rate: random.between(2, 5), upstream: 'http://mail' }
    ], { 'http://orders': { ms: 30 }, 'http://users': { ms: 8 }, 'http://mail': { ms: 120 } })
  })
}

export const SERVICE_NAMES = ['shop', 'tiny', 'huge', 'batch', 'legacy', 'gateway'] as const
