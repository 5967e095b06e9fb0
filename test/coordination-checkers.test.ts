import t from 'tap'
import { permitsInUse } from './faults/coordination/checkers/permits-in-use.ts'
import { queueItems, redeliveries } from './faults/coordination/checkers/queue-items.ts'
import type { Disturbance, Span } from './faults/coordination/checkers/queue-items.ts'
import { staleWrites } from './faults/coordination/checkers/stale-writes.ts'
import { twoHolders } from './faults/coordination/checkers/two-holders.ts'
import type { LogRecord, ProcessLog } from './faults/coordination/record.ts'

// The checkers of the coordination battery, on logs made by hand: a checker that convicts nobody proves nothing.

const log = (process: string, ...records: LogRecord[]): ProcessLog => ({ process, records })
const held = (epoch: number, at: number): LogRecord => ({ kind: 'held', epoch, from: at, to: at + 0.1 })
const accepted = (epoch: number, revision: number, sent: number, answered = sent + 1): LogRecord => ({ kind: 'accepted', epoch, revision: String(revision), sent, answered })

t.test('two holders: a leadership is held from its first yes to its last, and overlaps are measured', async (t) => {
  const [overlap, ...more] = twoHolders([log('a', held(1, 10), held(1, 20), held(1, 30)), log('b', held(2, 25), held(2, 40))])
  t.strictSame(more, [])
  t.equal(overlap?.at, 25.1)
  t.ok(Math.abs((overlap?.ms ?? 0) - 4.9) < 1e-9, 'from the first yes of b to the last of a')
})

t.test('two holders: a holder that sleeps through the other one, and believes on, is convicted', async (t) => {
  t.equal(twoHolders([log('a', held(1, 10), held(1, 1_000)), log('b', held(2, 600), held(2, 700))]).length, 1)
})

t.test('two holders: one after the other is fine, and so is a yes whose moment is in doubt', async (t) => {
  t.strictSame(twoHolders([log('a', held(1, 10), held(1, 20)), log('b', held(2, 21), held(2, 30))]), [])
  // The process stood still while it asked: the yes may be from the very beginning.
  t.strictSame(twoHolders([log('a', held(1, 10), { kind: 'held', epoch: 1, from: 11, to: 900 }), log('b', held(2, 600), held(2, 700))]), [])
})

t.test('stale writes: an older epoch behind a newer one in the order of the store is convicted', async (t) => {
  const found = staleWrites([log('a', accepted(1, 1, 0), accepted(1, 4, 30, 100)), log('b', accepted(2, 3, 20, 90))])
  t.equal(found.length, 1)
  t.match(found[0]?.what, /epoch 1 stands at revision 4, after one of epoch 2/)
})

t.test('stale writes: whatever the revisions say, real time convicts', async (t) => {
  const found = staleWrites([log('a', accepted(1, 1, 50)), log('b', accepted(2, 2, 20))])
  t.equal(found.length, 1)
  t.match(found[0]?.what, /sent after one of epoch 2 had been answered/)
})

t.test('stale writes: one whose answer was lost is convicted by what a reader saw', async (t) => {
  t.equal(staleWrites([log('b', accepted(2, 3, 20))], [{ epoch: 1, revision: '4', at: 40 }]).length, 1)
})

t.test('stale writes: revisions are compared as numbers, beyond 2^53 too', async (t) => {
  const base = 2n ** 60n
  const write = (epoch: number, revision: bigint, sent: number): LogRecord => ({ kind: 'accepted', epoch, revision: String(revision), sent, answered: sent + 100 })
  t.strictSame(staleWrites([log('a', write(1, 9n, 0)), log('b', write(2, 10n, 1), write(2, base, 2), write(3, base + 1n, 3))]), [])
  t.equal(staleWrites([log('a', write(3, base, 0), write(2, base + 1n, 1))]).length, 1)
})

t.test('stale writes: an epoch that two processes were given is convicted', async (t) => {
  t.match(staleWrites([log('a', { kind: 'elected', epoch: 7, at: 1 }), log('b', { kind: 'elected', epoch: 7, at: 2 })])[0]?.what, /given to a and to b/)
})

const everything: readonly Disturbance[] = [{ from: 0, to: 1e6 }]
const queue = (logs: readonly ProcessLog[], more: { left?: ReadonlySet<number>, wipes?: readonly number[], unwritten?: readonly Span[], disturbances?: readonly Disturbance[] } = {}): ReturnType<typeof queueItems> => {
  return queueItems({ logs, left: new Set(), wipes: [], unwritten: [], disturbances: everything, visibilityMs: 500, ...more })
}
const pushed = (first: number, count: number, answered: number): LogRecord => ({ kind: 'pushed', first, count, answered })
const claimed = (item: number, attempt: number, sent: number): LogRecord => ({ kind: 'claimed', items: [[item, attempt]], sent, answered: sent + 1 })
const acking = (item: number, attempt: number, sent: number): LogRecord => ({ kind: 'acking', items: [[item, attempt]], sent })
const acked = (item: number, attempt: number, answered: number): LogRecord => ({ kind: 'acked', done: [[item, attempt]], lost: [], answered })

t.test('queue: a confirmed item that nobody acknowledged is lost, unless it is still there', async (t) => {
  const logs = [log('p', pushed(5, 2, 1)), log('c', claimed(5, 1, 2), acking(5, 1, 3), acked(5, 1, 4))]
  t.match(queue(logs).violations, [{ what: 'item 6 was confirmed and is lost' }])
  t.strictSame(queue(logs, { left: new Set([6]) }).violations, [])
})

t.test('queue: an item whose acknowledgement has no outcome is not called lost, and is counted', async (t) => {
  const verdict = queue([log('p', pushed(1, 1, 1)), log('c', claimed(1, 1, 2), acking(1, 1, 3))])
  t.match(verdict, { violations: [], unknownAcknowledgements: 1, acknowledged: 0 })
})

t.test('queue: what was confirmed before the store lost its data on purpose may be gone; what came after may not', async (t) => {
  const verdict = queue([log('p', pushed(1, 1, 10), pushed(2, 1, 30))], { wipes: [20] })
  t.match(verdict, { wiped: 1, violations: [{ what: 'item 2 was confirmed and is lost' }] })
})

t.test('queue: what the store answered before it was killed, and may not have written, may be undone; nothing else may', async (t) => {
  const unwritten = [{ from: 20, to: 25 }]
  t.match(queue([log('p', pushed(1, 1, 19), pushed(2, 1, 21))], { unwritten }), { unwritten: 1, violations: [{ what: 'item 1 was confirmed and is lost' }] })
  const twice = (at: number): readonly ProcessLog[] => [log('p', pushed(1, 1, 1)), log('c', claimed(1, 1, 2), acking(1, 1, 3), acked(1, 1, at)), log('d', claimed(1, 1, 30), acking(1, 1, 31), acked(1, 1, 32))]
  t.strictSame(queue(twice(22), { unwritten }).violations, [])
  t.match(queue(twice(4), { unwritten }).violations, [{ what: 'item 1 was acknowledged twice' }])
  const late = (claimedAt: number): readonly ProcessLog[] => [log('p', pushed(1, 1, 1)), log('c', claimed(1, 1, 2), acking(1, 1, 40), acked(1, 1, 41)), log('d', claimed(1, 2, claimedAt))]
  t.strictSame(queue(late(22), { unwritten }).violations, [])
  t.match(queue(late(10), { unwritten }).violations, [{ what: /which d had been given as attempt 2/ }])
})

t.test('queue: an item that two acknowledged is convicted', async (t) => {
  const verdict = queue([
    log('p', pushed(1, 1, 1)),
    log('c', claimed(1, 1, 2), acking(1, 1, 3), acked(1, 1, 4)),
    log('d', claimed(1, 2, 3), acking(1, 2, 5), acked(1, 2, 6))
  ])
  t.match(verdict.violations, [{ what: 'item 1 was acknowledged twice' }])
})

t.test('queue: an acknowledgement with an old receipt is convicted', async (t) => {
  const verdict = queue([
    log('p', pushed(1, 1, 1)),
    log('c', claimed(1, 1, 2), acking(1, 1, 600), acked(1, 1, 601)),
    log('d', claimed(1, 2, 520))
  ])
  t.match(verdict.violations, [{ what: 'c acknowledged attempt 1 of item 1, which d had been given as attempt 2' }])
})

t.test('queue: an acknowledgement that was sent before the item was given to another is not', async (t) => {
  const verdict = queue([
    log('p', pushed(1, 1, 1)),
    log('c', claimed(1, 1, 2), acking(1, 1, 500), acked(1, 1, 601)),
    log('d', claimed(1, 2, 520))
  ])
  t.strictSame(verdict.violations, [])
})

t.test('queue: duplicates are allowed for what was in flight at a fault, of the processes it fell upon', async (t) => {
  const logs = [log('p', pushed(1, 1, 1)), log('c', claimed(1, 1, 2)), log('d', claimed(1, 2, 502), acking(1, 2, 503), acked(1, 2, 504))]
  t.match(queue(logs, { disturbances: [{ processes: new Set(['c']), from: 100, to: 100 }] }), { duplicates: 1, inFlight: 1, violations: [] })
  const elsewhere = [{ processes: new Set(['d']), from: 100, to: 100 }]
  const early = [log('p', pushed(1, 1, 1)), log('c', claimed(1, 1, 2), acking(1, 1, 3), acked(1, 1, 400)), log('d', claimed(1, 2, 420))]
  t.match(queue(early, { disturbances: elsewhere }).violations, [{ what: '1 duplicates, but only 0 items were in flight at faults' }])
  t.match(queue(logs, { disturbances: elsewhere }), { duplicates: 1, slow: 1, inFlight: 0, violations: [] }, 'its consumer was slower than its visibility: told apart')
})

t.test('queue: redelivery is measured from the claim of a killed process, beyond the visibility', async (t) => {
  const logs = [{ ...log('c', claimed(1, 1, 0)), endedAt: 90 }, { ...log('d', claimed(1, 2, 530), acking(1, 2, 531), acked(1, 2, 532)), endedAt: 900 }]
  const late = redeliveries(logs, new Set(['c']), 500, [{ from: 100, to: 499 }])
  t.match(late, [{ lateMs: 30, disturbedMs: 0 }])
  t.strictSame(redeliveries(logs, new Set(['d']), 500, []), [])
  const faults = [{ from: 520, to: 525 }, { from: 400, to: 510 }, { from: 505, to: 507 }, { from: 600, to: 700 }]
  t.match(redeliveries(logs, new Set(['c']), 500, faults), [{ lateMs: 30, disturbedMs: 14 }], 'another fault is told apart')
  const unanswered = { ...log('c', claimed(1, 1, 0), acking(1, 1, 2), claimed(1, 2, 13_000)), endedAt: 13_100 }
  t.strictSame(redeliveries([unanswered], new Set(['c']), 500, []), [], 'what came back to a process that lived was held by nobody killed')
})

t.test('queue: of a redelivery, the time is told apart in which all others were at work', async (t) => {
  const killed = { ...log('c', claimed(1, 1, 0)), endedAt: 90 }
  const taker = log('d', claimed(2, 1, 400), acking(2, 1, 519), acked(2, 1, 520), claimed(1, 2, 530), acking(1, 2, 531), acked(1, 2, 532))
  const late = (...others: readonly ProcessLog[]): readonly number[] => redeliveries([killed, taker, ...others], new Set(['c']), 500, []).map(({ busyMs }) => busyMs)
  t.strictSame(late(), [19])
  t.strictSame(late(log('free', { kind: 'mode', mode: 'cluster', at: 5 })), [0])
  t.strictSame(late(log('comes', { kind: 'mode', mode: 'cluster', at: 511 })), [10])
  t.strictSame(late({ ...log('gone', { kind: 'mode', mode: 'cluster', at: 5 }), endedAt: 450 }, log('keeps', claimed(3, 1, 7)), log('silent')), [19])
  t.strictSame(late({ ...log('dies', claimed(3, 1, 480), acking(3, 1, 505), acked(3, 1, 510)), endedAt: 508 }), [19])
})

const taken = (permit: number, at: number): LogRecord => ({ kind: 'taken', permit, at })
const returned = (permit: number, at: number): LogRecord => ({ kind: 'returned', permit, at })

t.test('capacity: more permits in use than there are is convicted, whoever has them', async (t) => {
  const logs = [log('a', taken(0, 1), returned(0, 10)), log('b', taken(0, 2), taken(1, 3), returned(0, 4), returned(1, 5))]
  t.match(permitsInUse({ logs, total: 2, stallMs: 50 }), { taken: 3, mostInUse: 3, violations: [{ at: 3, what: '3 permits of 2 in use' }] })
  t.strictSame(permitsInUse({ logs, total: 3, stallMs: 50 }).violations, [])
})

t.test('capacity: what was not given back is in use until its process ends', async (t) => {
  const killed: ProcessLog = { ...log('a', taken(0, 1)), endedAt: 100 }
  t.equal(permitsInUse({ logs: [killed, log('b', taken(0, 99))], total: 1, stallMs: 50 }).violations.length, 1)
  t.equal(permitsInUse({ logs: [killed, log('b', taken(0, 101))], total: 1, stallMs: 50 }).violations.length, 0)
})

t.test('capacity: several stalls that are too long together excuse as one does', async (t) => {
  const stalls: readonly LogRecord[] = [{ kind: 'stalled', from: 10, to: 40 }, { kind: 'stalled', from: 50, to: 80 }]
  const late = log('a', taken(0, 1), ...stalls, returned(0, 85))
  t.match(permitsInUse({ logs: [late, log('b', taken(0, 60), returned(0, 70))], total: 1, stallMs: 50 }), { frozen: 1, violations: [] })
  t.equal(permitsInUse({ logs: [late, log('b', taken(0, 60), returned(0, 70))], total: 1, stallMs: 60 }).violations.length, 1)
})

t.test('capacity: a holder that stood still too long is judged up to then, and for what it takes afterwards', async (t) => {
  const frozen = log('a', taken(0, 1), { kind: 'stalled', from: 10, to: 900 }, returned(0, 905), taken(1, 910), returned(1, 950))
  t.match(permitsInUse({ logs: [frozen, log('b', taken(0, 600), returned(0, 905))], total: 1, stallMs: 50 }), { frozen: 1, violations: [] })
  t.equal(permitsInUse({ logs: [frozen, log('b', taken(0, 5), returned(0, 20))], total: 1, stallMs: 50 }).violations.length, 1, 'before it stood still')
  t.equal(permitsInUse({ logs: [frozen, log('b', taken(0, 906), returned(0, 920))], total: 1, stallMs: 50 }).violations.length, 1, 'after it went on')
  t.equal(permitsInUse({ logs: [frozen, log('b', taken(0, 600), returned(0, 905))], total: 1, stallMs: 1_000 }).violations.length, 1, 'a stall within the margin excuses nothing')
})
