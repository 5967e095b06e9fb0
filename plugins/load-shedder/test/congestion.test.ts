import t from 'tap'
import { Congestion } from '../src/congestion.ts'
import type { CongestionReason } from '../src/congestion.ts'
import type { WindowSummary } from '../src/concurrency-window.ts'

type Figures = readonly [inFlight: number, throughput: number, inflation: number]

const windowOf = ([inFlight, throughput, inflation]: Figures): WindowSummary =>
  ({ finished: 100, inFlight, throughput, sampled: true, chance: 0, meanMs: 10 * inflation, inflation, excessMs: 10 * (inflation - 1), timeouts: 0 })

/** The verdict on each window, one after the other. */
function verdicts (windows: readonly Figures[], overloaded = false): Array<CongestionReason | undefined> {
  const congestion = new Congestion()
  return windows.map(window => congestion.judge(windowOf(window), overloaded))
}

t.test('inflated work in an overload is a queue, from the second window on', async t => {
  t.same(verdicts([[10, 1, 3], [10, 1, 3], [10, 1, 1], [10, 1, 3]], true), [undefined, 'queue', undefined, undefined])
})

t.test('inflation that may be chance is none', async t => {
  const congestion = new Congestion()
  t.same([1, 2, 3].map(() => congestion.judge({ ...windowOf([10, 1, 3]), chance: 1.1 }, true)), [undefined, undefined, undefined])
  t.notOk(congestion.suspect)
})

t.test('ever more in flight that finish ever less: the throughput falls', async t => {
  t.same(verdicts([[10, 1, 2], [20, 0.95, 4], [40, 0.9, 8]]), [undefined, undefined, 'throughput-falling'])
})

t.test('the work takes longer with what is in flight, and the throughput has nothing to do with it', async t => {
  t.same(verdicts([[10, 1, 2], [20, 1, 4], [40, 1, 8]]), [undefined, undefined, 'throughput-correlation'])
})

t.test('a throughput that rises with what is in flight, but hardly, is flat as well', async t => {
  t.same(verdicts([[10, 1, 2], [20, 1.05, 4], [40, 1.1, 8]]), [undefined, undefined, 'latency-correlation'])
})

t.test('a throughput that varies as much as chance explains is no evidence', async t => {
  const few = new Congestion()
  const figures: readonly Figures[] = [[10, 1, 2], [20, 1.4, 4], [40, 2, 8]]
  // A handful of requests a window: a rise by nearly half may be chance, so it counts as flat, but is not steady.
  t.same(figures.map(window => few.judge({ ...windowOf(window), finished: 5 }, false)), [undefined, undefined, undefined])
  t.ok(few.suspect, 'though nothing is learned from it')
})

t.test('work that gets faster while more is in flight is not queueing', async t => {
  t.same(verdicts([[10, 1, 8], [20, 1.02, 6], [40, 1.04, 4]]), [undefined, undefined, undefined])
})

t.test('few in flight, or no more than before, wait for nobody', async t => {
  t.same(verdicts([[1, 1, 2], [2, 1, 4], [4, 1, 8]]), [undefined, undefined, undefined])
  t.same(verdicts([[40, 1, 8], [40, 1, 8], [41, 1, 8]]), [undefined, undefined, undefined])
})

t.test('what was before a rest is forgotten', async t => {
  const congestion = new Congestion()
  congestion.judge(windowOf([10, 1, 2]), true)
  t.ok(congestion.suspect)
  congestion.clear()
  t.notOk(congestion.suspect)
  t.equal(congestion.judge(windowOf([20, 1, 4]), true), undefined)
})
