import { PRIORITIES } from '@plimsoll/core'
import type { OpenBreakers } from '../broken-upstream.ts'
import { causeOfBreaker, upstreamOfDelay } from '../broken-upstream.ts'
import { busiestLoop, whyBusy } from '../busy-loop.ts'
import { degradedComponent } from '../degraded-component.ts'
import { named, percent } from '../figures.ts'
import { unknownCause } from '../finding.ts'
import type { Cause, Finding } from '../finding.ts'
import { limitedRequests, overLimit } from '../loud-client.ts'
import type { ServiceMemory } from '../service-memory.ts'
import { shareAtLeast } from '../share.ts'
import { sickInstance } from '../sick-instance.ts'
import { HALF, LIMITED_SHARE, MIN_BAD, SEVERE_REFUSED_SHARE, SHED_SHARE } from '../thresholds.ts'
import type { TrafficMemory } from '../traffic-memory.ts'
import { trafficSurge } from '../traffic-surge.ts'

/** Refused of these, users notice. */
const IMPORTANT = ['system', 'critical', 'high'] as const
/** Classes that a sentence names. */
const MAX_NAMED = 2

interface Refused { readonly priority: string, readonly refused: number, readonly share: number }

/** Requests are turned away: by the load-shedder, by limits, by breakers of routes. */
export function refusals (memory: ServiceMemory, breakers: OpenBreakers, active: boolean): Finding | undefined {
  const { all, refused } = memory.settled(10)
  const limited = limitedRequests(memory)
  const classes = shedClasses(memory, limited)
  const shed = classes.reduce((sum, one) => sum + one.refused, 0)
  const guarded = Math.max(0, refused - shed - limited)
  const hold = active ? 0.5 : 1
  if (refused < MIN_BAD * hold || memory.living.every(({ isComingOrGoing }) => isComingOrGoing)) return undefined
  const share = refused / all
  if (shed >= SHED_SHARE * hold * all && shed >= MIN_BAD * hold) return finding(shedLevel(classes), aboutShed(classes), share, causeOfShedding(memory, breakers))
  if (limited >= LIMITED_SHARE * hold * all && (active || shareAtLeast(limited, all) >= LIMITED_SHARE / 2)) {
    const cause = overLimit(memory)
    return finding(cause.kind === 'client' || share < SEVERE_REFUSED_SHARE ? 'notice' : 'warning', `refusing ${percent(limited / all)} of all requests`, share, cause)
  }
  if (guarded >= LIMITED_SHARE * hold * all) {
    const open = breakers.all().find((breaker) => breaker.refused > 0)
    return finding('warning', `refusing ${percent(guarded / all)} of all requests`, share, open === undefined ? unknownCause('no limit, breaker or load-shedder says that it was it') : causeOfBreaker(memory, open))
  }
  return undefined
}

function finding (level: Finding['level'], about: string, share: number, cause: Cause): Finding {
  return { symptom: 'refusals', level, about, cause: { ...cause, evidence: [{ label: 'refused', value: `${percent(share)} of all requests` }, ...cause.evidence] } }
}

/**
 * What the load-shedder refused of each class within the last ten seconds, most first. It counts what was refused at its
 * gate, by limits as well: those are taken off in proportion.
 */
function shedClasses ({ living }: ServiceMemory, limited: number): readonly Refused[] {
  const rise = (name: string): number => living.reduce((sum, { counters }) => sum + counters.rise(name, 10), 0)
  const all = PRIORITIES.map((priority) => ({ priority, arrived: rise(`arrived ${priority}`), refused: rise(`refused ${priority}`) }))
  const refusedAtGate = all.reduce((sum, { refused }) => sum + refused, 0)
  const own = refusedAtGate === 0 ? 0 : Math.max(0, 1 - limited / refusedAtGate)
  return all
    .map(({ priority, arrived, refused }) => ({ priority, refused: own * refused, share: arrived === 0 ? 0 : Math.min(1, own * refused / arrived) }))
    .filter(({ refused }) => refused > 0)
    .sort((a, b) => b.refused - a.refused)
}

function shedLevel (classes: readonly Refused[]): Finding['level'] {
  return classes.some(({ priority, share }) => IMPORTANT.some((important) => important === priority) && share >= SHED_SHARE) ? 'critical' : 'warning'
}

function aboutShed (classes: readonly Refused[]): string {
  return `refusing ${classes.slice(0, MAX_NAMED).map(({ priority, share }) => `${percent(share)} of ${priority}`).join(' and ')}`
}

function causeOfShedding (memory: ServiceMemory, breakers: OpenBreakers): Cause {
  const forced = memory.living.find(({ frame }) => frame.components.some(({ kind, snapshot }) => kind === 'load-shedder' && snapshot['force'] === 'on'))
  if (forced !== undefined) return { kind: 'component', name: 'load-shedder', instance: memory.whose(forced), because: 'an operator forces it', evidence: [] }
  const sick = sickInstance(memory, 'slow')
  if (sick !== undefined) return sick
  const busy = busiestLoop(memory)
  if (busy !== undefined) return whyBusy(memory, busy)
  const extraMs = [...memory.routes.all()].reduce((sum, route) => sum + route.extraMs(10), 0)
  const other = upstreamOfDelay(memory, breakers, extraMs, 10) ?? degradedComponent(memory)
  if (other !== undefined) return other
  return fullRoute(memory)
}

/** The route whose requests stay longer, or come more often, and fill the places. */
function fullRoute (memory: ServiceMemory): Cause {
  const grown = [...memory.routes.all()].map((route) => ({ route, ms: grownMs(route) })).sort((a, b) => b.ms - a.ms)
  const all = grown.reduce((sum, { ms }) => sum + Math.max(0, ms), 0)
  const first = grown[0]
  if (first !== undefined && first.ms > 0 && first.ms >= HALF * all && first.ms >= HALF * (first.route.timeMs(10) - first.ms)) {
    return { kind: 'route', name: named(first.route.name), instance: null, because: `most time in ${named(first.route.name)}`, evidence: [] }
  }
  return trafficSurge(memory) ?? unknownCause('no route, upstream or component stands out')
}

/** Milliseconds of service time beyond the usual, within the last ten seconds. */
function grownMs (route: TrafficMemory): number {
  const { rate, meanMs } = route.usual
  return rate === undefined || meanMs === undefined ? 0 : route.timeMs(10) - 10 * rate * meanMs
}
