import type { PoolTotals } from '../../plugins/dashboard/src/cluster/frame-pool.ts'

/** What the parent asks an instance. */
export type Question =
  | { readonly ask: 'look' | 'report' }

/** What an instance's pool says, at the moment of the question. */
export interface Report {
  readonly mode: string
  /** Ids, with `!` behind those that are stale. */
  readonly instances: readonly string[]
  readonly totals: PoolTotals | undefined
  readonly sending: boolean
  /** Milliseconds, by the instance's own clock, from an instance's last frame to when it was told to be stale. */
  readonly staleAfter: Readonly<Record<string, number>>
}

export type Answer = { readonly port: number } | { readonly report: Report }
