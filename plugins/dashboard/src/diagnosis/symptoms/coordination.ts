import { named } from '../figures.ts'
import type { Finding } from '../finding.ts'
import type { InstanceMemory } from '../instance-memory.ts'
import type { ServiceMemory } from '../service-memory.ts'
import { READY_MS } from '../thresholds.ts'

/** Instances are on their own that should work together. */
export function coordination ({ living }: ServiceMemory): Finding | undefined {
  const grown = living.filter(({ frame, isComingOrGoing }) => frame.clock > READY_MS && !isComingOrGoing)
  const alone = grown.filter(isAlone)
  const first = alone[0]
  if (first === undefined) return undefined
  const evidence = [{ label: 'coordinator', value: named(first.frame.components.find(({ kind }) => kind === 'coordinator')?.health.reason ?? 'degraded') }, { label: 'on their own', value: `${alone.length} of ${living.length}` }]
  const oneOfMany = alone.length === 1 && grown.length > 1
  const backend = backendOf(first)
  return {
    symptom: 'coordination',
    level: 'warning',
    about: oneOfMany ? `${named(first.id)} is on its own` : living.length > 1 ? `${alone.length} of ${living.length} instances are on their own` : 'this instance is on its own',
    cause: oneOfMany
      ? { kind: 'instance', name: named(first.id), instance: named(first.id), because: `it does not reach the coordinator (${backend}), the others do`, evidence }
      : { kind: 'component', name: 'coordinator', instance: null, because: `the coordinator's backend ${backend} is away, limits and leadership are not shared`, evidence }
  }
}

/** Its coordinator is degraded. */
export function isAlone ({ frame }: InstanceMemory): boolean {
  return frame.components.some(({ kind, health }) => kind === 'coordinator' && health.status !== 'ok')
}

function backendOf ({ frame }: InstanceMemory): string {
  const backend = frame.components.find(({ kind }) => kind === 'coordinator')?.snapshot['backend']
  return typeof backend === 'string' ? named(backend) : 'unknown'
}
