/**
 * `npm run faults -- breaker [--seed N] [--long]`: the circuit breaker against its model, a million random steps (ten with
 * --long), and a breaker with a fault in it, which must be found. Exit code 1 at a difference, or when the fault is not found.
 */
import { parseArgs } from 'node:util'
import { check } from '../../plugins/circuit-breaker/test/model/check.ts'
import { checkWithMutant } from '../../plugins/circuit-breaker/test/model/kill.ts'
import { mutants } from '../../plugins/circuit-breaker/test/model/mutants.ts'

const { values } = parseArgs({ options: { seed: { type: 'string' }, long: { type: 'boolean', default: false } } })
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000_000))
if (!Number.isSafeInteger(seed)) throw new Error('--seed is a whole number')
console.log(`seed ${seed}`)

const { rounds, steps, kinds, transitions, divergence } = await check(values.long ? 10_000_000 : 1_000_000, seed)
print('steps', kinds)
print('changes of state', transitions)
if (divergence !== undefined) console.log(`\nDIVERGED at ${divergence}`)

const control = mutants[0]!.name
const found = (await checkWithMutant(control, 200_000, seed)).startsWith('diverged')
console.log(`\npositive control, "${control}": ${found ? 'found' : 'NOT FOUND'}`)

const divergences = divergence === undefined ? 0 : 1
console.log(`breaker: ${rounds} rounds, ${steps} steps, ${divergences} divergences (seed ${seed})`)
process.exitCode = divergences === 0 && found ? 0 : 1

function print (title: string, counts: ReadonlyMap<string, number>): void {
  console.log(`\n${title}`)
  for (const [name, count] of [...counts].sort(([, a], [, b]) => b - a)) console.log(`  ${String(count).padStart(9)}  ${name}`)
}
