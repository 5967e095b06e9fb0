/**
 * `npm run faults -- coordination [--seed N] [--long] [--rounds N] [--only F1,F3]`: coordinators in real processes on a real
 * redis-server, under the faults F1 to F18, judged by the processes' own logs. Exit code 1 on a violation, or when a
 * positive control is not convicted.
 */
import { parseArgs } from 'node:util'
import { seededRandom } from '@plimsoll/core/testing'
import { capacityRows } from '../../benchmarks/coordination/sections/capacity.ts'
import { failoverRows } from '../../benchmarks/coordination/sections/failover.ts'
import { printRows } from '../../benchmarks/overload/table.ts'
import { runFaults } from './coordination/battery.ts'
import type { Demand, Result } from './coordination/battery.ts'
import { runControls } from './coordination/controls.ts'
import { clockFaults } from './coordination/faults/clock-faults.ts'
import type { Fault } from './coordination/faults/fault.ts'
import { herdFault } from './coordination/faults/herd-fault.ts'
import { lineFaults } from './coordination/faults/line-faults.ts'
import { processFaults } from './coordination/faults/process-faults.ts'
import { serverFaults } from './coordination/faults/server-faults.ts'
import { merge, printControls, printFaults, printFigures, printLosses } from './coordination/report.ts'
import { failoverLosses } from './coordination/replication.ts'
import { Scene } from './coordination/scene.ts'

const SHORT_DEMAND: Demand = { items: 300, writes: 200 }
const LONG_DEMAND: Demand = { items: 5_000, writes: 10_000 }

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, long: { type: 'boolean', default: false }, rounds: { type: 'string', default: '20' }, only: { type: 'string' } } })
const started = performance.now()
const seed = Number(values.seed)
const random = seededRandom(seed)
const faults = await possible([...processFaults, ...serverFaults, ...lineFaults, ...clockFaults, herdFault(values.long ? 50 : 5)])
// In a short run the halves run side by side: it is mostly waiting.
const plans = values.long ? [shuffle(faults.flatMap((fault) => Array.from({ length: Math.min(Number(values.rounds), fault.mostRounds ?? Infinity) }, () => fault)))] : halve(faults)
const [verdicts, ...results] = await Promise.all([
  values.long ? undefined : runControls(seededRandom(seed + 1), progress),
  ...plans.map((plan, index) => run(plan, values.long ? LONG_DEMAND : SHORT_DEMAND, seededRandom(seed + 2 + index)))
])
const convictions = verdicts ?? await runControls(seededRandom(seed + 1), progress)
progress('')
const result = merge(results)
printFaults(faults, result)
printControls(convictions)
printFigures(result)
const losses = values.long ? await failoverLosses(progress) : []
progress('')
printLosses(losses)
// The rest of the figures that have a target: by the benchmark's sections, on stores and processes of their own.
if (values.long) printRows('coordination', [...await failoverRows(false), ...await capacityRows(false)])
const violations = result.violations.length + losses.filter(({ failed }) => failed !== undefined).length
const convicted = convictions.filter((verdict) => verdict.convicted).length
const operations = result.operations.reduce((sum, each) => sum + each, 0)
console.log(`coordination: seed ${seed}, ${result.rounds.length} rounds, ${operations} operations, ${violations} violations, ${convicted} of ${convictions.length} controls convicted, ${((performance.now() - started) / 1000).toFixed(0)} s`)
process.exit(violations === 0 && convicted === convictions.length ? 0 : 1)

async function run (plan: readonly Fault[], demand: Demand, random: () => number): Promise<Result> {
  const scene = await Scene.open({ workers: values.long ? 4 : 3, writeBatch: values.long ? 64 : 8, random })
  try {
    return await runFaults(scene, plan, demand, progress)
  } finally {
    await scene.close()
  }
}

/** Those that can be tried here; of the others it says why not. */
async function possible (all: readonly Fault[]): Promise<readonly Fault[]> {
  const found: Fault[] = []
  for (const fault of all) {
    const why = await fault.missing?.()
    if (values.only !== undefined && !values.only.split(',').includes(fault.id)) continue
    if (why === undefined) found.push(fault)
    else console.log(`SKIPPED ${fault.id} ${fault.what}: ${why}`)
  }
  return found
}

function halve (all: readonly Fault[]): readonly (readonly Fault[])[] {
  const halves = [all.filter((_, index) => index % 2 === 0), all.filter((_, index) => index % 2 === 1)]
  return halves.filter((half) => half.length > 0)
}

function shuffle (all: readonly Fault[]): readonly Fault[] {
  return all.map((fault) => ({ fault, at: random() })).sort((a, b) => a.at - b.at).map(({ fault }) => fault)
}

function progress (text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`)
}
