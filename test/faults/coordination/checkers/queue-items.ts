import { recordsOf, stampOf } from '../record.ts'
import type { Claimed, ProcessLog } from '../record.ts'

/** Something was done to `processes` between `from` and `to`. */
export interface Disturbance {
  /** `undefined`: to all of them. */
  readonly processes?: ReadonlySet<string>
  readonly from: number
  readonly to: number
}

export interface QueueEvidence {
  readonly logs: readonly ProcessLog[]
  /** Items that were still in the queue, or with its dead, in the end. */
  readonly left: ReadonlySet<number>
  /** When the store lost all its data, on purpose. */
  readonly wipes: readonly number[]
  /** What the store answered then it may not have written when it was killed. */
  readonly unwritten: readonly Span[]
  readonly disturbances: readonly Disturbance[]
  readonly visibilityMs: number
}

export interface Span { readonly from: number, readonly to: number }

export interface QueueVerdict {
  /** Items whose push was confirmed. */
  readonly pushed: number
  readonly acknowledged: number
  /** An acknowledgement was sent, and nobody knows what became of it. */
  readonly unknownAcknowledgements: number
  /** Gone with a store that lost its data on purpose. */
  readonly wiped: number
  /** Gone with a store that was killed before it had written them. */
  readonly unwritten: number
  /** Deliveries of an item beyond its first. */
  readonly duplicates: number
  /** Of these, the ones whose consumer before kept them for longer than its visibility, without a fault: this machine is slow. */
  readonly slow: number
  /** Holds that a disturbance fell upon: what duplicates are allowed to be. */
  readonly inFlight: number
  readonly violations: readonly { readonly at: number, readonly what: string }[]
}

interface Hold { readonly process: string, readonly item: number, readonly attempt: number, readonly sent: number, readonly answered: number, until: number }

const keyOf = ([item, attempt]: Claimed): string => `${item}#${attempt}`

/** Every item by its number: what was confirmed was acknowledged once, by who held it; what comes twice was in flight at a fault. */
export function queueItems ({ logs, left, wipes, unwritten, disturbances, visibilityMs }: QueueEvidence): QueueVerdict {
  const mayBeUndone = (answered: number): boolean => unwritten.some(({ from, to }) => from <= answered && answered <= to)
  const violations: { at: number, what: string }[] = []
  const pushes = new Map<number, number>()
  for (const { first, count, answered } of recordsOf(logs, 'pushed')) {
    for (let item = first; item < first + count; item++) pushes.set(item, answered)
  }
  const acknowledgements = acknowledged(logs, mayBeUndone, violations)
  const unknown = unknownAcknowledgements(logs, acknowledgements.receipts)
  let wiped = 0
  let notWritten = 0
  for (const [item, at] of pushes) {
    if (acknowledgements.items.has(item) || unknown.has(item) || left.has(item)) continue
    if (wipes.some((wipe) => wipe >= at)) wiped += 1
    else if (mayBeUndone(at)) notWritten += 1
    else violations.push({ at, what: `item ${item} was confirmed and is lost` })
  }
  const holds = holdsOf(logs)
  for (const late of lateAcknowledgements(logs, holds.filter(({ answered }) => !mayBeUndone(answered)), wipes)) violations.push(late)
  const disturbed = new Set(holds.filter((hold) => disturbances.some(({ processes, from, to }) => (processes?.has(hold.process) ?? true) && hold.sent <= to && hold.until >= from)))
  const last = new Map<number, Hold>()
  let duplicates = 0
  let slow = 0
  for (const hold of holds) {
    const before = last.get(hold.item)
    last.set(hold.item, hold)
    if (before === undefined) continue
    duplicates += 1
    if (!disturbed.has(before) && before.until - before.sent > visibilityMs) slow += 1
  }
  const inFlight = disturbed.size
  if (duplicates - slow > inFlight) violations.push({ at: disturbances.at(-1)?.to ?? 0, what: `${duplicates - slow} duplicates, but only ${inFlight} items were in flight at faults` })
  return { pushed: pushes.size, acknowledged: acknowledgements.items.size, unknownAcknowledgements: unknown.size, wiped, unwritten: notWritten, duplicates, slow, inFlight, violations }
}

/** An item that a process held when it was killed, and that somebody else had later. */
export interface Redelivery {
  /** Beyond its visibility. */
  readonly lateMs: number
  /** Of this, the time in which every other process was still at work on what it had claimed before. */
  readonly busyMs: number
  /** Of this, the time in which another fault went on. */
  readonly disturbedMs: number
}

/**
 * Of all items that processes held when they were killed. What such a process had claimed long before, and never got an
 * answer to its acknowledgement of, comes again when it will: nobody was killed over it.
 */
export function redeliveries (logs: readonly ProcessLog[], killed: ReadonlySet<string>, visibilityMs: number, disturbances: readonly Disturbance[]): readonly Redelivery[] {
  const ends = new Map(logs.map(({ process, endedAt = Infinity }) => [process, endedAt]))
  const byItem = Map.groupBy(holdsOf(logs), ({ item }) => item)
  const consumers = logs.map(consumerOf)
  const found: Redelivery[] = []
  for (const holds of byItem.values()) {
    for (const [index, hold] of holds.entries()) {
      const next = holds[index + 1]
      const end = ends.get(hold.process) ?? Infinity
      if (next === undefined || !killed.has(hold.process) || hold.until !== Infinity || end > next.answered) continue
      const due = hold.answered + visibilityMs
      const freeAt = Math.min(next.answered, ...consumers.map((consumer) => freeFrom(consumer, due)))
      found.push({ lateMs: next.answered - due, busyMs: Math.max(0, freeAt - due), disturbedMs: lengthOf(disturbances, due, next.answered) })
    }
  }
  return found
}

interface Consumer {
  readonly begun: number
  readonly ended: number
  /** From each claim to the end of the work on it. */
  readonly busy: readonly Span[]
}

function consumerOf ({ records, endedAt = Infinity }: ProcessLog): Consumer {
  const busy: Span[] = []
  let from: number | undefined
  for (const record of records) {
    if (record.kind === 'claimed') from = record.answered
    if (record.kind !== 'acked' || from === undefined) continue
    busy.push({ from, to: record.answered })
    from = undefined
  }
  // Killed, or told to keep what it has.
  if (from !== undefined) busy.push({ from, to: Infinity })
  const [first] = records
  return { begun: first === undefined ? Infinity : stampOf(first), ended: endedAt, busy }
}

/** The first moment from `due` on at which it asked for items; Infinity where it never did. */
function freeFrom ({ begun, ended, busy }: Consumer, due: number): number {
  const at = Math.max(due, begun)
  if (at >= ended) return Infinity
  const free = busy.find(({ from, to }) => from <= at && at < to)?.to ?? at
  return free < ended ? free : Infinity
}

/** How much of the time from `begin` to `end` something was disturbed. */
function lengthOf (disturbances: readonly Disturbance[], begin: number, end: number): number {
  let length = 0
  let at = begin
  for (const { from, to } of [...disturbances].sort((a, b) => a.from - b.from)) {
    const start = Math.max(at, from)
    const stop = Math.min(end, to)
    if (stop <= start) continue
    length += stop - start
    at = stop
  }
  return length
}

function acknowledged (logs: readonly ProcessLog[], mayBeUndone: (answered: number) => boolean, violations: { at: number, what: string }[]): { readonly items: ReadonlySet<number>, readonly receipts: ReadonlySet<string> } {
  const items = new Set<number>()
  const lasting = new Set<number>()
  const receipts = new Set<string>()
  for (const { done, lost, answered } of recordsOf(logs, 'acked')) {
    for (const receipt of done) {
      const [item] = receipt
      if (!mayBeUndone(answered)) {
        if (lasting.has(item)) violations.push({ at: answered, what: `item ${item} was acknowledged twice` })
        lasting.add(item)
      }
      items.add(item)
      receipts.add(keyOf(receipt))
    }
    for (const receipt of lost) receipts.add(keyOf(receipt))
  }
  return { items, receipts }
}

function unknownAcknowledgements (logs: readonly ProcessLog[], known: ReadonlySet<string>): ReadonlySet<number> {
  const items = new Set<number>()
  for (const { items: sent } of recordsOf(logs, 'acking')) {
    for (const receipt of sent) if (!known.has(keyOf(receipt))) items.add(receipt[0])
  }
  return items
}

/** By the time of their claims; `until` is when the holder said that it was done. */
function holdsOf (logs: readonly ProcessLog[]): readonly Hold[] {
  const holds = new Map<string, Hold>()
  for (const { process, items, sent, answered } of recordsOf(logs, 'claimed')) {
    for (const receipt of items) holds.set(`${process} ${keyOf(receipt)}`, { process, item: receipt[0], attempt: receipt[1], sent, answered, until: Infinity })
  }
  for (const { process, done, lost, answered } of recordsOf(logs, 'acked')) {
    for (const receipt of [...done, ...lost]) {
      const hold = holds.get(`${process} ${keyOf(receipt)}`)
      if (hold !== undefined) hold.until = answered
    }
  }
  return [...holds.values()].sort((a, b) => a.answered - b.answered)
}

/** An acknowledgement that counted although, before it was sent, the item had been delivered anew to somebody else. */
function * lateAcknowledgements (logs: readonly ProcessLog[], holds: readonly Hold[], wipes: readonly number[]): Iterable<{ readonly at: number, readonly what: string }> {
  const byItem = Map.groupBy(holds, ({ item }) => item)
  const sentAt = new Map<string, number>()
  for (const { process, items, sent } of recordsOf(logs, 'acking')) {
    for (const receipt of items) sentAt.set(`${process} ${keyOf(receipt)}`, sent)
  }
  for (const { process, done, answered } of recordsOf(logs, 'acked')) {
    for (const receipt of done) {
      const [item, attempt] = receipt
      const sent = sentAt.get(`${process} ${keyOf(receipt)}`) ?? answered
      const newer = byItem.get(item)?.find((hold) => hold.attempt > attempt && hold.answered < sent)
      // An item that was pushed again after a loss of data begins with attempt 1 again.
      if (newer !== undefined && !wipes.some((wipe) => wipe < answered)) {
        yield { at: answered, what: `${process} acknowledged attempt ${attempt} of item ${item}, which ${newer.process} had been given as attempt ${newer.attempt}` }
      }
    }
  }
}
