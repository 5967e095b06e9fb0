import fc from 'fast-check'
import t from 'tap'
import { BUCKET_COUNT, bucketOf, bucketsCount, LatencyHistogram, LatencyWindow, lowerBoundOf, MAX_MICROSECONDS, mergeBuckets, quantileOf, upperBoundOf } from '@plimsoll/core'
import type { Buckets } from '@plimsoll/core'
import { distributions } from './distributions.ts'

function bucketsOf (values: readonly number[]): Buckets {
  const histogram = new LatencyHistogram()
  for (const value of values) histogram.record(value)
  return new LatencyWindow(histogram).next().buckets
}

t.test('buckets follow one another without a gap, and each is at most 3.2 % wide', async (t) => {
  t.equal(lowerBoundOf(0), 0)
  let gaps = 0
  let wide = 0
  let wrong = 0
  for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
    const low = lowerBoundOf(bucket)
    const high = upperBoundOf(bucket)
    if (bucket > 0 && low !== upperBoundOf(bucket - 1) + 1) gaps++
    if ((high - low) / Math.max(1, low) > 1 / 32) wide++
    if (bucketOf(low) !== bucket || bucketOf(high) !== bucket) wrong++
  }
  t.strictSame({ gaps, wide, wrong }, { gaps: 0, wide: 0, wrong: 0 })
  t.equal(upperBoundOf(BUCKET_COUNT - 1), MAX_MICROSECONDS)
})

t.test('percentiles are within 1.6 % or a microsecond of the exact ones, on eight distributions', async (t) => {
  for (const [name, values] of Object.entries(distributions(20_000, 7))) {
    const buckets = bucketsOf(values)
    const sorted = values.toSorted((a, b) => a - b)
    for (const q of [0, 0.5, 0.9, 0.95, 0.99, 0.999, 1]) {
      const exact = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1]!
      const off = Math.abs(quantileOf(buckets, q) - exact)
      t.ok(off <= Math.max(exact * 0.016, 0.001), `${name} P${q * 100}: ${off} ms off ${exact}`)
    }
  }
})

t.test('the merge of the histograms of any number of instances is bit-equal to one that was given all values', async (t) => {
  fc.assert(fc.property(fc.array(fc.array(fc.double({ min: 0, max: 5_000_000, noNaN: true }), { maxLength: 50 }), { maxLength: 6 }), (instances) => {
    const merged = mergeBuckets(instances.map(bucketsOf))
    t.strictSame(merged, bucketsOf(instances.flat()))
    t.strictSame(merged, mergeBuckets(instances.toReversed().map(bucketsOf)))
    t.equal(bucketsCount(merged), instances.flat().length)
  }), { numRuns: 50 })
})

t.test('sums are whole microseconds, so their order changes nothing', async (t) => {
  const histogram = new LatencyHistogram()
  for (const ms of [0.1, 0.2, 0.3, 1e6]) histogram.record(ms)
  t.equal(histogram.sum, 1_000_000_600)
  t.equal(histogram.count, 4)
})

t.test('what is no duration counts at the nearest end', async (t) => {
  t.strictSame(bucketsOf([NaN, -1, 0]), [0, 3])
  t.strictSame(bucketsOf([Infinity, 1e12]), [BUCKET_COUNT - 1, 2])
})

t.test('a window is what came since the last look, whoever else looks', async (t) => {
  const histogram = new LatencyHistogram()
  histogram.record(1)
  const a = new LatencyWindow(histogram)
  t.strictSame(a.next(), { count: 1, time: 1000, buckets: [bucketOf(1000), 1] }, 'the first begins with the histogram')
  histogram.record(1)
  histogram.record(5)
  const b = new LatencyWindow(histogram)
  b.next()
  t.strictSame(a.next(), { count: 2, time: 6000, buckets: [bucketOf(1000), 1, bucketOf(5000), 1] })
  t.strictSame(a.next(), { count: 0, time: 0, buckets: [] })
  t.strictSame(b.next(), { count: 0, time: 0, buckets: [] })
  t.equal(histogram.count, 3, 'looking takes nothing away')
})

t.test('an empty histogram has no percentile', async (t) => {
  t.ok(Number.isNaN(quantileOf([], 0.5)))
  t.strictSame(mergeBuckets([]), [])
})
