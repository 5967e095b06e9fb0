/**
 * `npm run faults -- settlement [--seed N] [--long]`: every feasible way of ending a request, 300 times each (3,000 with
 * --long), against core's scopes and behind the load-shedder's gate; and against scopes that are built on Fastify's hooks,
 * which must be convicted. Exit code 1 at a violation, or where the control is not convicted.
 */
import { parseArgs } from 'node:util'
import { settleBehindCalmGate, settleBehindGate, settleByHooks, settleScopes } from '../settlement/campaign.ts'
import { tableOf } from '../settlement/matrix.ts'

const { values } = parseArgs({ options: { seed: { type: 'string' }, long: { type: 'boolean', default: false } } })
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
if (!Number.isSafeInteger(seed)) throw new Error('--seed is a whole number')
const requests = values.long ? 3_000 : 300

let operations = 0
let violations = 0
for (const [name, run] of [['scopes', settleScopes], ['gate', settleBehindGate], ['calm gate', settleBehindCalmGate]] as const) {
  const result = await run({ seed, requests })
  operations += result.requests
  violations += result.violations.length
  console.log(`${name}: ${result.requests} requests in ${result.results.length} cells\n${tableOf(result.results)}`)
  for (const violation of result.violations.slice(0, 10)) console.log(`VIOLATION ${violation}`)
}
const control = await settleByHooks({ seed, requests: 4 })
const convicted = control.violations.length > 0
console.log(`positive control, scopes on hooks: ${convicted ? `convicted of ${control.violations.length} faults` : 'NOT CONVICTED'}`)
console.log(`settlement: seed ${seed}, 3 rounds, ${operations} operations, ${violations} violations`)
process.exitCode = violations === 0 && convicted ? 0 : 1
