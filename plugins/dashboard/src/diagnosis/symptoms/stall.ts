import { isPressed, whyBusy } from '../busy-loop.ts'
import { duration, named, percent } from '../figures.ts'
import type { Cause, Finding } from '../finding.ts'
import type { InstanceMemory } from '../instance-memory.ts'
import { orLoudClient } from '../loud-client.ts'
import type { ServiceMemory } from '../service-memory.ts'
import { LONG_STALL_MS, SATURATED, STALL_MS, STALLS } from '../thresholds.ts'

/** The others' loops are fine below this share. */
const FINE = 0.7

/** The event loop of an instance stands still, or has no time left. */
export function stall (memory: ServiceMemory, active: boolean): Finding | undefined {
  const hit = memory.living
    .filter((instance) => !instance.isStarting && (instance.stoodStill || instance.isSaturated || (active ? instance.stoodStillLately : instance.stalls >= STALLS) || (active && instance.loop(10) > SATURATED - 0.05)))
    .sort((a, b) => b.stalledMs + 30_000 * b.loop(10) - a.stalledMs - 30_000 * a.loop(10))
  const worst = hit[0]
  if (worst === undefined) return undefined
  const whose = memory.living.length > 1 ? ` of ${named(worst.id)}` : ''
  const stands = worst.stoodStillLately ? ` and stands still for up to ${duration(worst.longestMs)}` : ''
  return {
    symptom: 'stall',
    level: worst.isSaturated && worst.longestMs >= LONG_STALL_MS ? 'critical' : 'warning',
    about: `the event loop${whose} is ${percent(worst.loop(10))} busy${stands}`,
    cause: oneOfMany(memory, worst) ?? orLoudClient(memory, whyBusy(memory, worst, ''))
  }
}

/** It is this instance's own trouble when no other has any. */
function oneOfMany (memory: ServiceMemory, worst: InstanceMemory): Cause | undefined {
  const others = memory.living.filter((instance) => instance !== worst)
  if (others.length === 0 || others.some((other) => isPressed(other) || other.loop(10) > FINE || other.stalls > 0)) return undefined
  const most = others.reduce((highest, other) => Math.max(highest, other.loop(10)), 0)
  const { because, evidence } = whyBusy(memory, worst, '')
  return {
    kind: 'instance',
    name: named(worst.id),
    instance: named(worst.id),
    because: `the others' loops are at most ${percent(most)} busy, without a delay above ${duration(STALL_MS)}; ${because}`,
    evidence
  }
}
