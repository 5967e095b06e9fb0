import type { OpenBreakers } from '../broken-upstream.ts'
import { upstreamOfErrors } from '../broken-upstream.ts'
import { busiestLoop, whyBusy } from '../busy-loop.ts'
import { degradedComponent } from '../degraded-component.ts'
import { named, percent } from '../figures.ts'
import { unknownCause } from '../finding.ts'
import type { Cause, Finding } from '../finding.ts'
import type { ServiceMemory } from '../service-memory.ts'
import { othersSuffer } from '../others-suffer.ts'
import { sickInstance } from '../sick-instance.ts'
import { CRITICAL_ERROR_SHARE, NEARLY_ALL } from '../thresholds.ts'
import type { Span } from '../thresholds.ts'
import type { TrafficMemory } from '../traffic-memory.ts'

/** More requests than usual fail: of one route, of several, or a few of each. */
export function errors (memory: ServiceMemory, breakers: OpenBreakers): Finding | undefined {
  const failing = [...memory.routes.all()].filter((route) => route.failing !== undefined)
  const { total } = memory
  if (failing.length === 0 && total.failing === undefined) return undefined
  const span = failing.reduce<Span>((longest, { failing }) => failing!.span > longest ? failing!.span : longest, total.failing?.span ?? 10)
  failing.sort((a, b) => b.extraErrors(span) - a.extraErrors(span))
  const all = failing.length === 0 ? total.extraErrors(span) : failing.reduce((sum, route) => sum + route.extraErrors(span), 0)
  const share = total.served(span) === 0 ? 0 : total.errors(span) / total.served(span)
  const cause = causeOf(memory, breakers, failing, all, span)
  const serviceShare = { label: 'errors', value: `${percent(share)} of all requests` }
  return {
    symptom: 'errors',
    level: share >= CRITICAL_ERROR_SHARE ? 'critical' : 'warning',
    about: aboutOf(failing, all, span, share),
    cause: { ...cause, evidence: [serviceShare, ...cause.evidence] }
  }
}

function aboutOf (failing: readonly TrafficMemory[], all: number, span: Span, share: number): string {
  const [worst] = failing
  if (worst === undefined) return `${percent(share)} of all requests fail`
  if (worst.extraErrors(span) >= NEARLY_ALL * all) return `${percent(worst.errors(span) / worst.served(span))} of ${named(worst.name)} ${worst.errors(span) === 1 ? 'fails' : 'fail'}`
  const others = failing.length > 2 ? ` and ${failing.length - 1} more routes` : ` and ${named(failing[1]!.name)}`
  return `${percent(share)} of all requests fail, of ${named(worst.name)}${others}`
}

function causeOf (memory: ServiceMemory, breakers: OpenBreakers, failing: readonly TrafficMemory[], all: number, span: Span): Cause {
  const upstream = sickInstance(memory, 'errors') ?? upstreamOfErrors(memory, breakers, all, span) ?? degradedComponent(memory)
  if (upstream !== undefined) return upstream
  const busy = busiestLoop(memory)
  if (busy !== undefined) return whyBusy(memory, busy)
  const [worst] = failing
  if (worst !== undefined && worst.extraErrors(span) >= NEARLY_ALL * all && !othersSuffer(memory, worst, span, (route) => route.failing !== undefined)) {
    return { kind: 'route', name: named(worst.name), instance: null, because: 'the route itself, its upstreams and the process are as usual', evidence: [] }
  }
  return unknownCause('no route, upstream or component stands out')
}
