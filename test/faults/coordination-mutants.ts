/**
 * `npm run faults -- coordination-mutants`: every mutant of core/test/coordinator/mutants.ts, by its conformance case and
 * by up to a thousand seeds of the simulation. Exit code 1 when one survives.
 */
import { inPairs, runWithMutant } from '../../core/test/coordinator/kill.ts'
import { mutants } from '../../core/test/coordinator/mutants.ts'

let survived = 0
await inPairs(mutants, async ({ name, case: number, simulation }) => {
  if (number !== undefined) tell(name, await runWithMutant(name, 'run-case.ts', [String(number)]), `${number} red`)
  if (simulation === true) tell(name, await runWithMutant(name, 'simulation/hunt.ts', ['1000']), 'seed ')
})
console.log(`${mutants.length} mutants, ${survived} survived`)
process.exitCode = survived === 0 ? 0 : 1

function tell (name: string, printed: string, expected: string): void {
  const found = printed.startsWith(expected)
  if (!found) survived += 1
  console.log(`${found ? 'found   ' : 'SURVIVED'} ${name}: ${printed.trim()}`)
}
