import t from 'tap'
import { inPairs, runWithMutant } from './kill.ts'
import { mutants } from './mutants.ts'

t.test('the simulation finds each mutant of the recipes within 200 seeds', { timeout: 300_000 }, async (t) => {
  const named = mutants.filter(({ simulation, rare }) => simulation === true && rare !== true)
  t.ok(named.length >= 10, `${named.length} mutants`)
  await inPairs(named, async ({ name }) => {
    const printed = await runWithMutant(name, 'simulation/hunt.ts', ['200'])
    t.match(printed, /^seed /, `${name}: ${printed.trim()}`)
  })
})
