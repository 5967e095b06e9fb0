import { bytes, named, percent, span } from '../figures.ts'
import { unknownCause } from '../finding.ts'
import type { Cause, Finding } from '../finding.ts'
import type { InstanceMemory } from '../instance-memory.ts'
import type { ServiceMemory } from '../service-memory.ts'
import { FULL_CRITICAL_S, FULL_NOTICE_S, FULL_WARNING_S, HALF, MEMORY_FULL, MEMORY_NEARLY_GONE, TREND_OF_LEFT } from '../thresholds.ts'

/** The heap rises towards its end, or a limit is nearly reached. */
export function memoryGrowth (memory: ServiceMemory, active: boolean): Finding | undefined {
  const [growing] = memory.living.flatMap(growthOf).sort((a, b) => a.fullIn - b.fullIn)
  if (growing !== undefined && growing.fullIn < FULL_NOTICE_S * (active ? 2 : 1)) return findingOf(memory, growing)
  const full = memory.living
    .filter(({ frame }) => frame.vitals.memory.utilization > MEMORY_FULL - (active ? 0.03 : 0))
    .sort((a, b) => b.frame.vitals.memory.utilization - a.frame.vitals.memory.utilization)[0]
  if (full === undefined) return undefined
  const { utilization } = full.frame.vitals.memory
  return {
    symptom: 'memory',
    level: utilization >= MEMORY_NEARLY_GONE ? 'critical' : 'warning',
    about: `memory${whose(memory, full)} is at ${percent(utilization)} of its limit`,
    cause: whatFills(memory, full)
  }
}

interface Growth {
  readonly instance: InstanceMemory
  readonly floor: number
  readonly bytesPerSecond: number
  /** Seconds until the heap is full. */
  readonly fullIn: number
}

/** None where the heap does not rise for certain, or has not risen by much of what is left. */
function growthOf (instance: InstanceMemory): readonly Growth[] {
  const { bytesPerSecond, risenBy } = instance.heap
  const { oldSpaceFloor: floor, heapLimit, limit } = instance.frame.vitals.memory
  if (bytesPerSecond === undefined || floor === undefined) return []
  const left = Math.max(0, Math.min(heapLimit, limit) - floor)
  return risenBy < TREND_OF_LEFT * left ? [] : [{ instance, floor, bytesPerSecond, fullIn: left / bytesPerSecond }]
}

function findingOf (memory: ServiceMemory, { instance, floor, bytesPerSecond, fullIn }: Growth): Finding {
  const { utilization } = instance.frame.vitals.memory
  const perMinute = bytes(bytesPerSecond * 60)
  return {
    symptom: 'memory',
    level: fullIn < FULL_CRITICAL_S ? 'critical' : fullIn < FULL_WARNING_S ? 'warning' : 'notice',
    about: `the heap${whose(memory, instance)} grows by ${perMinute} a minute`,
    cause: {
      kind: 'component',
      name: 'heap',
      instance: memory.whose(instance),
      because: `${bytes(floor)} survive collections, full in about ${span(fullIn)}`,
      evidence: [{ label: 'heap floor', value: `${bytes(floor)}, ${perMinute} more a minute` }, { label: 'memory', value: `${percent(utilization)} of the nearest limit` }]
    }
  }
}

function whatFills (memory: ServiceMemory, instance: InstanceMemory): Cause {
  const { rss, heapUsed, heapLimit, arrayBuffers, limit, cgroup } = instance.frame.vitals.memory
  const evidence = [{ label: 'heap', value: `${bytes(heapUsed)} of ${bytes(heapLimit)}` }, { label: 'resident', value: `${bytes(rss)} of ${bytes(limit)}` }, { label: 'buffers', value: bytes(arrayBuffers) }]
  const component = (name: string, because: string): Cause => ({ kind: 'component', name, instance: memory.whose(instance), because, evidence })
  if (heapUsed / heapLimit > MEMORY_FULL - 0.05) return component('heap', `the heap has ${bytes(heapUsed)} of ${bytes(heapLimit)}`)
  if (arrayBuffers > HALF * rss) return component('buffers', `buffers hold ${bytes(arrayBuffers)} outside of the heap`)
  if (cgroup !== undefined && rss < HALF * cgroup.usage) return unknownCause(`the process has ${bytes(rss)} of the ${bytes(cgroup.usage)} that its container uses`, evidence)
  return unknownCause(`heap ${bytes(heapUsed)}, buffers ${bytes(arrayBuffers)}, resident ${bytes(rss)}`, evidence)
}

function whose ({ living }: ServiceMemory, { id }: InstanceMemory): string { return living.length > 1 ? ` of ${named(id)}` : '' }
