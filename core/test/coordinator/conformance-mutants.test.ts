import t from 'tap'
import { inPairs, runWithMutant } from './kill.ts'
import { mutants } from './mutants.ts'

t.test('each mutant turns the conformance case red that is named for it', { timeout: 300_000 }, async (t) => {
  const named = mutants.filter((mutant) => mutant.case !== undefined)
  t.ok(named.length >= 20, `${named.length} mutants`)
  await inPairs(named, async (mutant) => {
    const printed = await runWithMutant(mutant.name, 'run-case.ts', [String(mutant.case)])
    t.match(printed, new RegExp(`^${mutant.case} red`), `${mutant.name}: ${printed.trim()}`)
  })
})
