import t from 'tap'
import { check } from './model/check.ts'
import { checkWithMutant } from './model/kill.ts'
import { mutants } from './model/mutants.ts'

// `npm run faults -- breaker` makes a million steps, `npm run faults -- breaker-mutants` tries all mutants.

t.test('breaker and model do not differ in 60,000 random steps', async (t) => {
  const { divergence, transitions } = await check(60_000, 20_261)
  t.equal(divergence, undefined)
  for (const wanted of ['closed > open: failure-rate', 'closed > open: slow-call-rate', 'closed > open: consecutive-failures', 'open > half-open: wait-over', 'half-open > open: probe-failed', 'half-open > closed: probes-succeeded']) {
    t.ok((transitions.get(wanted) ?? 0) >= 3, `${wanted} has happened`)
  }
})

t.test('the check finds faults in the breaker', async (t) => {
  for (const { name } of [mutants[0], mutants[20], mutants[31]].filter(mutant => mutant !== undefined)) {
    t.match(await checkWithMutant(name, 100_000, 1), /^diverged/, name)
  }
})
