import t from 'tap'
import { median, quantile, robustDeviation, SlidingSums, trendOf, wilsonBounds } from '@plimsoll/core/statistics'

t.test('the median is the middle, and between the middle two', async t => {
  t.equal(median([3, 1, 2]), 2)
  t.equal(median([4, 1, 2, 3]), 2.5)
  t.same(median([]), NaN)
  t.equal(quantile([0, 10], 0.25), 2.5)
})

t.test('one wild value moves the robust deviation little', async t => {
  t.equal(robustDeviation([10, 12, 8, 11, 9]), 1.4826)
  t.ok(robustDeviation([10, 12, 8, 11, 9, 1e9]) < 3)
})

t.test('the bounds of a share are wide for few and narrow for many', async t => {
  const few = wilsonBounds(3, 10, 3)
  const many = wilsonBounds(3000, 10_000, 3)
  t.ok(few.lower < 0.08 && few.upper > 0.6)
  t.ok(many.lower > 0.28 && many.upper < 0.32)
  t.same(wilsonBounds(0, 0, 3), { lower: 0, upper: 1 })
  t.equal(wilsonBounds(0, 100, 3).lower, 0)
  t.ok(wilsonBounds(1, 1, 3).lower < 0.11, 'one of one proves little')
})

t.test('the slope of a line is found though a quarter of its points lie anywhere', async t => {
  const points = Array.from({ length: 40 }, (_, x) => [x, x % 4 === 0 ? 1000 : 5 + 2 * x] as const)
  t.ok(Math.abs(trendOf(points).slope - 2) < 0.5)
})

t.test('noise without a trend has no significant one, a rise has', async t => {
  const noise = trendOf([5, 1, 4, 2, 6, 3, 5, 2, 4, 3].map((y, x) => [x, y] as const))
  t.ok(Math.abs(noise.z) < 1 && noise.lower < 0)
  const rise = trendOf(Array.from({ length: 20 }, (_, x) => [x, x + (x % 2)] as const))
  t.ok(rise.z > 5 && rise.lower > 0.8)
})

t.test('of fewer than two points nothing is known', async t => {
  t.same(trendOf([[0, 1]]), { slope: 0, lower: -Infinity, z: 0 })
  t.equal(trendOf([[0, 1], [1, 2]]).lower, -Infinity)
})

t.test('sliding sums forget what has left their span, second by second and after a jump', async t => {
  const sums = new SlidingSums(2, [2, 3])
  sums.moveTo(10)
  sums.add(0, 5)
  sums.add(1, 1)
  sums.moveTo(11)
  sums.add(0, 7)
  sums.add(0, 1)
  t.equal(sums.latest(0), 8)
  t.equal(sums.sum(0, 3), 13)
  t.equal(sums.sum(0, 2), 13)
  sums.moveTo(12)
  t.equal(sums.sum(0, 3), 13)
  t.equal(sums.sum(0, 2), 8, 'the shorter span has forgotten it a second before')
  t.equal(sums.latest(0), 0)
  sums.moveTo(13)
  t.equal(sums.sum(0, 3), 8)
  t.equal(sums.sum(1, 3), 0)
  sums.moveTo(1000)
  t.equal(sums.sum(0, 3), 0)
  sums.add(0, 2)
  sums.moveTo(999)
  t.equal(sums.sum(0, 3), 2, 'time that seems to go back changes nothing')
  sums.clear()
  t.equal(sums.sum(0, 3), 0)
})

t.test('nothing is left of amounts that have gone, however they were rounded', async t => {
  const sums = new SlidingSums(1, [60])
  for (let second = 0; second < 1000; second++) {
    sums.moveTo(second)
    sums.add(0, second % 7 === 0 ? 1e9 / 3 : 0.1)
  }
  sums.moveTo(1060)
  t.equal(sums.sum(0, 60), 0)
})
