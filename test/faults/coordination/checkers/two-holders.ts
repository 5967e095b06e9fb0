import { recordsOf } from '../record.ts'
import type { ProcessLog } from '../record.ts'

export interface TwoHolders {
  /** Of the overlap's beginning. */
  readonly at: number
  readonly ms: number
  readonly what: string
}

interface Tenancy { readonly holder: string, readonly from: number, readonly to: number }

/**
 * Times at which two leaderships both held, by what each process was told by its own `isHeld()`. A leadership never
 * comes back, so it held from its first yes to its last one; only overlaps that are proved by such answers count.
 */
export function twoHolders (logs: readonly ProcessLog[]): readonly TwoHolders[] {
  const found: TwoHolders[] = []
  let last: Tenancy | undefined
  for (const tenancy of tenancies(logs)) {
    if (last !== undefined && tenancy.from < last.to) {
      const ms = Math.min(last.to, tenancy.to) - tenancy.from
      found.push({ at: tenancy.from, ms, what: `${last.holder} and ${tenancy.holder} both held for ${ms.toFixed(3)} ms` })
    }
    if (last === undefined || tenancy.to > last.to) last = tenancy
  }
  return found
}

/** By their beginnings. */
function tenancies (logs: readonly ProcessLog[]): readonly Tenancy[] {
  const spans = new Map<string, { from: number, to: number }>()
  for (const { process, epoch, from, to } of recordsOf(logs, 'held')) {
    const holder = `${process} in epoch ${epoch}`
    const span = spans.get(holder)
    // A yes is surely true from its last possible moment on, and up to its first.
    if (span === undefined) spans.set(holder, { from: to, to: from })
    else {
      span.from = Math.min(span.from, to)
      span.to = Math.max(span.to, from)
    }
  }
  return [...spans].map(([holder, span]) => ({ holder, ...span })).filter(({ from, to }) => to > from).sort((a, b) => a.from - b.from)
}
