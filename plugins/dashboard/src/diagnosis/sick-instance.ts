import { named, percent } from './figures.ts'
import type { Cause } from './finding.ts'
import type { InstanceMemory } from './instance-memory.ts'
import type { ServiceMemory } from './service-memory.ts'
import { shareAtLeast } from './share.ts'
import { ERROR_SHARE, MIN_BAD, NEARLY_ALL, SLOW_SHARE } from './thresholds.ts'

/** Requests on both sides, of routes that both serve. */
const ENOUGH = 10
/** The others have at most this part of its share. */
const OTHERS_AT_MOST = 0.25

/** The one instance on which requests go wrong, while on the same routes the others are fine. */
export function sickInstance (memory: ServiceMemory, what: 'errors' | 'slow'): Cause | undefined {
  const living = memory.living
  if (living.length < 2) return undefined
  const compared = living.map((instance) => ({ instance, ...compare(instance, living, what) }))
  const all = compared.reduce((sum, { bad }) => sum + bad, 0)
  const worst = compared.sort((a, b) => b.bad - a.bad)[0]!
  const { instance, served, bad, others, othersBad } = worst
  if (served < ENOUGH || others < ENOUGH || bad < MIN_BAD || bad < NEARLY_ALL * all) return undefined
  const share = bad / served
  const othersShare = othersBad / others
  if (shareAtLeast(bad, served) <= (what === 'errors' ? ERROR_SHARE : SLOW_SHARE) || othersShare > OTHERS_AT_MOST * share) return undefined
  const verb = what === 'errors' ? 'fail' : 'are slow'
  return {
    kind: 'instance',
    name: named(instance.id),
    instance: named(instance.id),
    because: `${percent(share)} of the requests of ${named(instance.id)} ${verb}, of the others ${percent(othersShare)}`,
    evidence: [{ label: 'instance', value: named(instance.id) }, { label: 'the others', value: `${percent(othersShare)} of ${Math.round(others)} requests of the same routes` }]
  }
}

/** On routes that others serve as well, within the last half minute. */
function compare (instance: InstanceMemory, living: readonly InstanceMemory[], what: 'errors' | 'slow'): { readonly served: number, readonly bad: number, readonly others: number, readonly othersBad: number } {
  let served = 0
  let bad = 0
  let others = 0
  let othersBad = 0
  for (const name of instance.peerRoutes) {
    const peers = living.filter((other) => other !== instance && other.peerServed(name) > 0)
    if (peers.length === 0) continue
    served += instance.peerServed(name)
    bad += instance.peerBad(name, what)
    for (const peer of peers) {
      others += peer.peerServed(name)
      othersBad += peer.peerBad(name, what)
    }
  }
  return { served, bad, others, othersBad }
}
