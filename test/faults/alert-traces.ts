/**
 * Records the traces of a real showcase that `npm run faults -- alerts` and the tests of alerts replay.
 *
 *   npm run faults -- alert-traces [kind…]       the nine that are played by hand, each in a process of its own, in ten minutes
 *   npm run faults -- alert-traces --count 200   so many made from seeds, half of them held out, as many at once as fit
 *
 *   --count N        in all; what is there already is left as it is, so that an interrupted recording goes on
 *   --at-once K      shops at the same time (28)
 *   --seed S         of the half to tune on (1)
 *   --frozen COMMIT  hash of the commit in which thresholds and plans were frozen: seed of the half that is held out
 *   --kinds A,B      only these kinds of them
 *   --dry-run        says what would be recorded, and how long it takes
 *
 * On a machine that has other work as well, give it priority (`chrt -r 20`): a shop that gets no processor is one whose event
 * loop stands still.
 */
import { parseArgs } from 'node:util'
import { KINDS } from './alert-traces/kinds.ts'
import { recordByHand } from './alert-traces/record-by-hand.ts'
import { recordPlans } from './alert-traces/record-plans.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string' },
    'at-once': { type: 'string', default: '28' },
    seed: { type: 'string' },
    frozen: { type: 'string' },
    kinds: { type: 'string' },
    'dry-run': { type: 'boolean', default: false }
  }
})
const unknown = positionals.find(kind => KINDS[kind] === undefined)
if (unknown !== undefined) {
  console.error(`there is no trace ${unknown}, but ${Object.keys(KINDS).join(', ')}`)
  process.exit(2)
}
const { count, seed, frozen, kinds } = values
const recorded = count === undefined
  ? await recordByHand(positionals.length > 0 ? positionals : Object.keys(KINDS))
  : await recordPlans({ count: Number(count), atOnce: Number(values['at-once']), dryRun: values['dry-run'], ...(seed !== undefined && { seed: Number(seed) }), ...(frozen !== undefined && { frozen }), ...(kinds !== undefined && { kinds: kinds.split(',') }) })
process.exitCode = recorded ? 0 : 1
