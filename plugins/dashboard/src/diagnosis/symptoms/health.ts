import type { OpenBreakers } from '../broken-upstream.ts'
import { causeOfBreaker } from '../broken-upstream.ts'
import { causeOfIll, illComponents } from '../degraded-component.ts'
import { duration, named } from '../figures.ts'
import type { Finding } from '../finding.ts'
import type { ServiceMemory } from '../service-memory.ts'
import { ALL_SILENT_MS, SILENT_MS } from '../thresholds.ts'
import { isAlone } from './coordination.ts'

/** Something says of itself that it is not well, or says nothing any more; users need not have noticed. */
export function health (memory: ServiceMemory, breakers: OpenBreakers, at: number): Finding | undefined {
  return silence(memory, at) ?? ill(memory) ?? openBreaker(memory, breakers)
}

/** An instance that went without a farewell. Where the coordinator is away, frames come from nobody: that is told instead. */
function silence ({ instances, living }: ServiceMemory, at: number): Finding | undefined {
  const silent = instances.filter(({ isStale, isComingOrGoing, frame }) => isStale && !isComingOrGoing && at - frame.at >= SILENT_MS)
  const first = silent[0]
  if (first === undefined || living.some(isAlone)) return undefined
  // That all others died at once is less likely than that the way to them did, which the coordinator will soon know.
  if (living.length === 1 && silent.length > 1 && at - first.frame.at < ALL_SILENT_MS) return undefined
  const id = named(first.id)
  return {
    symptom: 'health',
    level: living.length > 0 ? 'warning' : 'critical',
    about: silent.length === 1 ? `${id} is silent` : `${silent.length} of ${instances.length} instances are silent`,
    cause: {
      kind: 'instance',
      name: id,
      instance: id,
      because: `its last word was ${duration(at - first.frame.at)} ago, and it had not said that it would go`,
      evidence: [{ label: 'instances', value: `${living.length} heard of, ${silent.length} silent` }]
    }
  }
}

function ill (memory: ServiceMemory): Finding | undefined {
  const [worst, ...others] = illComponents(memory)
  if (worst === undefined) return undefined
  const ready = memory.living.filter(({ frame }) => frame.health.ready).length
  const not = `${memory.living.length - ready} of ${memory.living.length} instances are not ready`
  const more = others.length === 0 ? [] : [{ label: 'also', value: others.slice(0, 3).map(({ component }) => named(component)).join(', ') }]
  const cause = causeOfIll(memory, worst)
  if (worst.status === 'failing') {
    return {
      symptom: 'health',
      level: ready === 0 ? 'critical' : 'warning',
      about: memory.living.length > 1 ? not : 'not ready for requests',
      cause: { ...cause, evidence: [...cause.evidence, ...more] }
    }
  }
  return { symptom: 'health', level: 'notice', about: `${named(worst.component)} is degraded`, cause: { ...cause, because: named(worst.reason), evidence: [...cause.evidence, ...more] } }
}

/** Nobody asks it: there are no errors, or they are answered with something else. */
function openBreaker (memory: ServiceMemory, breakers: OpenBreakers): Finding | undefined {
  const [open] = breakers.all()
  return open === undefined ? undefined : { symptom: 'health', level: 'notice', about: `breaker ${named(open.name)} is open`, cause: causeOfBreaker(memory, open) }
}
