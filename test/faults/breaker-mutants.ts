/**
 * `npm run faults -- breaker-mutants [--seed N]`: the model check with each of the faults of
 * plugins/circuit-breaker/test/model/mutants.ts in the source. Exit code 1 when one survives.
 */
import { parseArgs } from 'node:util'
import { inPairs } from '../../core/test/coordinator/kill.ts'
import { checkWithMutant } from '../../plugins/circuit-breaker/test/model/kill.ts'
import { mutants } from '../../plugins/circuit-breaker/test/model/mutants.ts'

const MOST_STEPS = 1_000_000
const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' } } })
let survived = 0
await inPairs(mutants, async ({ name }) => {
  const printed = await checkWithMutant(name, MOST_STEPS, Number(values.seed))
  const found = printed.startsWith('diverged')
  if (!found) survived += 1
  console.log(`${found ? 'found   ' : 'SURVIVED'} ${name}: ${printed.split('\n')[0]}`)
})
console.log(`breaker-mutants: ${mutants.length} mutants, ${survived} survived`)
process.exitCode = survived === 0 ? 0 : 1
