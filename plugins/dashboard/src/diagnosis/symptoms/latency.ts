import type { OpenBreakers } from '../broken-upstream.ts'
import { upstreamOfDelay } from '../broken-upstream.ts'
import { busiestLoop, whyBusy } from '../busy-loop.ts'
import { degradedComponent } from '../degraded-component.ts'
import { duration, named, percent } from '../figures.ts'
import { unknownCause } from '../finding.ts'
import type { Cause, Finding } from '../finding.ts'
import type { InstanceMemory } from '../instance-memory.ts'
import type { ServiceMemory } from '../service-memory.ts'
import { orLoudClient } from '../loud-client.ts'
import { othersSuffer } from '../others-suffer.ts'
import { sickInstance } from '../sick-instance.ts'
import { HALF, NEARLY_ALL } from '../thresholds.ts'
import type { Span } from '../thresholds.ts'
import type { TrafficMemory } from '../traffic-memory.ts'

/** From so many milliseconds on the loop's delays are compared with what requests take longer. */
const DELAY_MS = 30

/** Routes take longer than usual. */
export function latency (memory: ServiceMemory, breakers: OpenBreakers): Finding | undefined {
  const slow = [...memory.routes.all()].filter((route) => route.slow !== undefined || route.isStuck)
  if (slow.length === 0) return undefined
  const span = slow.reduce<Span>((longest, { slow }) => slow !== undefined && slow.span > longest ? slow.span : longest, 10)
  slow.sort((a, b) => b.extraMs(span) - a.extraMs(span))
  const extraMs = slow.reduce((sum, route) => sum + route.extraMs(span), 0)
  const requests = slow.reduce((sum, route) => sum + route.slowCount(span), 0)
  const timed = memory.total.timed(span)
  const share = timed === 0 ? 1 : requests / timed
  const cause = orLoudClient(memory, causeOf(memory, breakers, slow, { extraMs, requests, span }))
  return {
    symptom: 'latency',
    level: share >= HALF ? 'critical' : 'warning',
    about: aboutOf(slow, extraMs, span),
    cause: { ...cause, evidence: [{ label: 'slow', value: `${percent(share)} of all requests` }, ...cause.evidence] }
  }
}

function aboutOf (slow: readonly TrafficMemory[], extraMs: number, span: Span): string {
  const worst = slow[0]!
  const figures = figuresOf(worst)
  if (slow.length === 1 || worst.extraMs(span) >= NEARLY_ALL * extraMs) return `${named(worst.name)} ${figures}`
  return `${slow.length} routes are slow, ${named(worst.name)} ${figures}`
}

/** Of the middle request where that one is slow, or of one in twenty. */
function figuresOf (route: TrafficMemory): string {
  if (route.isStuck) return `does not answer, ${route.inFlight} requests wait`
  // It is known, or nothing could be slow; and as long as nobody asks it is taken to be as slow as it was.
  const { usual } = route
  const median = usual.recentQuantile(0.5) ?? route.meanMs(60)!
  return median >= route.slowMs!
    ? `takes ${duration(median)}, usually ${duration(usual.quantile(0.5)!)}`
    : `has a P95 of ${duration(usual.recentQuantile(0.95) ?? median)}, usually ${duration(usual.quantile(0.95)!)}`
}

interface Extra { readonly extraMs: number, readonly requests: number, readonly span: Span }

function causeOf (memory: ServiceMemory, breakers: OpenBreakers, slow: readonly TrafficMemory[], { extraMs, requests, span }: Extra): Cause {
  const sick = sickInstance(memory, 'slow')
  if (sick !== undefined) return sick
  // A loop that stands still makes upstreams look slow as well.
  const loop = loopBehind(memory, extraMs / Math.max(1, requests))
  if (loop !== undefined) return whyBusy(memory, loop)
  const other = upstreamOfDelay(memory, breakers, extraMs, span) ?? degradedComponent(memory)
  if (other !== undefined) return other
  const worst = slow[0]!
  const says = idleWords(memory)
  if (worst.extraMs(span) >= NEARLY_ALL * extraMs && !othersSuffer(memory, worst, span, (route) => route.slow !== undefined)) {
    return { kind: 'route', name: named(worst.name), instance: null, because: `the route itself, ${says} and upstreams are as usual`, evidence: [] }
  }
  return unknownCause(`${says}, no upstream or component stands out`)
}

/** An instance whose loop is delayed for about as long as the requests are. */
function loopBehind (memory: ServiceMemory, extraMs: number): InstanceMemory | undefined {
  const pressed = busiestLoop(memory)
  if (pressed !== undefined) return pressed
  return memory.living.find((instance) => instance.meanDelay >= Math.max(DELAY_MS, HALF * extraMs))
}

function idleWords ({ living }: ServiceMemory): string {
  return `event loop ${percent(living.reduce((most, instance) => Math.max(most, instance.loop(10)), 0))}`
}
