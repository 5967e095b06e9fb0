import t from 'tap'
import { Random } from '@plimsoll/core/testing'

const MANY = 20_000

t.test('the same seed gives the same chance, another one another', async t => {
  const ten = (random: Random): number[] => Array.from({ length: 10 }, () => random.next())
  t.same(ten(new Random(7)), ten(new Random(7)))
  t.notSame(ten(new Random(7)), ten(new Random(8)))
  t.same(ten(new Random(7).fork()), ten(new Random(7).fork()))
  t.notSame(ten(new Random(7).fork()), ten(new Random(7)))
})

t.test('each shape has the mean and the bounds that it says', async t => {
  const random = new Random(3)
  const drawn = (draw: () => number): { mean: number, deviation: number, min: number, max: number } => {
    const values = Array.from({ length: MANY }, draw)
    const mean = values.reduce((sum, value) => sum + value, 0) / MANY
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / MANY)
    return { mean, deviation, min: Math.min(...values), max: Math.max(...values) }
  }
  const near = (value: number, expected: number, what: string): void => { t.ok(Math.abs(value - expected) < 0.04 * Math.max(1, expected), `${what}: ${value} is near ${expected}`) }
  const between = drawn(() => random.between(2, 4))
  near(between.mean, 3, 'between')
  t.ok(between.min >= 2 && between.max < 4)
  const magnitude = drawn(() => Math.log10(random.magnitude(1, 100)))
  near(magnitude.mean, 1, 'magnitude')
  t.ok(magnitude.min >= 0 && magnitude.max < 2)
  near(drawn(() => Number(random.chance(0.3))).mean, 0.3, 'chance')
  near(drawn(() => random.pick([0, 1, 2])).mean, 1, 'pick')
  near(drawn(() => random.exponential(5)).mean, 5, 'exponential')
  const normal = drawn(() => random.normal())
  near(normal.mean, 0, 'normal')
  near(normal.deviation, 1, 'its deviation')
  near(drawn(() => random.logNormal(0.5)).mean, 1, 'log-normal')
  for (const mean of [0, 0.5, 12, 31, 200]) near(drawn(() => random.poisson(mean)).mean, mean, 'Poisson')
})
