import { listOf } from './instance-memory.ts'
import { named } from './figures.ts'
import type { Cause } from './finding.ts'
import type { InstanceMemory } from './instance-memory.ts'
import type { ServiceMemory } from './service-memory.ts'
import { READY_MS } from './thresholds.ts'

/** What refuses or tells is no cause: it does what it is there for. The coordinator has a symptom of its own. */
const CONSEQUENCES: ReadonlySet<string> = new Set(['load-shedder', 'rate-limiter', 'circuit-breaker', 'alerts', 'coordinator', 'life-cycle', 'memory-manager'])

/** A reason of an instance's health report that may be the cause of something. */
export interface Ill {
  readonly instance: InstanceMemory
  /** `kind/name`, `check/name`. */
  readonly component: string
  readonly status: 'degraded' | 'failing'
  readonly reason: string
}

/** Components and readiness checks that are not well, failing ones first. */
export function illComponents ({ living }: ServiceMemory): readonly Ill[] {
  return living
    .filter((instance) => !instance.isComingOrGoing && instance.frame.clock > READY_MS)
    .flatMap((instance) => instance.frame.health.reasons
      .filter(({ component }) => !CONSEQUENCES.has(component.split('/', 1)[0]!))
      .map((reason): Ill => ({ instance, ...reason })))
    .sort((a, b) => Number(b.status === 'failing') - Number(a.status === 'failing'))
}

/** A component that is not well, or a pool in which everybody waits, may explain errors and delays. */
export function degradedComponent (memory: ServiceMemory): Cause | undefined {
  const [ill] = illComponents(memory)
  return ill === undefined ? exhaustedPool(memory) : causeOfIll(memory, ill)
}

export function causeOfIll (memory: ServiceMemory, { instance, component, status, reason }: Ill): Cause {
  return {
    kind: 'component',
    name: named(component),
    instance: memory.whose(instance),
    because: `${named(component)} is ${status}: ${named(reason)}`,
    evidence: [{ label: named(component), value: named(reason) }]
  }
}

function exhaustedPool (memory: ServiceMemory): Cause | undefined {
  for (const instance of memory.living) {
    for (const { kind, name, snapshot } of instance.frame.components) {
      for (const pool of kind === 'pool' ? [{ name, ...snapshot }, ...listOf(snapshot['pools'])] : []) {
        const { inUse, max, waiting } = pool
        if (typeof inUse !== 'number' || typeof max !== 'number' || typeof waiting !== 'number' || waiting < 1 || inUse < max) continue
        const label = named(String(pool['name']))
        return {
          kind: 'component',
          name: label,
          instance: memory.whose(instance),
          because: `pool ${label} is exhausted: all ${max} in use, ${waiting} wait`,
          evidence: [{ label: `pool ${label}`, value: `${inUse} of ${max} in use, ${waiting} waiting` }]
        }
      }
    }
  }
  return undefined
}
