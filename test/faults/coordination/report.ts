import { byFault } from './battery.ts'
import type { Result } from './battery.ts'
import type { Redelivery } from './checkers/queue-items.ts'
import type { Verdict } from './controls.ts'
import type { Fault } from './faults/fault.ts'
import type { FailoverLoss } from './replication.ts'

const SHOWN_VIOLATIONS = 20
const NO_REDELIVERY: Redelivery = { lateMs: 0, busyMs: 0, disturbedMs: 0 }

/** The faults, one a line: what was really done, and what came of it. */
export function printFaults (faults: readonly Fault[], result: Result): void {
  const what = new Map(faults.map((fault) => [fault.id, fault.what]))
  for (const { fault, rounds, injection, operations, violations } of byFault(result)) {
    console.log(`${fault.padEnd(4)}${(what.get(fault) ?? '').padEnd(66)} ${String(rounds).padStart(3)} rounds ${String(operations).padStart(8)} operations ${String(violations).padStart(3)} violations`)
    const done = Object.entries(injection).filter(([, value]) => value > 0).map(([name, value]) => `${Math.round(value)} ${name}`)
    console.log(`    ${done.join(', ')}`)
  }
  for (const { fault, kind, what } of result.violations.slice(0, SHOWN_VIOLATIONS)) console.log(`VIOLATION in ${fault}, ${kind}: ${what}`)
}

export function printControls (verdicts: readonly Verdict[]): void {
  for (const { what, convicted, evidence } of verdicts) {
    console.log(`control: ${what.padEnd(50)} ${convicted ? 'convicted' : 'NOT CONVICTED'}: ${evidence}`)
  }
}

/** The figures beside their targets. */
export function printFigures ({ figures, rounds, violations }: Result): void {
  const line = (what: string, figure: string, target: string): void => { console.log(`${what.padEnd(66)} ${figure}${target === '' ? '' : `  (target ${target})`}`) }
  const undisturbed = figures.redeliveries.filter(({ disturbedMs }) => disturbedMs === 0)
  const late = undisturbed.map(({ lateMs }) => lateMs)
  const free = undisturbed.map(({ lateMs, busyMs }) => lateMs - busyMs)
  const across = figures.redeliveries.filter(({ disturbedMs }) => disturbedMs > 0)
  const worst = across.reduce((most, one) => one.lateMs > most.lateMs ? one : most, NO_REDELIVERY)
  line('stale fenced writes', `${violations.filter(({ kind }) => kind === 'stale-write').length} in ${figures.writesAccepted} accepted, ${figures.writesFenced} refused, ${rounds.length} rounds`, '0 in 200 rounds and 1,000,000 writes')
  line('two holders at once', `${figures.bothHeldMs.toFixed(3)} ms in ${figures.elections} leaderships`, '0 ms')
  line('items lost', `${figures.itemsLost} of ${figures.itemsPushed} confirmed (${figures.itemsWiped} gone with F6, ${figures.itemsUnwritten} not written yet at F5, ${figures.unknownAcknowledgements} with an unknown end)`, '0 of 1,000,000')
  line('items acknowledged for each fault', (figures.itemsAcknowledged / rounds.length).toFixed(0), 'at most 5,000')
  line('duplicates', `${figures.duplicates}, with ${figures.inFlight} in flight at faults${figures.slowDuplicates > 0 ? `, ${figures.slowDuplicates} of consumers too slow for their visibility` : ''}`, 'at most those in flight')
  line('redelivery after kill -9, beyond visibility and work of the others', undisturbed.length === 0 ? 'none' : `p50 ${at(free, 0.5)} ms, max ${at(free, 1)} ms, n ${free.length}; with that work p50 ${at(late, 0.5)} ms, max ${at(late, 1)} ms`, '100 ms')
  line('the same where another fault came before it', across.length === 0 ? 'none' : `max ${worst.lateMs.toFixed(0)} ms, of which ${worst.disturbedMs.toFixed(0)} ms under other faults, n ${across.length}`, '')
  line('capacity over-committed', `${figures.mostInUse} of the total in use at most, ${figures.capacitySteps} steps, ${figures.permitsTaken} taken (${figures.frozenPermits} with a holder that stood still)`, '0 in 1,000,000 steps')
}

/** Not a violation: what single-primary consistency means when the primary dies. */
export function printLosses (losses: readonly FailoverLoss[]): void {
  for (const { what, failed, confirmed, lost, withoutMs } of losses) {
    if (failed !== undefined) console.log(`VIOLATION in ${what}: ${failed}`)
    else console.log(`${what.padEnd(66)} ${lost} of ${confirmed} confirmed items lost, ${withoutMs} ms without the store`)
  }
}

function at (values: readonly number[], share: number): string {
  const sorted = [...values].sort((a, b) => a - b)
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(0)
}

/** Of batteries that ran side by side. */
export function merge (results: readonly Result[]): Result {
  const add = (of: (result: Result) => number): number => results.reduce((sum, result) => sum + of(result), 0)
  return {
    rounds: results.flatMap(({ rounds }) => rounds),
    violations: results.flatMap(({ violations }) => violations),
    operations: results.flatMap(({ operations }) => operations),
    figures: {
      writesAccepted: add(({ figures }) => figures.writesAccepted),
      writesFenced: add(({ figures }) => figures.writesFenced),
      bothHeldMs: add(({ figures }) => figures.bothHeldMs),
      elections: add(({ figures }) => figures.elections),
      itemsPushed: add(({ figures }) => figures.itemsPushed),
      itemsAcknowledged: add(({ figures }) => figures.itemsAcknowledged),
      itemsLost: add(({ figures }) => figures.itemsLost),
      itemsWiped: add(({ figures }) => figures.itemsWiped),
      itemsUnwritten: add(({ figures }) => figures.itemsUnwritten),
      unknownAcknowledgements: add(({ figures }) => figures.unknownAcknowledgements),
      duplicates: add(({ figures }) => figures.duplicates),
      slowDuplicates: add(({ figures }) => figures.slowDuplicates),
      inFlight: add(({ figures }) => figures.inFlight),
      redeliveries: results.flatMap(({ figures }) => figures.redeliveries),
      capacitySteps: add(({ figures }) => figures.capacitySteps),
      permitsTaken: add(({ figures }) => figures.permitsTaken),
      mostInUse: Math.max(...results.map(({ figures }) => figures.mostInUse)),
      frozenPermits: add(({ figures }) => figures.frozenPermits)
    }
  }
}
