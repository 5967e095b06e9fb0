import type { Cause } from './finding.ts'
import type { ServiceMemory } from './service-memory.ts'

/** Traffic of so many times the usual is a reason. */
const SURGE = 1.5

/** More comes than usual, of no route in particular. @param says how busy the loop is, where the sentence has not said so yet */
export function trafficSurge (memory: ServiceMemory, says: string = '', evidence: Cause['evidence'] = []): Cause | undefined {
  const usual = memory.total.usual.rate
  const now = memory.settled(10).all / 10
  // The requests of an instance that has just come are part of no usual traffic.
  const isNew = memory.living.some(({ usualBusyMs }) => usualBusyMs === undefined)
  if (usual === undefined || isNew || now < SURGE * usual) return undefined
  return { kind: 'traffic', name: 'traffic', instance: null, because: `${says}${(now / usual).toFixed(1)} times the usual traffic`, evidence }
}
