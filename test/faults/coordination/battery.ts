import { monotonicMs } from './monotonic.ts'
import { permitsInUse } from './checkers/permits-in-use.ts'
import { queueItems, redeliveries } from './checkers/queue-items.ts'
import type { Redelivery } from './checkers/queue-items.ts'
import { staleWrites } from './checkers/stale-writes.ts'
import { twoHolders } from './checkers/two-holders.ts'
import type { Fault, Injection } from './faults/fault.ts'
import { sum } from './faults/line-faults.ts'
import { recordsOf, stampOf } from './record.ts'
import type { LogRecord, ProcessLog } from './record.ts'
import type { Scene } from './scene.ts'
import { PERMITS, timings, VISIBILITY_MS } from './scene-timings.ts'

/** From one fault to the next: what happens in between is put down to it. */
export interface Round {
  readonly fault: string
  readonly from: number
  to: number
  injection: Injection
}

/** What a checker found, and in the round of which fault. */
export interface Violation extends Finding {
  readonly fault: string
}

interface Finding {
  readonly at: number
  readonly kind: 'two-holders' | 'stale-write' | 'queue' | 'capacity' | 'failure' | 'stuck'
  readonly what: string
}

export interface Demand {
  /** Of each round. */
  readonly items: number
  readonly writes: number
}

export interface Result {
  readonly rounds: readonly Round[]
  readonly violations: readonly Violation[]
  /** Of each round, in their order. */
  readonly operations: readonly number[]
  readonly figures: Figures
}

export interface Figures {
  readonly writesAccepted: number
  readonly writesFenced: number
  readonly bothHeldMs: number
  readonly elections: number
  readonly itemsPushed: number
  readonly itemsAcknowledged: number
  readonly itemsLost: number
  readonly itemsWiped: number
  readonly itemsUnwritten: number
  readonly unknownAcknowledgements: number
  readonly duplicates: number
  readonly slowDuplicates: number
  readonly inFlight: number
  /** Of items that killed consumers held. */
  readonly redeliveries: readonly Redelivery[]
  readonly capacitySteps: number
  readonly permitsTaken: number
  readonly mostInUse: number
  readonly frozenPermits: number
}

/** What the work has at most to get going before the fault. */
const BEFORE_MS = 300
const RECOVERS_WITHIN_MS = 60_000
const DRAINS_WITHIN_MS = 120_000
/** Of the grace: what is left of it when the work took its time to end. */
const MARGIN = 0.4

/** One fault after the other on a scene that works all the while. */
export async function runFaults (scene: Scene, faults: readonly Fault[], demand: Demand, progress: (text: string) => void): Promise<Result> {
  const rounds: Round[] = []
  const stuck: Finding[] = []
  await scene.settled(RECOVERS_WITHIN_MS)
  for (const [index, fault] of faults.entries()) {
    progress(`${index + 1} of ${faults.length}: ${fault.id} ${fault.what}`)
    const round: Round = { fault: fault.id, from: monotonicMs(), to: 0, injection: {} }
    rounds.push(round)
    scene.demand(demand.items, demand.writes)
    try {
      await scene.wait(BEFORE_MS * scene.random())
      round.injection = await fault.inject(scene)
      if (!await recovered(scene)) stuck.push({ at: round.from, kind: 'stuck', what: `not recovered from ${fault.id} within ${RECOVERS_WITHIN_MS} ms: ${scene.workers.map(({ name, mode, leadsInEpoch }) => `${name} ${mode}${leadsInEpoch > 0 ? ' leads' : ''}`).join(', ')}` })
    } catch (error) {
      stuck.push({ at: round.from, kind: 'stuck', what: `${fault.id}: ${String(error)}` })
    }
    round.to = monotonicMs()
  }
  progress('emptying the queue')
  const fails = (error: unknown): ReadonlySet<number> => {
    stuck.push({ at: monotonicMs(), kind: 'stuck', what: String(error) })
    return new Set()
  }
  await scene.emptied(DRAINS_WITHIN_MS).catch(fails)
  const logs = await scene.end()
  const left = await scene.leftItems(DRAINS_WITHIN_MS).catch(fails)
  progress('judging the logs')
  return judge(scene, logs, rounds, left, stuck)
}

/** A leader whose writes are accepted, and everybody in touch. */
async function recovered (scene: Scene): Promise<boolean> {
  const deadline = monotonicMs() + RECOVERS_WITHIN_MS
  while (monotonicMs() < deadline) {
    if (!await scene.settled(RECOVERS_WITHIN_MS)) return false
    const { leader } = scene
    if (leader === undefined) continue
    const before = leader.written
    leader.order({ order: 'write', count: 8 })
    if (await scene.until(() => leader.written > before, timings.ttlMs)) return true
  }
  return false
}

function judge (scene: Scene, logs: readonly ProcessLog[], rounds: readonly Round[], left: ReadonlySet<number>, stuck: readonly Finding[]): Result {
  const holders = [...twoHolders(logs), ...scene.herds.flatMap((herd) => twoHolders(herd))]
  const stale = staleWrites(logs, scene.observations)
  const { wipes, unwritten, disturbances } = scene
  const queue = queueItems({ logs, left, wipes, unwritten, disturbances, visibilityMs: VISIBILITY_MS })
  const stallMs = MARGIN * timings.graceMs
  const permits = permitsInUse({ logs, total: scene.permits, stallMs })
  const herds = scene.herds.map((herd) => permitsInUse({ logs: herd, total: PERMITS, stallMs }))
  const findings: Finding[] = [
    ...stuck,
    ...holders.map(({ at, what }): Finding => ({ at, kind: 'two-holders', what })),
    ...stale.map(({ at, what }): Finding => ({ at, kind: 'stale-write', what })),
    ...queue.violations.map(({ at, what }): Finding => ({ at, kind: 'queue', what })),
    ...[permits, ...herds].flatMap((verdict) => verdict.violations).map(({ at, what }): Finding => ({ at, kind: 'capacity', what })),
    ...recordsOf(logs, 'failure').map(({ at, process, message }): Finding => ({ at, kind: 'failure', what: `${process}: ${message}` }))
  ]
  const killed = new Set(scene.lives.filter(({ heldItems }) => heldItems > 0).map(({ name }) => name))
  const tries = recordsOf([...logs, ...scene.herds.flat()], 'tried').reduce((steps, { times }) => steps + times, 0)
  const taken = [permits, ...herds].reduce((all, verdict) => all + verdict.taken, 0)
  return {
    rounds,
    violations: findings.sort((a, b) => a.at - b.at).map((finding) => ({ ...finding, fault: rounds.findLast(({ from }) => from <= finding.at)?.fault ?? '' })),
    operations: operationsOf(logs, rounds),
    figures: {
      writesAccepted: recordsOf(logs, 'accepted').length,
      writesFenced: recordsOf(logs, 'refused').filter(({ why }) => why === 'fenced').length,
      bothHeldMs: holders.reduce((ms, overlap) => ms + overlap.ms, 0),
      elections: recordsOf(logs, 'elected').length,
      itemsPushed: queue.pushed,
      itemsAcknowledged: queue.acknowledged,
      itemsLost: queue.violations.filter(({ what }) => what.endsWith('is lost')).length,
      itemsWiped: queue.wiped,
      itemsUnwritten: queue.unwritten,
      unknownAcknowledgements: queue.unknownAcknowledgements,
      duplicates: queue.duplicates,
      slowDuplicates: queue.slow,
      inFlight: queue.inFlight,
      redeliveries: redeliveries(logs, killed, VISIBILITY_MS, disturbances),
      capacitySteps: tries + taken,
      permitsTaken: taken,
      mostInUse: Math.max(permits.mostInUse, ...herds.map(({ mostInUse }) => mostInUse)),
      frozenPermits: [permits, ...herds].reduce((all, { frozen }) => all + frozen, 0)
    }
  }
}

/** Requests that were answered or refused, items by their number, and steps of the capacity. */
function operationsOf (logs: readonly ProcessLog[], rounds: readonly Round[]): readonly number[] {
  const operations = rounds.map(() => 0)
  for (const { records } of logs) {
    let round = 0
    for (const record of records) {
      const at = stampOf(record)
      while (at >= (rounds[round + 1]?.from ?? Infinity)) round += 1
      operations[round] = (operations[round] ?? 0) + sizeOf(record)
    }
  }
  return operations
}

function sizeOf (record: LogRecord): number {
  switch (record.kind) {
    case 'accepted':
    case 'refused':
    case 'taken': return 1
    case 'tried': return record.times
    case 'pushed': return record.count
    case 'claimed': return record.items.length
    case 'acked': return record.done.length
    default: return 0
  }
}

/** The rounds of each fault together, in the order of their first. */
export function byFault ({ rounds, operations, violations }: Result): readonly FaultSum[] {
  return [...Map.groupBy(rounds, ({ fault }) => fault)].map(([fault, its]) => ({
    fault,
    rounds: its.length,
    injection: sum(its.map(({ injection }) => injection)),
    operations: its.reduce((count, round) => count + (operations[rounds.indexOf(round)] ?? 0), 0),
    violations: violations.filter((violation) => violation.fault === fault).length
  }))
}

export interface FaultSum {
  readonly fault: string
  readonly rounds: number
  readonly injection: Injection
  readonly operations: number
  readonly violations: number
}
