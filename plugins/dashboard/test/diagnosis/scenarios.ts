import type { ModelRoute, ModelState, ProcessModel } from './process-model.ts'
import { Random } from '@plimsoll/core/testing'
import { SERVICE_NAMES, SERVICES } from './services.ts'
import type { Service, ServiceName } from './services.ts'
import { traceOf } from './trace.ts'
import type { Change, Cluster, Incident, Trace } from './trace.ts'

/** The thresholds were chosen on the traces of this seed (and looked at on those of 2 to 9). */
export const TUNED_SEED = 1
/** The first 32 bits of the commit of the last change of the diagnosis, 645b7514223d0539: nobody could know it before. */
export const HELD_OUT_SEED = 0x645b7514

const MINUTE = 60
const MEGABYTE = 2 ** 20
const UNKNOWN: Incident['causes'] = [{ kind: 'unknown', name: '' }]

interface Plan {
  readonly service: ServiceName
  readonly seconds?: number
  readonly instances?: number
  readonly changes: readonly Change[]
  readonly incident?: Omit<Incident, 'from' | 'until'> & Partial<Pick<Incident, 'from' | 'until'>>
}

type Kind = (random: Random) => Plan

const FROM = 3 * MINUTE
const UNTIL = 5 * MINUTE
const SECONDS = 7 * MINUTE
/** After its end a fault is told of for the span by which it was found, and the seconds for which it has to be gone. */
const CLEARS = 75

/** Services that a fault of this kind makes sense in. */
const FAULTS: Readonly<Record<string, { readonly services: readonly [ServiceName, ...ServiceName[]], readonly plan: (random: Random, draft: Service) => Omit<Plan, 'service'> }>> = {
  'slow route': {
    services: ['shop', 'tiny', 'huge', 'batch', 'legacy'],
    plan (random, { state }) {
      const route = pickRoute(random, state, ({ rate, upstream }) => rate >= 0.4 && upstream === undefined)
      const extra = Math.max(150, 6 * (route.waitMs + route.cpuMs) + route.tailMs) * random.between(1, 3)
      return { changes: [during(eachRoute(route.name, (one) => { one.waitMs += extra }))], incident: named('route', route.name, route.rate < 2 ? 60 : 20) }
    }
  },
  'slow tail': {
    services: ['shop', 'legacy', 'huge'],
    plan (random, { state }) {
      const route = pickRoute(random, state, ({ rate }) => rate >= 4)
      const tail = random.between(0.35, 0.6)
      const tailMs = random.between(800, 2000)
      return { changes: [during(eachRoute(route.name, (one) => { one.tail = tail; one.tailMs = tailMs }))], incident: named('route', route.name, 40) }
    }
  },
  'failing route': {
    services: ['shop', 'tiny', 'huge', 'batch', 'legacy', 'gateway'],
    plan (random, { state }) {
      const route = pickRoute(random, state, ({ rate }) => rate >= 0.4)
      const errors = random.between(0.3, 1)
      return { changes: [during(eachRoute(route.name, (one) => { one.errors = errors }))], incident: named('route', route.name, route.rate < 2 ? 60 : 15) }
    }
  },
  'failing upstream': {
    services: ['shop', 'huge', 'gateway', 'tiny'],
    plan (random, { state }) {
      const [origin] = pickUpstream(random, state)
      const errors = random.between(0.4, 1)
      return { changes: [during((state) => { state.upstreams[origin]!.errors = errors })], incident: named('upstream', origin, origin === 'http://stock' ? 60 : 15) }
    }
  },
  'slow upstream': {
    services: ['shop', 'huge', 'gateway', 'tiny'],
    plan (random, { state }) {
      const [origin, { ms }] = pickUpstream(random, state)
      const slow = Math.max(200, 8 * ms) * random.between(1, 3)
      return { changes: [during((state) => { state.upstreams[origin]!.ms = slow })], incident: named('upstream', origin, origin === 'http://stock' ? 60 : 25) }
    }
  },
  'hanging upstream': {
    services: ['gateway', 'shop'],
    plan (random, { state }) {
      const [origin] = pickUpstream(random, state)
      // What hangs never ends: the trace ends with it.
      return { seconds: UNTIL, changes: [during((state) => { state.upstreams[origin]!.hangs = 1 })], incident: { ...named('upstream', origin, 40), until: UNTIL } }
    }
  },
  'open breaker': {
    services: ['shop', 'gateway'],
    plan (random, { state }) {
      const [origin] = pickUpstream(random, state)
      const probes = random.between(0, 1) < 0.5 ? 5 : 20
      return {
        changes: [(cluster, t) => {
          for (const { upstreams } of cluster.states) {
            const upstream = upstreams[origin]!
            const on = t >= FROM && t < UNTIL
            upstream.errors = on ? 1 : 0
            upstream.breaker = t < FROM + 3 || !on ? 'closed' : (t - FROM) % probes < probes - 1 ? 'open' : 'half-open'
          }
        }],
        incident: named('upstream', origin, 20)
      }
    }
  },
  'hot loop': {
    services: ['shop', 'tiny', 'legacy', 'batch'],
    plan (random, { state }) {
      const route = pickRoute(random, state, ({ rate }) => rate >= 0.4)
      // It stands still for 250 ms and more, and is busy for a third of the time to nearly twice of it.
      const load = random.between(0.35, 1.6)
      const cpuMs = Math.min(2000, Math.max(250, 1000 * load / route.rate))
      return { seconds: SECONDS + 2 * MINUTE, changes: [during(eachRoute(route.name, (one) => { one.cpuMs = cpuMs })), (cluster) => { for (const state of cluster.states) state.shedAboveMs = 1500 }], incident: { ...named('route', route.name, 60), clears: 90 } }
    }
  },
  surge: {
    services: ['shop'],
    plan (random, { state }) {
      const route = pickRoute(random, state, ({ cpuMs }) => cpuMs >= 10)
      const factor = random.between(1.2, 2.5) * 1000 / (route.rate * route.cpuMs)
      return {
        changes: [(cluster) => { for (const state of cluster.states) state.shedAboveMs = 120 }, during(eachRoute(route.name, (one) => { one.rate *= factor }))],
        incident: named('route', route.name, 25)
      }
    }
  },
  'blocked by a timer': {
    services: ['shop', 'tiny', 'legacy', 'gateway'],
    plan (random) {
      const every = random.between(1000, 4000)
      const block = random.between(300, 0.7 * every)
      return { changes: [(cluster, t) => { for (const state of cluster.states) { state.blockEveryMs = every; state.blockMs = t >= FROM && t < UNTIL ? block : 0 } }], incident: { causes: UNKNOWN, within: 40, clears: CLEARS } }
    }
  },
  'stopped process': {
    services: ['shop', 'tiny', 'legacy', 'gateway', 'huge'],
    plan (random) {
      const ms = random.between(1500, 2900)
      return {
        // Now and then: once alone is over before anybody has read it.
        changes: [(cluster, t) => { if (t >= FROM && t < UNTIL && (t - FROM) % 8 === 0) for (const state of cluster.states) state.stoppedMs = ms }],
        incident: { causes: UNKNOWN, within: 15, clears: CLEARS }
      }
    }
  },
  'hidden dependency': {
    services: ['shop', 'legacy', 'gateway', 'huge'],
    plan (random) {
      const extra = random.between(250, 900)
      return { changes: [during((state) => { for (const route of state.routes) { route.tail = 1; route.tailMs = extra } })], incident: { causes: UNKNOWN, within: 35, clears: CLEARS } }
    }
  },
  'errors everywhere': {
    services: ['shop', 'legacy', 'huge'],
    plan (random) {
      const errors = random.between(0.2, 1)
      return { changes: [during((state) => { for (const route of state.routes) route.errors = errors })], incident: { causes: UNKNOWN, within: 15, clears: CLEARS } }
    }
  },
  leak: {
    services: ['shop', 'tiny', 'gateway'],
    plan (random) {
      const perSecond = random.between(1.2, 4) * MEGABYTE
      return {
        seconds: 8 * MINUTE,
        changes: [(cluster, t) => { for (const state of cluster.states) { state.majorEverySeconds = 5; state.floor = 60 * MEGABYTE + perSecond * Math.max(0, t - FROM) } }],
        incident: { ...named('component', 'heap', 4 * MINUTE), until: 8 * MINUTE }
      }
    }
  },
  'abusive client': {
    services: ['shop', 'legacy', 'gateway', 'huge'],
    plan (random, { state }) {
      const clients = Math.round(random.between(5, 400))
      const shown = random.chance(0.5)
      const route = pickRoute(random, state, () => true)
      const factor = random.between(3, 6)
      const share = 1 - 1 / factor
      const rates = state.routes.reduce((sum, { rate }) => sum + rate, 0)
      return {
        changes: [
          (cluster, t) => { if (t === 0) for (const state of cluster.states) { state.shedAboveMs = 2000; state.clients = clients; state.clientName = shown ? '192.0.2.7' : '(not shown)' } },
          during((state) => {
            state.limitedClients = 1
            const one = state.routes.find(({ name }) => name === route.name)!
            const added = 0.5 * rates + one.rate * factor
            one.limited = Math.min(0.98, share + (added - one.rate * factor) / added * (1 - share))
            one.rate = added
          })
        ],
        incident: named('client', shown ? '192.0.2.7' : 'limit default', 20)
      }
    }
  },
  'coordinator away': {
    services: ['shop', 'tiny', 'gateway', 'huge'],
    plan: (random) => ({
      instances: random.pick([1, 2, 3]), changes: [(cluster, t) => { for (const state of cluster.states) state.coordinator = t >= FROM && t < UNTIL ? 'degraded' : 'cluster' }], incident: named('component', 'coordinator', 8)
    })
  },
  'one on its own': {
    services: ['shop', 'gateway'],
    plan: () => ({
      instances: 3, changes: [(cluster, t) => { for (const [index, state] of cluster.states.entries()) state.coordinator = index === 1 && t >= FROM && t < UNTIL ? 'degraded' : 'cluster' }], incident: named('instance', 'app-2', 8)
    })
  },
  'sick instance': {
    services: ['shop', 'legacy', 'gateway'],
    plan (random) {
      const sick = random.pick([0, 1, 2])
      const how = random.pick(['slow', 'errors', 'blocked'] as const)
      const extra = random.between(300, 900)
      const share = random.between(0.3, 1)
      return {
        instances: 3,
        changes: [(cluster, t) => {
          const state = cluster.states[sick]!
          const on = t >= FROM && t < UNTIL
          if (how === 'blocked') { state.blockEveryMs = 1000; state.blockMs = on ? 500 : 0 }
          for (const route of state.routes) {
            if (how === 'slow') { route.tail = on ? 1 : 0; route.tailMs = on ? extra : 0 }
            if (how === 'errors') route.errors = on ? share : 0
          }
        }],
        incident: named('instance', `app-${sick + 1}`, 25)
      }
    }
  },
  'killed instance': {
    services: ['shop', 'gateway', 'tiny'],
    plan: () => ({ instances: 3, seconds: UNTIL, changes: [(cluster, t) => { if (t === FROM) cluster.kill('app-3') }], incident: { ...named('instance', 'app-3', 10), until: FROM + 55 } })
  },
  'failing check': {
    services: ['shop', 'tiny', 'gateway'],
    plan (random) {
      const errors = random.pick([0, 0.5])
      return {
        changes: [
          during((state) => { for (const route of state.routes) route.errors = errors }),
          (cluster, t) => { for (const state of cluster.states) state.reasons = t >= FROM && t < UNTIL ? [{ component: 'check/database', status: 'failing', reason: 'no answer within 2000 ms' }] : [] }
        ],
        incident: named('component', 'check/database', 15)
      }
    }
  },
  'exhausted pool': {
    services: ['shop', 'legacy'],
    plan (random, { state }) {
      const extra = random.between(300, 900)
      const affected = new Set(state.routes.filter(({ upstream }) => upstream === undefined).slice(0, 2).map(({ name }) => name))
      return {
        changes: [
          during((state) => { for (const route of state.routes) if (affected.has(route.name)) { route.tail = 1; route.tailMs = extra } }),
          (cluster, t) => {
            const on = t >= FROM && t < UNTIL
            for (const state of cluster.states) state.components = [{ kind: 'pool', name: 'database', health: { status: 'ok' }, snapshot: { size: 10, max: 10, inUse: on ? 10 : 3, waiting: on ? 14 : 0 } }]
          }
        ],
        incident: named('component', 'database', 25)
      }
    }
  },
  collections: {
    services: ['shop', 'legacy'],
    plan: () => ({
      changes: [(cluster, t) => { for (const state of cluster.states) { state.blockEveryMs = 1000; state.blockMs = t >= FROM && t < UNTIL ? 600 : 0; state.gcMs = t >= FROM && t < UNTIL ? 550 : 3 } }],
      incident: named('component', 'garbage collection', 40)
    })
  }
}

/** What looks bad and is not. */
const HEALTHY: Readonly<Record<string, Kind>> = {
  steady: (random) => ({ service: random.pick(SERVICE_NAMES), seconds: 15 * MINUTE, instances: random.pick([1, 1, 3]), changes: [] }),
  'cold start': (random) => ({
    service: random.pick(SERVICE_NAMES),
    seconds: 8 * MINUTE,
    changes: [(cluster, t) => {
      if (t === 0) { cluster.kill('app-1'); cluster.start(0).state.blockEveryMs = 4000 }
      for (const state of cluster.states) {
        state.blockMs = t < 40 ? 500 : 0
        for (const route of state.routes) route.waitMs += t < 60 ? 60 * Math.exp(-t / 15) - (t === 0 ? 0 : 60 * Math.exp(-(t - 1) / 15)) : 0
        // Caches and code fill up, and level off.
        state.floor = (40 + 70 * (1 - Math.exp(-t / 150))) * MEGABYTE
      }
    }]
  }),
  deploy: (random) => ({
    service: random.pick(['shop', 'legacy', 'gateway', 'huge']),
    seconds: 10 * MINUTE,
    instances: 3,
    // One after the other: it drains, goes, and a new one compiles what it needs.
    changes: [3, 4, 5].flatMap((minute, index) => [
      (cluster: Cluster, t: number) => { if (t === minute * MINUTE - 3) cluster.processes.get(`app-${index + 1}`)!.state.reasons = [{ component: 'life-cycle', status: 'failing', reason: 'draining' }] },
      (cluster: Cluster, t: number) => { if (t === minute * MINUTE) { cluster.kill(`app-${index + 1}`); slowStart(cluster.start(t)) } },
      (cluster: Cluster, t: number) => { if (t === minute * MINUTE + 25) endOfSlowStart(cluster.processes.get(`app-${index + 4}`)!) }
    ])
  }),
  night (random) {
    const left = random.pick([0, 0.02, 0.1])
    return { service: random.pick(SERVICE_NAMES), seconds: 20 * MINUTE, changes: [(cluster, t) => { scaleRates(cluster, t, 4 * MINUTE, left) }] }
  },
  morning (random) {
    const factor = random.between(1.5, 2)
    return { service: random.pick(SERVICE_NAMES), seconds: 15 * MINUTE, changes: [(cluster, t) => { scaleRates(cluster, t, 5 * MINUTE, factor) }] }
  },
  blips: (random) => {
    const kinds = [0, 1, 2, 3].map(() => random.pick(['errors', 'stall', 'slow', 'major'] as const))
    const stallMs = random.between(210, 700)
    return {
      service: random.pick(SERVICE_NAMES),
      seconds: 12 * MINUTE,
      changes: kinds.map((kind, index) => {
        const at = (3 + 2 * index) * MINUTE + 17
        return (cluster: Cluster, t: number) => {
          for (const state of cluster.states) {
            if (kind === 'stall') { state.blockEveryMs = 1000; state.blockMs = t === at ? stallMs : 0 }
            if (kind === 'errors') toggle(state.routes, t, at, at + 1, (route, on) => { route.errors += on ? 0.8 : -0.8 })
            if (kind === 'slow') toggle(state.routes, t, at, at + 2, (route, on) => { route.waitMs += on ? 300 : -300 })
            if (kind === 'major') state.gcMs = t === at ? 150 : 3
          }
        }
      })
    }
  },
  'some are refused': (random) => {
    const share = random.between(0.005, 0.02)
    return {
      service: random.pick(SERVICE_NAMES),
      seconds: 15 * MINUTE,
      changes: [(cluster) => { for (const state of cluster.states) { state.clients = 50; state.limitedClients = 2; for (const route of state.routes) route.limited = share } }]
    }
  },
  'always a few errors': (random) => {
    const share = random.between(0.003, 0.012)
    return { service: random.pick(['shop', 'legacy', 'gateway', 'huge', 'tiny']), seconds: 20 * MINUTE, changes: [(cluster) => { for (const state of cluster.states) for (const route of state.routes) route.errors = share }] }
  },
  'heavier requests': (random) => ({
    service: random.pick(SERVICE_NAMES),
    seconds: 15 * MINUTE,
    changes: [(cluster, t) => { if (t === 5 * MINUTE) for (const state of cluster.states) for (const route of state.routes) { route.waitMs *= 1.3; route.cpuMs *= 1.2 } }]
  }),
  'collector saw': (random) => ({
    service: random.pick(SERVICE_NAMES),
    seconds: 15 * MINUTE,
    changes: [(cluster, t) => { for (const state of cluster.states) { state.majorEverySeconds = 7; state.utilization = 0.35 + 0.5 * (t % 40) / 40; state.floor = (60 + 6 * Math.sin(t / 50)) * MEGABYTE } }]
  }),
  'cache fills': (random) => {
    const size = random.between(50, 250)
    const seconds = random.between(60, 400)
    return {
      service: random.pick(SERVICE_NAMES),
      seconds: 20 * MINUTE,
      changes: [(cluster, t) => { for (const state of cluster.states) { state.majorEverySeconds = 6; state.floor = (60 + size * (1 - Math.exp(-Math.max(0, t - 2 * MINUTE) / seconds))) * MEGABYTE } }]
    }
  },
  scaling: (random) => ({
    service: random.pick(['shop', 'legacy', 'gateway']),
    seconds: 10 * MINUTE,
    instances: 2,
    changes: [
      (cluster, t) => { if (t === 4 * MINUTE) slowStart(cluster.start(t)) },
      (cluster, t) => { if (t === 4 * MINUTE + 25) endOfSlowStart(cluster.processes.get('app-3')!) },
      (cluster, t) => { if (t === 7 * MINUTE - 2) cluster.processes.get('app-3')!.state.reasons = [{ component: 'life-cycle', status: 'failing', reason: 'draining' }] },
      (cluster, t) => { if (t === 7 * MINUTE) cluster.kill('app-3') }
    ]
  }),
  'busy but well' (random) {
    const factor = random.between(1.5, 2.5)
    return { service: 'shop', seconds: 12 * MINUTE, changes: [(cluster, t) => { if (t === 0) for (const state of cluster.states) for (const route of state.routes) if (route.cpuMs >= 10) route.rate *= factor }] }
  }
}

/** `count` traces with a fault each, and `count` without, from one seed. */
export function makeTraces (seed: number, count: number): Trace[] {
  return [...makeFaulty(seed, count), ...makeHealthy(seed, count)]
}

/** Every kind in turn. */
export function makeFaulty (seed: number, count: number): Trace[] {
  const kinds = Object.entries(FAULTS)
  return Array.from({ length: count }, (_, index) => {
    const [kind, { services, plan }] = kinds[index % kinds.length]!
    const random = new Random(mix(seed, index, 1))
    const service = random.pick(services)
    const serviceSeed = Math.floor(random.next() * 2 ** 32)
    return made(kind, service, serviceSeed, plan(random, SERVICES[service](new Random(serviceSeed))), mix(seed, index, 3))
  })
}

export function makeHealthy (seed: number, count: number): Trace[] {
  const kinds = Object.entries(HEALTHY)
  return Array.from({ length: count }, (_, index) => {
    const [kind, plan] = kinds[index % kinds.length]!
    const random = new Random(mix(seed, index, 2))
    const serviceSeed = Math.floor(random.next() * 2 ** 32)
    const planned = plan(random)
    return made(kind, planned.service, serviceSeed, planned, mix(seed, index, 4))
  })
}

/** The shop as it is, on so many instances. */
export function costTrace (instances: number): Trace {
  return made('cost', 'shop', TUNED_SEED, { seconds: SECONDS, instances, changes: [] }, TUNED_SEED)
}

function made (kind: string, service: ServiceName, serviceSeed: number, { seconds = SECONDS, instances = 1, changes, incident }: Omit<Plan, 'service'>, seed: number): Trace {
  return traceOf({
    kind,
    name: `${kind} (${service} ${seed.toString(16)})`,
    seconds,
    instances,
    seed,
    service: () => SERVICES[service](new Random(serviceSeed)),
    changes,
    incident: incident === undefined ? undefined : { from: FROM, until: UNTIL, ...incident }
  })
}

function named (kind: Incident['causes'][number]['kind'], name: string, within: number): Omit<Incident, 'from' | 'until'> {
  return { causes: [{ kind, name }], within, clears: CLEARS }
}

/** Changes every process from the fault's beginning to its end, and back. */
function during (change: (state: ModelState) => void): Change {
  const before = new Map<ModelState, { readonly routes: readonly ModelRoute[], readonly upstreams: ModelState['upstreams'], readonly limitedClients: number }>()
  return (cluster, t) => {
    if (t !== FROM && t !== UNTIL) return
    for (const state of cluster.states) {
      const saved = before.get(state)
      if (t === FROM) {
        before.set(state, { routes: state.routes.map((route) => ({ ...route })), upstreams: structuredClone(state.upstreams), limitedClients: state.limitedClients })
        change(state)
      } else if (saved !== undefined) {
        for (const [index, route] of state.routes.entries()) Object.assign(route, saved.routes[index])
        for (const [origin, upstream] of Object.entries(state.upstreams)) Object.assign(upstream, saved.upstreams[origin])
        state.limitedClients = saved.limitedClients
      }
    }
  }
}

function eachRoute (name: string, change: (route: ModelRoute) => void): (state: ModelState) => void {
  return ({ routes }) => { for (const route of routes) if (route.name === name) change(route) }
}

function pickRoute (random: Random, { routes }: ModelState, fits: (route: ModelRoute) => boolean): ModelRoute {
  const [first, ...others] = routes.filter(fits)
  return random.pick([first!, ...others])
}

function pickUpstream (random: Random, { upstreams }: ModelState): readonly [string, ModelState['upstreams'][string]] {
  const [first, ...others] = Object.entries(upstreams)
  return random.pick([first!, ...others])
}

function scaleRates (cluster: Cluster, t: number, over: number, to: number): void {
  if (t < 3 * MINUTE || t > 3 * MINUTE + over) return
  const share = (at: number): number => 1 + (to - 1) * (at - 3 * MINUTE) / over
  for (const state of cluster.states) for (const route of state.routes) route.rate *= Math.max(1e-6, share(t)) / (t === 3 * MINUTE ? 1 : Math.max(1e-6, share(t - 1)))
}

function toggle (routes: readonly ModelRoute[], t: number, from: number, until: number, change: (route: ModelRoute, on: boolean) => void): void {
  if (t === from || t === until) for (const route of routes) change(route, t === from)
}

function slowStart ({ state }: ProcessModel): void {
  for (const route of state.routes) { route.cpuMs *= 1.8; route.waitMs += 40 }
}

function endOfSlowStart ({ state }: ProcessModel): void {
  for (const route of state.routes) { route.cpuMs /= 1.8; route.waitMs -= 40 }
}

function mix (seed: number, index: number, salt: number): number {
  return Math.imul(seed ^ Math.imul(index + 1, 0x9E3779B1) ^ Math.imul(salt, 0x85EBCA6B), 0xC2B2AE35) >>> 0
}
