import { bucketOf, mergeBuckets } from '@plimsoll/core'
import t from 'tap'
import { HEAT_ROWS, heatBounds, heatRowOf } from '../../src/view/heat.ts'
import { heatColumnOf } from '../../src/view/heat-column.ts'

t.test('a row begins at its bound: three to a doubling, from 64 µs', async (t) => {
  t.equal(heatBounds.length, HEAT_ROWS)
  t.equal(HEAT_ROWS, 61)
  for (const [row, bound] of heatBounds.entries()) {
    t.equal(heatRowOf(bound), row)
    if (row > 0) t.equal(heatRowOf(bound * 0.999), row - 1)
  }
  t.equal(Math.round(heatBounds[4]! / heatBounds[1]!), 2)
})

t.test('whatever is faster is in the first row, whatever is slower in the last', async (t) => {
  for (const us of [0, 1, 63.9, -5, NaN]) t.equal(heatRowOf(us), 0)
  for (const us of [60e6, 1e12, Infinity]) t.equal(heatRowOf(us), HEAT_ROWS - 1)
})

t.test('a column of the heatmap counts every request once, rows ascending', async (t) => {
  const column = heatColumnOf(mergeBuckets([10, 10, 100, 5000, 5100, 2e9].map((us) => [bucketOf(us), 1])))
  const rows = column.filter((_, i) => i % 2 === 0)
  t.strictSame(rows, [...rows].sort((a, b) => a - b))
  t.equal(column.filter((_, i) => i % 2 === 1).reduce((sum, count) => sum + count, 0), 6)
  t.strictSame(column.slice(0, 2), [0, 2])
  t.strictSame(column.slice(-2), [HEAT_ROWS - 1, 1])
  t.strictSame(heatColumnOf([bucketOf(5000), 3]), [heatRowOf(5000), 3])
  t.strictSame(heatColumnOf([]), [])
})
