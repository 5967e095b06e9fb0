import t from 'tap'
import { medianInterval } from '../benchmarks/cost/interval.ts'
import { judge } from '../benchmarks/overload/row.ts'
import { relativeSpread, summarize } from '../benchmarks/overload/statistics.ts'
import { meanWork, workNamed } from '../benchmarks/overload/work.ts'
import { seededRandom } from '@plimsoll/core/testing'

t.test('a figure that meets its target passes, one that misses within the noise shows nothing', async t => {
  t.equal(judge(0.95, { atLeast: 0.95 }, 0.1), 'pass')
  t.equal(judge(0.94, { atLeast: 0.95 }, 0.1), 'inconclusive')
  t.equal(judge(0.80, { atLeast: 0.95 }, 0.1), 'miss')
  t.equal(judge(100, { atMost: 100 }, 0), 'pass')
  t.equal(judge(101, { atMost: 100 }, 0), 'miss')
  t.equal(judge(101, { atMost: 100 }, 5), 'inconclusive')
})

t.test('disturbed runs and missing figures never pass', async t => {
  t.equal(judge(1, { atLeast: 0.95 }, 0, true), 'inconclusive')
  t.equal(judge(NaN, { atLeast: 0.95 }, 0), 'inconclusive')
  t.equal(judge(Infinity, { atMost: 250 }, 0), 'miss')
})

t.test('a summary leaves out runs without a figure', async t => {
  t.match(summarize([3, NaN, 1, 2]), { median: 2, min: 1, max: 3, runs: 3 })
  t.equal(summarize([1, 2]).median, 1.5)
  t.equal(relativeSpread([90, 100, 110]), 0.1)
  t.ok(Number.isNaN(summarize([]).median))
})

t.test('the interval of a median covers it about 95 times of 100, and narrows with more blocks', async t => {
  const random = seededRandom(1)
  let covered = 0
  for (let trial = 0; trial < 100; trial++) {
    const { low, high } = medianInterval(Array.from({ length: 20 }, () => 0.9 + 0.2 * random()), trial)
    if (low <= 1 && high >= 1) covered++
  }
  t.ok(covered >= 88, `${covered} of 100`)
  const width = (blocks: number): number => {
    const { low, high } = medianInterval(Array.from({ length: blocks }, () => random()))
    return high - low
  }
  t.ok(width(200) < width(20))
})

t.test('the mix has the mean that the capacity is planned with', async t => {
  const next = workNamed('mix', seededRandom(4))
  const drawn = Array.from({ length: 50_000 }, next)
  const mean = (pick: (work: { cpuMs: number, awaitMs: number }) => number): number => drawn.reduce((total, work) => total + pick(work), 0) / drawn.length
  t.ok(Math.abs(mean(work => work.cpuMs) / meanWork('mix').cpuMs - 1) < 0.05)
  t.ok(Math.abs(mean(work => work.awaitMs) / meanWork('mix').awaitMs - 1) < 0.05)
  t.strictSame(workNamed('0.5/20', Math.random)(), { cpuMs: 0.5, awaitMs: 20 })
  t.throws(() => workNamed('fast', Math.random), /--work is/)
})
