import { bucketOf, mergeBuckets } from '@plimsoll/core'
import type { Buckets, ClassFigures, ComponentFigures, Frame, RouteFigures } from '@plimsoll/core'
import type { Random } from '@plimsoll/core/testing'

/** A route of the showcase as measured: see the recorded traces beside. */
interface ShopRoute {
  readonly method: string
  readonly route: string
  /** Of the traffic. */
  readonly share: number
  /** Median service time in milliseconds, and the standard deviation of its logarithm. */
  readonly ms: number
  readonly sigma: number
}

export const SHOP_ROUTES: readonly [ShopRoute, ...ShopRoute[]] = [
  { method: 'GET', route: '/products', share: 0.4, ms: 1.2, sigma: 0.45 },
  { method: 'GET', route: '/products/:id', share: 0.25, ms: 0.9, sigma: 0.45 },
  { method: 'GET', route: '/search', share: 0.2, ms: 14, sigma: 0.3 },
  { method: 'POST', route: '/checkout', share: 0.1, ms: 23, sigma: 0.12 },
  { method: 'GET', route: '/recommendations/:id', share: 0.05, ms: 17, sigma: 0.25 }
]

/** What happens in one second; a scenario changes it, the model makes a frame of it. */
export interface Second {
  /** Requests a second, before chance. */
  rate: number
  /** Factor on all service times: load, batch work, a cold start. */
  slowness: number
  /** Factor on how much service times vary. */
  spread: number
  /** Share of failed requests, all routes. */
  errors: number
  /** By index of the route. */
  readonly routeErrors: number[]
  /** Share of a route's requests that take `extraMs` longer. */
  readonly slowShare: number[]
  readonly extraMs: number[]
  /** Milliseconds for which the loop stood still, and the longest collection. */
  stallMs: number
  gcPauseMs: number
  /** Bytes retained after major collections, and the whole heap now, and the limit. */
  floor: number
  heapUsed: number
  major: number
  instances: number | undefined
  breakers: ReadonlyArray<{ readonly name: string, readonly state: string, readonly failureRate: number, readonly calls: number }>
  pool: { readonly max: number, readonly inUse: number, readonly waiting: number } | undefined
}

const HEAP_LIMIT = 512 * 2 ** 20
const WALL_START = Date.UTC(2026, 0, 5, 22)

/** The normal distribution in bins: how probable, and how many deviations from the middle. */
const BINS = normalBins(20)

export function calmSecond (rate: number): Second {
  return {
    rate,
    slowness: 1,
    spread: 1,
    errors: 0.0005,
    routeErrors: SHOP_ROUTES.map(() => 0),
    slowShare: SHOP_ROUTES.map(() => 0),
    extraMs: SHOP_ROUTES.map(() => 0),
    stallMs: 3,
    gcPauseMs: 2,
    floor: 60 * 2 ** 20,
    heapUsed: 80 * 2 ** 20,
    major: 0,
    instances: undefined,
    breakers: [],
    pool: undefined
  }
}

/** The frame of a second of the showcase. */
export function frameOf (second: Second, index: number, random: Random): Frame {
  const routes = SHOP_ROUTES.flatMap((route, at) => routeFigures(route, at, second, random))
  const completed = routes.reduce((sum, { classes }) => sum + (classes['2xx']?.count ?? 0) + (classes['5xx']?.count ?? 0), 0)
  const at = 1000 * (index + 1)
  const utilization = Math.max(second.heapUsed / HEAP_LIMIT, 0.3)
  return {
    instance: 'shop-1',
    sequence: index + 1,
    at: WALL_START + at,
    clock: at,
    window: 1000,
    vitals: {
      at,
      window: 1000,
      eventLoop: { utilization: 0.3, delay: { mean: 1, p50: 1, p99: second.stallMs, max: second.stallMs } },
      cpu: { used: 0.4, available: 2, throttled: 0 },
      memory: { rss: second.heapUsed + 60 * 2 ** 20, heapUsed: second.heapUsed, heapLimit: HEAP_LIMIT, external: 0, arrayBuffers: 0, limit: 1024 * 2 ** 20, limitedBy: 'cgroup', cgroup: undefined, utilization, oldSpaceFloor: second.floor },
      gc: { share: 0.01, longestPause: second.gcPauseMs, minor: 2, major: second.major }
    },
    health: { live: true, ready: true, degraded: false, reasons: [] },
    requests: { inFlight: 2, leased: 0, openStreams: 0, settled: { completed, 'client-abort': 0, reset: 0, timeout: 0, refused: 0, upgraded: 0, stream: 0 } },
    components: componentsOf(second),
    routes,
    upstreams: [],
    figures: [],
    slow: [],
    journal: [],
    journalMissed: 0
  }
}

function routeFigures ({ method, route, share, ms, sigma }: ShopRoute, at: number, second: Second, random: Random): RouteFigures[] {
  const rate = second.rate * share
  const slowShare = second.slowShare[at] ?? 0
  // A stall delays what came while it lasted.
  const stalled = second.stallMs > 50 ? Math.min(1, second.stallMs / 1000) : 0
  const usual = draw(rate * (1 - slowShare) * (1 - stalled), ms * second.slowness, sigma * second.spread, 0, random)
  const slow = draw(rate * slowShare * (1 - stalled), ms * second.slowness, sigma * second.spread, second.extraMs[at] ?? 0, random)
  const held = draw(rate * stalled, ms * second.slowness, sigma * second.spread, second.stallMs / 2, random)
  const buckets = slow.length + held.length === 0 ? usual : mergeBuckets([usual, slow, held])
  let total = 0
  for (let index = 1; index < buckets.length; index += 2) total += buckets[index] ?? 0
  if (total === 0) return []
  const failing = 1 - (1 - second.errors) * (1 - (second.routeErrors[at] ?? 0))
  const failed = Math.min(total, failing >= 1 ? total : binomial(total, failing, random))
  const [bad, good] = failed === 0 ? [[], buckets] : split(buckets, failed)
  return [{ method, route, inFlight: 0, classes: { ...(total > failed && { '2xx': figures(total - failed, good) }), ...(failed > 0 && { '5xx': figures(failed, bad) }) } }]
}

/** Observations of so many requests, ascending: the bins are, and chance moves none beyond its neighbour. */
function draw (mean: number, ms: number, sigma: number, extraMs: number, random: Random): Buckets {
  const pairs: number[] = []
  if (mean <= 0) return pairs
  for (const [probability, z] of BINS) {
    const count = random.poisson(mean * probability)
    if (count === 0) continue
    const bucket = bucketOf(Math.round(1000 * (ms * Math.exp(sigma * (z + random.between(-0.05, 0.05))) + extraMs)))
    if (pairs.at(-2) === bucket) pairs.push((pairs.pop() ?? 0) + count)
    else pairs.push(bucket, count)
  }
  return pairs
}

function binomial (total: number, share: number, random: Random): number {
  if (total > 50) return Math.max(0, Math.min(total, Math.round(total * share + Math.sqrt(total * share * (1 - share)) * random.normal())))
  let hits = 0
  for (let trial = 0; trial < total; trial++) if (random.chance(share)) hits++
  return hits
}

/** The first `count` observations, and the rest. */
function split (buckets: Buckets, count: number): [Buckets, Buckets] {
  const first: number[] = []
  const rest: number[] = []
  let left = count
  for (let index = 0; index < buckets.length; index += 2) {
    const [bucket = 0, observations = 0] = buckets.slice(index, index + 2)
    const taken = Math.min(left, observations)
    left -= taken
    if (taken > 0) first.push(bucket, taken)
    if (observations > taken) rest.push(bucket, observations - taken)
  }
  return [first, rest]
}

function figures (count: number, buckets: Buckets): ClassFigures {
  return { count, time: 0, buckets, requestBytes: 0, responseBytes: 0 }
}

function componentsOf ({ instances, breakers, pool }: Second): ComponentFigures[] {
  const ok = { status: 'ok' } as const
  const components: ComponentFigures[] = []
  if (instances !== undefined) components.push({ kind: 'coordinator', name: 'coordinator', health: ok, snapshot: { instances } })
  if (breakers.length > 0) components.push({ kind: 'circuit-breaker', name: 'circuit-breakers', health: ok, snapshot: { breakers: breakers.map(breaker => ({ ...breaker })) } })
  if (pool !== undefined) components.push({ kind: 'pool', name: 'database', health: ok, snapshot: { size: pool.max, ...pool } })
  return components
}

function normalBins (bins: number): ReadonlyArray<readonly [probability: number, z: number]> {
  const edge = 3.6
  const width = 2 * edge / bins
  const density = Array.from({ length: bins }, (_, bin) => {
    const z = -edge + (bin + 0.5) * width
    return [Math.exp(-z * z / 2), z] as const
  })
  const sum = density.reduce((total, [weight]) => total + weight, 0)
  return density.map(([weight, z]) => [weight / sum, z])
}
