import { recordsOf } from '../record.ts'
import type { ProcessLog } from '../record.ts'

export interface PermitEvidence {
  readonly logs: readonly ProcessLog[]
  readonly total: number
  /**
   * A process that stood still for longer, in one stall or in several, could not give its permits back in time; what it
   * held then is judged up to the beginning of the first, and counted apart.
   */
  readonly stallMs: number
}

export interface PermitVerdict {
  readonly taken: number
  readonly mostInUse: number
  /** Permits whose holder stood still for too long, from that moment on. */
  readonly frozen: number
  readonly violations: readonly { readonly at: number, readonly what: string }[]
}

interface Use { readonly process: string, readonly from: number, to: number }

/** Permits in use at every moment, by the processes' own logs: from after it was taken to before it was given back. */
export function permitsInUse ({ logs, total, stallMs }: PermitEvidence): PermitVerdict {
  const uses: Use[] = []
  let frozen = 0
  for (const log of logs) {
    const stalls = recordsOf([log], 'stalled')
    for (const use of usesOf(log)) {
      const meanwhile = stalls.filter(({ from, to }) => from < use.to && to > use.from)
      if (meanwhile.reduce((ms, { from, to }) => ms + to - from, 0) > stallMs) {
        frozen += 1
        use.to = Math.max(use.from, meanwhile[0]?.from ?? use.to)
      }
      uses.push(use)
    }
  }
  return { taken: uses.length, frozen, ...sweep(uses, total) }
}

function usesOf ({ process, records, endedAt = Infinity }: ProcessLog): readonly Use[] {
  const open = new Map<number, Use>()
  const uses: Use[] = []
  for (const record of records) {
    if (record.kind === 'taken') {
      const use = { process, from: record.at, to: endedAt }
      open.set(record.permit, use)
      uses.push(use)
    } else if (record.kind === 'returned') {
      const use = open.get(record.permit)
      if (use !== undefined) use.to = record.at
    }
  }
  return uses
}

function sweep (uses: readonly Use[], total: number): { readonly mostInUse: number, readonly violations: readonly { readonly at: number, readonly what: string }[] } {
  const events = uses.flatMap((use) => [{ at: use.from, change: 1 }, { at: use.to, change: -1 }])
  // What ends at the moment at which another begins was not in use together with it.
  events.sort((a, b) => a.at - b.at || a.change - b.change)
  const violations: { at: number, what: string }[] = []
  let inUse = 0
  let most = 0
  for (const { at, change } of events) {
    inUse += change
    most = Math.max(most, inUse)
    if (change > 0 && inUse > total) violations.push({ at, what: `${inUse} permits of ${total} in use` })
  }
  return { mostInUse: most, violations }
}
