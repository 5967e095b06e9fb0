import t from 'tap'
import { Histogram, mergeHistograms } from '../tools/load/histogram.ts'
import { seededRandom } from '@plimsoll/core/testing'

t.test('a quantile is at most 1.6 % above the exact one, at every scale', async t => {
  const random = seededRandom(1)
  for (const scaleMs of [0.01, 1, 100, 10_000]) {
    const values = Array.from({ length: 5_000 }, () => random() * scaleMs)
    const histogram = new Histogram()
    for (const value of values) histogram.record(value)
    values.sort((a, b) => a - b)
    for (const quantile of [0.01, 0.5, 0.9, 0.99, 1]) {
      const exact = values[Math.ceil(quantile * values.length) - 1] ?? NaN
      const estimated = histogram.quantile(quantile)
      // Values are kept in whole microseconds.
      t.ok(estimated >= exact - 0.001 && estimated <= exact * 1.016 + 0.001, `${scaleMs} ms, ${quantile}: ${estimated} for ${exact}`)
    }
  }
})

t.test('count, mean and maximum are exact', async t => {
  const histogram = new Histogram()
  for (const ms of [1.5, 2.5, 1000]) histogram.record(ms)
  t.equal(histogram.count, 3)
  t.equal(histogram.maxMs, 1000)
  t.ok(Math.abs(histogram.meanMs - 1004 / 3) < 1e-9)
})

t.test('an empty histogram has no quantile and no mean', async t => {
  const histogram = new Histogram()
  t.ok(Number.isNaN(histogram.quantile(0.5)))
  t.ok(Number.isNaN(histogram.meanMs))
  t.strictSame(histogram.toJSON(), { buckets: [], sumMs: 0, maxMs: 0 })
})

t.test('values outside its range land in the first and the last bucket', async t => {
  const histogram = new Histogram()
  histogram.record(-5)
  t.equal(histogram.quantile(1), 0)
  histogram.record(1e12)
  t.equal(histogram.toJSON().buckets.length, 2)
  t.ok(histogram.quantile(1) > 2_000_000)
})

t.test('what was merged, through its message form, equals what was recorded in one', async t => {
  const one = new Histogram()
  const parts = [new Histogram(), new Histogram()]
  const random = seededRandom(2)
  for (let value = 0; value < 1_000; value++) {
    const ms = Math.round(random() * 1e6) / 1e3
    one.record(ms)
    parts[value % 2]?.record(ms)
  }
  const merged = mergeHistograms(parts.map(part => JSON.parse(JSON.stringify(part))))
  t.strictSame(merged.toJSON().buckets, one.toJSON().buckets)
  t.equal(merged.count, 1_000)
  t.equal(merged.maxMs, one.maxMs)
})

t.test('clear forgets everything', async t => {
  const histogram = new Histogram()
  histogram.record(3)
  histogram.clear()
  t.equal(histogram.count, 0)
  t.equal(histogram.maxMs, 0)
  t.ok(Number.isNaN(histogram.quantile(0.5)))
})
