import { simulate } from './simulate.ts'
import type { FaultCounts } from './simulated-driver.ts'

export interface CampaignResult {
  readonly seeds: number
  readonly operations: number
  readonly fewestOperations: number
  readonly faults: Readonly<Record<keyof FaultCounts, number>>
  readonly violations: readonly { readonly seed: number, readonly what: string }[]
}

/** Seeds `first`, `first + step` … `count` of them. */
export async function runSeeds (first: number, count: number, step = 1): Promise<CampaignResult> {
  // A stack of every error that a lossy line makes would be half of the time.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  const faults = { delayed: 0, lost: 0, duplicated: 0, cut: 0, paused: 0, partitions: 0, kills: 0, wipes: 0 }
  const violations: { seed: number, what: string }[] = []
  let operations = 0
  let fewestOperations = Infinity
  for (let i = 0; i < count; i++) {
    const result = await simulate(first + i * step)
    operations += result.operations
    fewestOperations = Math.min(fewestOperations, result.operations)
    for (const kind of Object.keys(faults) as (keyof FaultCounts)[]) faults[kind] += result.faults[kind]
    for (const what of result.violations) violations.push({ seed: result.seed, what })
  }
  Error.stackTraceLimit = stackTraceLimit
  return { seeds: count, operations, fewestOperations, faults, violations }
}
