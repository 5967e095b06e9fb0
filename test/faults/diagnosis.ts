/**
 * `npm run faults -- diagnosis [--seed N] [--long] [--only traces | processes | NAME,NAME]`: the dashboard's status sentence. First over traces of
 * modelled services, then in real processes of the showcase with eight faults and some that nothing explains, as the page
 * reads it. Prints every sentence; exit code 1 where one names something else, or where it complains in calm.
 */
import { parseArgs } from 'node:util'
import { seededRandom } from '@plimsoll/core/testing'
import { judgeTraces } from '../../plugins/dashboard/test/diagnosis/traces.ts'
import { runCases } from './diagnosis/battery.ts'
import type { Outcome } from './diagnosis/battery.ts'
import { makeCases } from './diagnosis/cases.ts'

const LONG_ROUNDS = 3

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, long: { type: 'boolean', default: false }, only: { type: 'string' } } })
const seed = Number(values.seed)
const only = values.only?.split(',')
const started = performance.now()
const traces = only === undefined || only.includes('traces') ? judgeTraces({ long: values.long, seed: values.seed === '1' ? undefined : seed, say }) : { traces: 0, frames: 0, violations: 0 }
const outcomes: Outcome[] = []
for (let round = 0; round < (values.long ? LONG_ROUNDS : 1); round++) {
  const cases = makeCases(seededRandom(seed + round)).filter(({ name }) => only === undefined || only.includes('processes') || only.some((part) => name.includes(part)))
  for (const instances of [1, 3]) outcomes.push(...await runCases(cases.filter((one) => one.instances === instances), say))
}
const named = (explained: boolean): string => {
  const all = outcomes.filter((outcome) => outcome.explained === explained)
  return `${all.filter(({ violations }) => violations.length === 0).length} of ${all.length}`
}
const violations = traces.violations + outcomes.reduce((sum, outcome) => sum + outcome.violations.length, 0)
say(`real processes: ${named(true)} faults named, ${named(false)} unknown where nothing explains it`)
say(`diagnosis: seed ${seed}, ${traces.traces} traces with ${traces.frames} frames, ${outcomes.length} faults in real processes, ${violations} violations, ${((performance.now() - started) / 1000).toFixed(0)} s`)
process.exit(violations === 0 ? 0 : 1)

function say (line: string): void { console.log(line) }
