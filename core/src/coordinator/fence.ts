import type { Check } from './driver.ts'
import { Fenced } from './errors.ts'
import { keys } from './keys.ts'

/**
 * Proof of a leadership, to be given with every write that only the leader may make: the backend refuses it as soon as
 * somebody else has been elected, whatever the writer believes.
 */
export interface Fence {
  readonly name: string
  /** Rises with every election of the name, through data loss too. For logs, and for stores of your own: `WHERE epoch <= $1`. */
  readonly epoch: bigint
  /** `local`: issued without a shared store, so no shared store takes it. */
  readonly scope: 'local' | 'shared'
  /** Of the epoch's record: what the backend compares. */
  readonly revision: bigint
}

/** @throws Fenced at once for a fence of the other scope */
export function fenceCheck (fence: Fence, scope: Fence['scope']): Check {
  if (fence.scope !== scope) throw new Fenced(fence, `it was issued for scope ${fence.scope}, and this store is ${scope}`)
  return { key: keys.epoch(fence.name), revision: fence.revision }
}
