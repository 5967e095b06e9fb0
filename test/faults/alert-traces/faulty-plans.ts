import type { Random } from '@plimsoll/core/testing'
import type { Switches } from '../../../examples/showcase/payment/switches.ts'
import { MINUTE } from './plan.ts'
import type { Disturbance, Expectation, Happening, Stream } from './plan.ts'

/** A plan before it has a name. */
export interface Sketch extends Expectation {
  readonly seconds: number
  readonly streams: readonly Stream[]
  readonly happenings?: readonly Happening[]
  readonly replacedAt?: number
  readonly heapMb?: number
  /** @default false */
  readonly burns?: boolean
}

export type Kind = (random: Random) => Sketch

/** In which a start compiles and loads: its stalls and collections do not count. */
export const START = 62
/** A route's usual P99 takes five minutes of more than a hundred requests, each closed by the frame after it. */
export const LEARNING: number = 5 * (MINUTE + 1) + 7
/** Ten minutes of traffic, the first two being left out. */
export const EXPECTING: number = 12 * MINUTE + 15

const TICKS = 2
/** Window and `for` of the rules that judge shares. */
const LATENCY_WITHIN = 60 + 30 + TICKS
const ERRORS_WITHIN = 60 + 15 + TICKS
const DROP_WITHIN = 60 + 60 + TICKS

/** Requests a second: enough for a route with a third of them to be learned from (a hundred a minute), and no more than that takes. */
export const RATES = [8, 18] as const

export function customers (mix: Stream['mix'], seconds: number, rate: number): Stream {
  return { mix, phases: [{ seconds, rate }] }
}

/** Each is of a size that the rule's documented threshold promises to find, and lasts for as long as the rule may take. */
export const FAULTY: Readonly<Record<string, Kind>> = {
  latency (random) {
    const size = { ms: random.magnitude(150, 800), share: random.pick([1, 1, random.between(0.15, 0.5)]) }
    return faulty(random, { disturbance: { what: 'latency', size }, calm: LEARNING, lasts: LATENCY_WITHIN, within: LATENCY_WITHIN, fires: 'latency-threshold' })
  },
  'slow-route' (random) {
    const [mix, route] = random.pick<readonly [Stream['mix'], string]>([['browsing', '/products'], ['browsing', '/products/:id'], ['searching', '/products'], ['searching', '/search']])
    const size = { ms: random.magnitude(150, 800), route }
    return faulty(random, { disturbance: { what: 'slow-route', size }, calm: LEARNING, lasts: LATENCY_WITHIN, within: LATENCY_WITHIN, fires: 'latency-threshold', mix, rates: [12, 16] })
  },
  errors (random) {
    const route = random.pick([undefined, undefined, '/products', '/products/:id'])
    const size = route === undefined ? { share: random.magnitude(0.12, 0.9) } : { share: random.magnitude(0.2, 1), route }
    return faulty(random, { disturbance: { what: 'errors', size }, calm: random.between(30, 90), lasts: ERRORS_WITHIN, within: ERRORS_WITHIN, fires: 'error-rate-spike' })
  },
  /** No shop leaks for half an hour here: the rule is as quick as in `npm start -- --fault leak`, and what a start needs is not yet judged before. */
  leak (random) {
    const size = { bytes: 1024 * Math.round(random.magnitude(48, 256)) }
    return {
      ...faulty(random, { disturbance: { what: 'leak', size }, calm: 16, lasts: 75, within: 75, fires: 'memory-leak', also: ['memory-usage', 'event-loop-stall'] }),
      may: ['gc-pause'],
      rules: { 'memory-leak': { minDataMs: 30_000, forMs: 0 } }
    }
  },
  stall (random) {
    const size = { ms: random.between(300, 900), everyMs: random.between(2500, 8000) }
    // The third one has to be over.
    const within = Math.ceil((3 * size.everyMs + size.ms) / 1000) + TICKS
    return { ...faulty(random, { disturbance: { what: 'stall', size }, calm: START, lasts: within + 10, within, fires: 'event-loop-stall', also: ['latency-threshold'] }), burns: true }
  },
  'hot-loop' (random) {
    const size = { ms: random.between(260, 420) }
    // Half a request a second computes for so long: three of them are to be met with in half a minute.
    return { ...faulty(random, { disturbance: { what: 'hot-loop', size }, calm: START, lasts: 40, within: 30 + TICKS, fires: 'event-loop-stall', also: ['latency-threshold'], rates: [12, 18] }), burns: true }
  },
  upstream (random) {
    const share = random.between(0.75, 1)
    const switches = random.pick<Partial<Switches>>([{ errors: share }, { hangs: share }, { resets: share }, { latencyMs: random.between(500, 700) }])
    // Half of ten seconds' calls have to fail or be slow, which takes until so many have.
    const { streams, seconds, ...rest } = faulty(random, { disturbance: { what: 'payments', switches }, calm: random.between(25, 60), lasts: 30, within: 10 + 5 + TICKS, fires: 'circuit-breaker-open', also: ['error-rate-spike'] })
    return { ...rest, seconds, streams: [...streams, customers('orders', seconds, random.between(4, 6))] }
  },
  drop (random) {
    const rate = random.magnitude(10, 18)
    const from = Math.round(EXPECTING + random.between(0, 20))
    const until = from + DROP_WITHIN + 5
    const left = random.pick([0, random.between(0.05, 0.3), random.between(0.3, 0.45)])
    return {
      seconds: until + 20,
      streams: [{ mix: 'browsing', phases: [{ seconds: from, rate }, { seconds: until - from, rate: rate * left }, { seconds: 20, rate }] }],
      happenings: [{ from, until, disturbance: { what: 'absence' } }],
      may: [],
      fires: { rule: 'rps-drop', within: DROP_WITHIN, also: [] }
    }
  },
  pool (random) {
    const connections = random.pick([5, 10, 20])
    const rate = random.magnitude(...RATES)
    // Three times the connections that there are would be needed; they are lent out one by one, as visitors happen to come.
    const visits = 0.36 * rate
    const ms = 3000 * connections / visits
    const within = Math.ceil(3 * connections / visits) + 30 + TICKS
    return faulty(random, { disturbance: { what: 'pool', connections, ms }, calm: random.between(25, 60), lasts: within + 5, within, fires: 'connection-pool-exhaustion', also: ['latency-threshold', 'error-rate-spike'], rates: [rate, rate] })
  },
  memory (random) {
    const disturbance = { what: 'memory', share: random.between(0.84, 0.9) } as const
    return { ...faulty(random, { disturbance, calm: random.between(20, 45), lasts: 75, within: 60 + 5 + TICKS, fires: 'memory-usage', also: ['gc-pause', 'event-loop-stall'] }), heapMb: random.pick([192, 256, 384]) }
  },
  collections (random) {
    const disturbance = { what: 'collections', ms: random.between(150, 280), everyMs: 1000 * Math.round(random.between(4, 9)) } as const
    const within = Math.ceil((3 * disturbance.everyMs + disturbance.ms) / 1000) + TICKS
    return { ...faulty(random, { disturbance, calm: START, lasts: within + 10, within, fires: 'gc-pause', also: ['event-loop-stall', 'latency-threshold'] }), burns: true }
  }
}

interface Faulty {
  readonly disturbance: Disturbance
  /** Seconds before it, at least, and seconds of it. */
  readonly calm: number
  readonly lasts: number
  readonly within: number
  readonly fires: NonNullable<Expectation['fires']>['rule']
  /** @default none */
  readonly also?: Expectation['may']
  /** @default 'browsing' */
  readonly mix?: Stream['mix']
  /** @default those that any route can be judged at */
  readonly rates?: readonly [low: number, high: number]
}

function faulty (random: Random, { disturbance, calm, lasts, within, fires, also = [], mix = 'browsing', rates = RATES }: Faulty): Sketch {
  const from = Math.round(calm + random.between(0, 15))
  const until = Math.round(from + lasts + random.between(3, 12))
  const seconds = until + Math.round(random.between(12, 30))
  return {
    seconds,
    streams: [customers(mix, seconds, random.magnitude(...rates))],
    happenings: [{ from, until, disturbance }],
    may: [],
    fires: { rule: fires, within, also }
  }
}
