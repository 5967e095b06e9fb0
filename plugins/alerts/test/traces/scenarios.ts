import type { BuiltInRuleName } from '../../src/rules/built-in-rules.ts'
import { Random } from '@plimsoll/core/testing'
import { calmSecond, frameOf, SHOP_ROUTES } from './shop-model.ts'
import type { Second } from './shop-model.ts'
import type { Incident, Trace } from './trace.ts'

/** The rules' thresholds were chosen on the traces of this seed (and looked at on those of 2 to 8). */
export const TUNED_SEED = 1

/** The first 32 bits of the commit in which thresholds and traces were frozen: 5d61dbc72a455fb9. Nobody could know it before. */
export const HELD_OUT_SEED = 0x5d61dbc7

const MINUTE = 60
const MEGABYTE = 2 ** 20

/** A rule has to fire within its window, its `for` and two ticks. */
const TICKS = 2

/** Changes the second at index `t`; what it needs to know of the trace it has drawn before. */
type Change = (second: Second, t: number) => void

interface Scenario {
  readonly seconds: number
  readonly incident?: Incident
  readonly changes: readonly Change[]
  /** Requests a second in the middle of the trace. */
  readonly rate: number
}

type Kind = (random: Random) => Scenario

/** Every kind of fault; a hundred traces take each eleven times or twelve. */
const FAULTS: Readonly<Record<string, Kind>> = {
  latency (random) {
    const rate = random.magnitude(12, 120)
    const [from, until] = span(random, 22, 8, 15)
    const route = random.pick([0, 1, 2])
    const usual = SHOP_ROUTES[route] ?? SHOP_ROUTES[0]
    // At least three times the P99 of the route at its most unsteady.
    const extra = Math.max(60, usual.ms * Math.exp(2.33 * 2 * usual.sigma) * random.between(2, 6))
    const share = random.pick([1, 1, random.between(0.1, 0.5)])
    return faulty('latency-threshold', [], from, until, 60 + 30 + TICKS, {
      rate, changes: [during(from, until, second => { second.slowShare[route] = share; second.extraMs[route] = extra })]
    })
  },
  errors (random) {
    const rate = random.magnitude(8, 120)
    const [from, until] = span(random, 15, 5, 12)
    const whole = random.chance(0.5)
    const route = random.pick([0, 1, 2])
    const share = whole ? random.magnitude(0.1, 0.9) : random.magnitude(0.15, 1)
    return faulty('error-rate-spike', [], from, until, 60 + 15 + TICKS, {
      rate, changes: [during(from, until, second => { if (whole) second.errors = share; else second.routeErrors[route] = share })]
    })
  },
  drop (random) {
    const rate = random.magnitude(8, 120)
    const [from, until] = span(random, 24, 8, 15)
    const left = random.pick([0, random.between(0.05, 0.4), random.between(0.4, 0.6), random.between(0.6, 0.67)])
    // Half of the traffic is missed within a minute, a third within five.
    return faulty('rps-drop', [], from, until, (left > 0.5 ? 300 : 60) + 60 + TICKS, { rate, changes: [during(from, until, second => { second.rate *= left })] })
  },
  leak (random) {
    const rate = random.magnitude(5, 80)
    const from = 10 * MINUTE
    const perHour = random.magnitude(16, 120) * MEGABYTE
    // A slow one takes longer to stand out of the noise.
    return faulty('memory-leak', ['memory-usage'], from, 90 * MINUTE, (perHour > 30 * MEGABYTE ? 30 : 45) * MINUTE + 120 + TICKS, {
      rate, seconds: 90 * MINUTE, changes: [(second, t) => { if (t > from) grow(second, perHour * (t - from) / 3600) }]
    })
  },
  memory (random) {
    const rate = random.magnitude(5, 80)
    const [from, until] = span(random, 20, 8, 15)
    const level = random.between(0.86, 0.96) * 512 * MEGABYTE
    return faulty('memory-usage', ['gc-pause', 'memory-leak'], from, until, 60 + TICKS, {
      rate, changes: [during(from, until, second => { second.floor = level - 30 * MEGABYTE; second.heapUsed = level })]
    })
  },
  collections (random) {
    const rate = random.magnitude(5, 80)
    const [from, until] = span(random, 15, 5, 12)
    const every = Math.round(random.between(4, 20))
    const pause = random.between(140, 450)
    return faulty('gc-pause', ['latency-threshold', 'event-loop-stall'], from, until, 3 * every + TICKS, {
      rate, changes: [during(from, until, (second, t) => { if (t % every === 0) { second.gcPauseMs = pause; second.stallMs = pause; second.major = 1 } })]
    })
  },
  breaker (random) {
    const rate = random.magnitude(8, 120)
    const [from, until] = span(random, 15, 3, 10)
    const share = random.between(0.1, 1)
    return faulty('circuit-breaker-open', ['error-rate-spike'], from, until, TICKS, {
      rate,
      changes: [(second, t) => {
        const open = t >= from && t < until
        // It tries by itself every 20 s for 2 s.
        const state = !open ? 'closed' : (t - from) % 20 >= 18 ? 'half-open' : 'open'
        second.breakers = [{ name: 'payments', state, failureRate: open ? share : 0, calls: 20 }]
        if (open) second.routeErrors[3] = share
      }]
    })
  },
  pool (random) {
    const rate = random.magnitude(8, 120)
    const [from, until] = span(random, 20, 4, 12)
    const max = random.pick([10, 20, 50])
    const slow = random.chance(0.5)
    return faulty('connection-pool-exhaustion', ['latency-threshold'], from, until, 30 + TICKS, {
      rate,
      changes: [(second, t) => {
        const busy = t >= from && t < until
        second.pool = { max, inUse: busy ? max : Math.min(max, Math.floor(max * (0.3 + 0.2 * Math.sin(t / 7)))), waiting: busy ? 25 : 0 }
        if (busy && slow) { second.slowShare[3] = 1; second.extraMs[3] = 400 }
      }]
    })
  },
  stall (random) {
    const rate = random.magnitude(8, 120)
    const [from, until] = span(random, 20, 3, 10)
    const every = Math.round(random.between(3, 9))
    const block = random.between(300, 3000)
    return faulty('event-loop-stall', ['latency-threshold', 'rps-drop'], from, until, 3 * every + TICKS, {
      rate, changes: [during(from, until, (second, t) => { if (t % every === 0) second.stallMs = block })]
    })
  }
}

/** What looks bad and is not. */
const HEALTHY: Readonly<Record<string, Kind>> = {
  steady: random => ({ rate: random.magnitude(2, 150), seconds: 60 * MINUTE, changes: [] }),
  deploy (random) {
    const at = Math.round(random.between(18, 30)) * MINUTE
    const gap = Math.round(random.between(5, 35))
    const more = random.between(1.2, 1.5)
    return {
      rate: random.magnitude(8, 120),
      seconds: 55 * MINUTE,
      // Neighbours are replaced one by one: their traffic comes here for a while, and the balancer loses this one for some seconds.
      changes: [
        during(at, at + 120, second => { second.rate *= more; second.slowness *= 1.15 }),
        during(at + 150, at + 150 + gap, second => { second.rate *= 0.02 }),
        during(at + 180 + gap, at + 300, second => { second.slowness *= 1.4 })
      ]
    }
  },
  'cold start': random => ({
    rate: random.magnitude(8, 150),
    seconds: 40 * MINUTE,
    changes: [
      (second, t) => { second.slowness *= 1 + 5 * Math.exp(-t / 25) },
      (second, t) => { if (t < 40 && t % 7 === 0) { second.stallMs = random.between(150, 900); second.gcPauseMs = random.between(20, 120) } },
      (second, t) => { second.rate *= Math.min(1, 0.1 + t / 90) },
      // Caches and code fill up, and level off.
      (second, t) => grow(second, 60 * MEGABYTE * (1 - Math.exp(-t / 420)))
    ]
  }),
  night (random) {
    const low = random.between(0.2, 0.5)
    const length = random.between(55, 100) * MINUTE
    return {
      rate: random.magnitude(8, 120),
      seconds: 100 * MINUTE,
      changes: [(second, t) => { second.rate *= low + (1 - low) * (0.5 + 0.5 * Math.cos(Math.PI * Math.min(1, Math.max(0, t - 15 * MINUTE) / length))) }]
    }
  },
  'small hours': random => ({
    rate: random.magnitude(0.05, 2),
    seconds: 90 * MINUTE,
    changes: [second => { second.errors = 0.01 }]
  }),
  morning (random) {
    const low = random.between(0.25, 0.5)
    return {
      rate: random.magnitude(10, 150),
      seconds: 100 * MINUTE,
      changes: [(second, t) => {
        const risen = 0.5 - 0.5 * Math.cos(Math.PI * Math.min(1, t / (80 * MINUTE)))
        second.rate *= low + (1 - low) * risen
        // More requests in flight hold more memory.
        grow(second, 25 * MEGABYTE * risen)
        second.slowness *= 1 + 0.25 * risen
      }]
    }
  },
  batch (random) {
    const from = Math.round(random.between(20, 30)) * MINUTE
    const until = from + Math.round(random.between(15, 60)) * MINUTE
    const more = random.between(0.5, 2)
    const ramp = random.between(1, 240)
    return {
      rate: random.magnitude(8, 100),
      seconds: until + 25 * MINUTE,
      changes: [(second, t) => {
        const share = Math.max(0, Math.min(1, (t - from) / ramp, (until - t) / ramp))
        second.rate *= 1 + more * share
        second.slowness *= 1 + 0.35 * share
        if (share > 0) grow(second, 40 * MEGABYTE * share)
        if (share > 0 && t % 11 === 0) { second.gcPauseMs = random.between(30, 85); second.stallMs = random.between(30, 120) }
      }]
    }
  },
  blips (random) {
    const blips = Array.from({ length: 4 }, (_, blip) => ({ at: Math.round((12 + 8 * blip + random.between(0, 4)) * MINUTE), kind: random.pick(['slow', 'errors', 'stall', 'collection'] as const) }))
    return {
      rate: random.magnitude(8, 120),
      seconds: 50 * MINUTE,
      changes: blips.map(({ at, kind }) => during(at, at + (kind === 'slow' ? Math.round(random.between(2, 8)) : 1), second => {
        if (kind === 'slow') { second.slowShare.fill(0.6); second.extraMs.fill(80) }
        if (kind === 'errors') second.errors = 0.8
        if (kind === 'stall') second.stallMs = random.between(150, 700)
        if (kind === 'collection') { second.gcPauseMs = random.between(80, 180); second.stallMs = second.gcPauseMs; second.major = 1 }
      }))
    }
  },
  'collector saw': random => ({
    rate: random.magnitude(5, 120),
    seconds: 70 * MINUTE,
    // The heap fills to near the limit and falls back: the floor is what counts.
    changes: [(second, t) => { second.heapUsed = (0.35 + 0.52 * (t % 40) / 40) * 512 * MEGABYTE; if (t % 40 === 0) second.gcPauseMs = random.between(30, 80) }]
  }),
  scaling (random) {
    const out = Math.round(random.between(18, 25)) * MINUTE
    const back = out + Math.round(random.between(12, 20)) * MINUTE
    const few = random.pick([2, 3, 4])
    return {
      rate: random.magnitude(10, 120),
      seconds: back + 15 * MINUTE,
      changes: [(second, t) => {
        const many = t >= out && t < back
        second.instances = many ? few + 1 : few
        // Connections move over within half a minute.
        const moved = Math.max(0, Math.min(1, (t - out) / 30, (back - t) / 10))
        second.rate *= 1 - moved / (few + 1)
      }]
    }
  },
  'other mix': random => {
    const at = random.between(15, 25) * MINUTE
    return {
      rate: random.magnitude(8, 100),
      seconds: 50 * MINUTE,
      changes: [(second, t) => {
        // Requests of one kind become heavier by a quarter, for good; some clients send bad requests.
        if (t > at) second.slowness *= 1.25
        second.errors = 0.012
      }]
    }
  }
}

/** `count` traces with a fault each, and `count` without, from one seed. */
export function makeTraces (seed: number, count: number): Trace[] {
  return [FAULTS, HEALTHY].flatMap(kinds => {
    const names = Object.keys(kinds)
    return Array.from({ length: count }, (_, index) => {
      const kind = names[index % names.length] ?? ''
      return makeTrace(kind, kinds[kind], mix(seed, index, kinds === FAULTS ? 1 : 2))
    })
  })
}

function makeTrace (kind: string, make: Kind | undefined, seed: number): Trace {
  if (make === undefined) throw new RangeError(`there is no kind ${kind}`)
  const random = new Random(seed)
  const ordinary = ordinaryLife(random)
  const { seconds, incident, changes, rate } = make(random)
  return {
    name: `${kind} ${seed.toString(16)}`,
    kind,
    seconds,
    incident,
    * frames () {
      const chance = new Random(seed ^ 0x5EED)
      for (let t = 0; t < seconds; t++) {
        const second = calmSecond(rate)
        ordinary(second, t)
        for (const change of changes) change(second, t)
        yield frameOf(second, t, chance)
      }
    }
  }
}

/** What every service has: a start, ups and downs, bursts, collections, a few errors. */
function ordinaryLife (random: Random): Change {
  const period = random.between(300, 1500)
  const swing = random.between(0, 0.06)
  const errors = random.pick([0, 0.0005, 0.005, 0.015])
  const sawtooth = Math.round(random.between(20, 70))
  const spread = random.between(1, 2)
  const noise = new Random(Math.floor(random.next() * 2 ** 32))
  // Traffic and service times wander, more or less, over some seconds to a minute.
  const traffic = wandering(random.between(0.01, 0.1), random.between(3, 60), noise)
  const work = wandering(random.between(0.01, 0.1), random.between(3, 60), noise)
  let floorNoise = 0
  return (second, t) => {
    second.rate *= (1 + swing * Math.sin(2 * Math.PI * t / period)) * traffic()
    second.slowness *= (1 + 1.5 * Math.exp(-t / 20)) * work()
    second.spread = spread
    second.errors = errors
    second.gcPauseMs = noise.between(0.5, 6)
    second.stallMs = noise.between(1, 12)
    if (t % sawtooth === 0) {
      second.major = 1
      second.gcPauseMs = noise.between(8, 45)
      second.stallMs = noise.between(8, 50)
      floorNoise = noise.normal() * 1.2 * MEGABYTE
    }
    second.floor += floorNoise
    second.heapUsed = second.floor + 5 * MEGABYTE + 60 * MEGABYTE * (t % sawtooth) / sawtooth
  }
}

/** A factor about 1 of this standard deviation (of its logarithm), whose values are alike for so many seconds. */
function wandering (deviation: number, seconds: number, noise: Random): () => number {
  const kept = Math.exp(-1 / seconds)
  let state = 0
  return () => {
    state = kept * state + Math.sqrt(1 - kept * kept) * noise.normal()
    return Math.exp(deviation * state)
  }
}

function during (from: number, until: number, change: Change): Change {
  return (second, t) => { if (t >= from && t < until) change(second, t) }
}

/** Retained memory on top: floor and heap alike. */
function grow (second: Second, bytes: number): void {
  second.floor += bytes
  second.heapUsed += bytes
}

/** A beginning about the minute `around`, and an end `least` to `most` minutes later. */
function span (random: Random, around: number, least: number, most: number): readonly [from: number, until: number] {
  const from = Math.round((around + random.between(-2, 2)) * MINUTE)
  return [from, from + Math.round(random.between(least, most) * MINUTE)]
}

function faulty (rule: BuiltInRuleName, also: readonly BuiltInRuleName[], from: number, until: number, within: number, { rate, seconds = until + 10 * MINUTE, changes }: { readonly rate: number, readonly seconds?: number, readonly changes: readonly Change[] }): Scenario {
  return { rate, seconds, changes, incident: { rule, also, from, until, within } }
}

function mix (seed: number, index: number, salt: number): number {
  let hash = Math.imul(seed ^ Math.imul(index + 1, 0x9E3779B1), 0x85EBCA6B) ^ Math.imul(salt, 0xC2B2AE35)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2C1B3C6D)
  return (hash ^ (hash >>> 13)) >>> 0
}
