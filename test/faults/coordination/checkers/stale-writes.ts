import { recordsOf } from '../record.ts'
import type { ProcessLog } from '../record.ts'

/** What somebody who only reads has seen in the store. */
export interface Observation {
  readonly epoch: number
  readonly revision: string
  readonly at: number
}

export interface StaleWrite {
  readonly at: number
  readonly what: string
}

/**
 * Accepted writes of an older leadership after one of a newer: by the store's own order (revisions, and what a reader
 * saw, which has the writes whose answers were lost), by real time, whatever the revisions say, and epochs that two
 * processes had.
 */
export function staleWrites (logs: readonly ProcessLog[], observations: readonly Observation[] = []): readonly StaleWrite[] {
  const writes = recordsOf(logs, 'accepted')
  return [...inTheStoresOrder([...writes.map(({ epoch, revision, answered }) => ({ epoch, revision, at: answered })), ...observations]), ...inRealTime(writes), ...sharedEpochs(logs)]
}

function * inTheStoresOrder (writes: readonly Observation[]): Iterable<StaleWrite> {
  const ordered = writes.map((write) => ({ ...write, revision: BigInt(write.revision) })).sort((a, b) => a.revision < b.revision ? -1 : a.revision > b.revision ? 1 : 0)
  let highest = 0
  for (const { epoch, revision, at } of ordered) {
    if (epoch < highest) yield { at, what: `a write of epoch ${epoch} stands at revision ${revision}, after one of epoch ${highest}` }
    highest = Math.max(highest, epoch)
  }
}

function * inRealTime (writes: readonly { readonly epoch: number, readonly sent: number, readonly answered: number }[]): Iterable<StaleWrite> {
  const bySent = [...writes].sort((a, b) => a.sent - b.sent)
  const byAnswer = [...writes].sort((a, b) => a.answered - b.answered)
  let highest = 0
  let answered = 0
  for (const { epoch, sent } of bySent) {
    for (let next = byAnswer[answered]; next !== undefined && next.answered < sent; next = byAnswer[answered]) {
      highest = Math.max(highest, next.epoch)
      answered += 1
    }
    if (epoch < highest) yield { at: sent, what: `a write of epoch ${epoch} was accepted though it was sent after one of epoch ${highest} had been answered` }
  }
}

function * sharedEpochs (logs: readonly ProcessLog[]): Iterable<StaleWrite> {
  const holders = new Map<number, string>()
  for (const { process, epoch, at } of recordsOf(logs, 'elected')) {
    const holder = holders.get(epoch)
    if (holder !== undefined) yield { at, what: `epoch ${epoch} was given to ${holder} and to ${process}` }
    holders.set(epoch, process)
  }
}
