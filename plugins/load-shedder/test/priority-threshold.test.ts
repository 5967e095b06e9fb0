import fc from 'fast-check'
import t from 'tap'
import type { PriorityRank } from '@plimsoll/core'
import { LEVELS_PER_CLASS, PriorityThreshold } from '../src/priority-threshold.ts'
import { SeededRandom } from './simulation/seeded-random.ts'

const rankOf = (value: number): PriorityRank => (value < 5 ? 1 : value < 70 ? 3 : 4)

t.test('refuses the share that it is asked for, within 2 points, whatever the distribution', async t => {
  const oneLevel = (): number => 0
  const spread = (random: SeededRandom): number => Math.floor(random.next() * LEVELS_PER_CLASS)
  for (const levelOf of [oneLevel, spread]) {
    for (const share of [0, 0.1, 0.3, 0.5, 0.9, 0.99, 1]) {
      const random = new SeededRandom(5)
      const threshold = new PriorityThreshold()
      let refused = 0
      for (let count = 0; count < 22_000; count++) {
        const rank = rankOf(random.next() * 100)
        const level = levelOf(random)
        threshold.record(rank, level)
        if (threshold.refuses(rank, level, share, random.next) && count >= 2000) refused++
      }
      t.ok(Math.abs(refused / 20_000 - share) < 0.02, `${share}: ${refused / 20_000}`)
    }
  }
})

t.test('refuses no more important class before a less important one is refused whole', async t => {
  const random = new SeededRandom(9)
  const threshold = new PriorityThreshold()
  const refused = [0, 0, 0, 0, 0, 0]
  const seen = [0, 0, 0, 0, 0, 0]
  for (let count = 0; count < 20_000; count++) {
    const rank = rankOf(random.next() * 100)
    threshold.record(rank, 3)
    seen[rank] = (seen[rank] ?? 0) + 1
    if (threshold.refuses(rank, 3, 0.5, random.next)) refused[rank] = (refused[rank] ?? 0) + 1
  }
  t.equal(refused[1], 0)
  t.ok((refused[4] ?? 0) / (seen[4] ?? 0) > 0.98, 'low')
  t.ok(Math.abs((refused[3] ?? 0) / (seen[3] ?? 0) - 0.2 / 0.65) < 0.05, 'normal takes the rest')
})

t.test('its counts are those of the last 1,000 requests: a model of a plain list agrees', async () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 127 })), { minLength: 1, maxLength: 2500 }), fc.double({ min: 0, max: 1, noNaN: true }), (requests, share) => {
    const threshold = new PriorityThreshold()
    for (const [rank, level] of requests) threshold.record(rank as PriorityRank, level)
    const recent = requests.slice(-1000).map(([rank, level]) => rank * LEVELS_PER_CLASS + level)
    const [rank, level] = requests[requests.length - 1] ?? [0, 0]
    const own = rank * LEVELS_PER_CLASS + level
    const below = recent.filter(other => other > own).length / recent.length
    const same = recent.filter(other => other === own).length / recent.length
    const always = threshold.refuses(rank as PriorityRank, level, share, () => 0.999999999)
    const ever = threshold.refuses(rank as PriorityRank, level, share, () => 0)
    if (always && share < below + same - 1e-6) return false
    if (!ever && share > below + 1e-6) return false
    return !(ever && share <= below - 1e-6)
  }), { seed: 7, numRuns: 200 })
})
