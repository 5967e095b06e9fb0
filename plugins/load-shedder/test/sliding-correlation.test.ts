import fc from 'fast-check'
import t from 'tap'
import { SlidingCorrelation } from '../src/sliding-correlation.ts'

t.test('is 1 for what rises together, -1 for what runs against each other, 0 where one stands still or nothing is known', async t => {
  const window = new SlidingCorrelation(3)
  t.equal(window.correlation, 0)
  t.equal(window.variation, 0)
  for (const [x, y] of [[1, 10], [2, 20], [3, 30]] as const) window.add(x, y)
  t.ok(Math.abs(window.correlation - 1) < 1e-9)
  for (const [x, y] of [[1, 30], [2, 20], [3, 10]] as const) window.add(x, y)
  t.ok(Math.abs(window.correlation + 1) < 1e-9, 'the earlier ones have slid out')
  for (const x of [1, 2, 3]) window.add(x, 5)
  t.equal(window.correlation, 0)
  t.equal(window.variation, 0)
  window.clear()
  t.equal(window.correlation, 0)
})

t.test('agrees with the textbook over the last values', async () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 1, max: 1000 })), { minLength: 1, maxLength: 30 }), pairs => {
    const window = new SlidingCorrelation(10)
    for (const [x, y] of pairs) window.add(x, y)
    const last = pairs.slice(-10)
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
    const mx = mean(last.map(([x]) => x))
    const my = mean(last.map(([, y]) => y))
    const sxy = last.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0)
    const sxx = last.reduce((sum, [x]) => sum + (x - mx) ** 2, 0)
    const syy = last.reduce((sum, [, y]) => sum + (y - my) ** 2, 0)
    const expected = sxx * syy > 0 ? sxy / Math.sqrt(sxx * syy) : 0
    return Math.abs(window.correlation - expected) < 1e-6 && Math.abs(window.variation - Math.sqrt(syy / last.length) / my) < 1e-9
  }), { seed: 3 })
})
