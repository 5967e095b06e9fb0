import fc from 'fast-check'
import t from 'tap'
import { ClassicBuckets, ClassicHistogram, DEFAULT_BOUNDS } from '../src/classic-buckets.ts'

t.test('every value is in the classic bucket where it belongs, but for 1.6 % around a bound', async (t) => {
  const classic = new ClassicBuckets(DEFAULT_BOUNDS)
  fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 20_000, noNaN: true }), { maxLength: 100 }), (values) => {
    const histogram = new ClassicHistogram(classic)
    for (const ms of values) histogram.record(ms)
    const { counts } = histogram
    t.equal(counts.length, DEFAULT_BOUNDS.length + 1)
    t.equal(counts.reduce((sum, count) => sum + count, 0), values.length)
    let below = 0
    for (const [i, bound] of DEFAULT_BOUNDS.entries()) {
      below += counts[i]!
      const at = (tolerance: number): number => values.filter((ms) => ms / 1000 <= bound * tolerance).length
      if (below < at(0.984) || below > at(1.016)) t.fail(`${below} up to ${bound}`)
    }
  }), { numRuns: 50 })
})
