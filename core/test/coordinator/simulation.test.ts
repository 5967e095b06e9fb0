import t from 'tap'
import { runSeeds } from './simulation/campaign.ts'

// `npm run faults -- coordination-sim` runs many more.
t.test('three instances over lines that delay, lose, double and cut, with pauses, kills and data loss: nothing is violated', async (t) => {
  const { violations, fewestOperations, operations, faults } = await runSeeds(50, 60)
  t.same(violations, [])
  t.ok(fewestOperations >= 200, `at least ${fewestOperations} operations a seed, ${operations} in all`)
  for (const [kind, count] of Object.entries(faults)) t.ok(count > 0, `${kind}: ${count}`)
})

t.test('the same seed gives the same history', async (t) => {
  t.same(await runSeeds(7, 2), await runSeeds(7, 2))
})
