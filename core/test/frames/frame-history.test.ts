import t from 'tap'
import { bucketsIn, FrameHistory, mergeBuckets, quantileOf } from '@plimsoll/core'
import { emptyFrame } from '@plimsoll/core/testing'
import { frameOf, historyOf, HOUR, START } from './hour.ts'

t.test('a point is the mean of its step, or the worst, and percentiles are of all its requests', async (t) => {
  const history = historyOf(150)
  const { step, at, columns } = history.query({ from: START, to: START + 120_000, step: 60_000 })
  t.equal(step, 60_000)
  t.strictSame(at, [START, START + 60_000])
  t.strictSame(columns['requests'], [3, 3], 'a second')
  t.strictSame(columns['errors'], [2, 2], 'the timeout and the 5xx')
  t.strictSame(columns['inFlight'], [59, 119], 'the worst')
  t.ok(Math.abs(columns['loopUtilization']![0]! - 29.5 / 10_000) < 1e-6, 'the mean')
  const all = mergeBuckets(Array.from({ length: 60 }, (_, second) => bucketsIn(frameOf(second).routes[0]!.classes)))
  t.strictSame([columns['p50']![0], columns['p99']![0], columns['p999']![0]], [0.5, 0.99, 0.999].map((q) => quantileOf(all, q)))
})

t.test('a route, an upstream and a figure have points of their own', async (t) => {
  const history = historyOf(70)
  const range = { from: START, to: START + 70_000, step: 35_000 }
  const route = history.query({ ...range, of: { method: 'GET', route: '/' } }).columns
  t.strictSame([route['requests'], route['errors'], route['inFlight']], [[3, 3], [1, 1], [34, 69]])
  t.ok(Math.abs(route['p99']![1]! - 70) < 70 * 0.016, 'of the worst second')
  t.strictSame(history.query({ ...range, of: { origin: 'http://x' } }).columns['errors'], [1, 1])
  t.strictSame(history.query({ ...range, of: { figure: 'depth' } }).columns['value'], [17, 52])
  t.strictSame(history.query({ ...range, of: { figure: 'sold' } }).columns['value'], [4, 4])
  t.strictSame(history.query({ ...range, of: { method: 'GET', route: '/unknown' } }).columns['requests'], [null, null])
})

t.test('where there was no frame there is no point; at most 1,000 points are given', async (t) => {
  const history = new FrameHistory(HOUR)
  t.strictSame(history.query(), { step: 1000, at: [], columns: { ...history.query().columns } }, 'empty')
  t.equal(history.oldest, undefined)
  for (const second of [0, 1, 5]) history.add(frameOf(second))
  t.strictSame(history.query({ step: 1000 }).columns['inFlight'], [0, 1, null, null, null, 5])
  t.equal(history.oldest, START)
  const long = historyOf(3600).query({ step: 1 })
  t.equal(long.step, 4000)
  t.equal(long.at.length, 900)
  t.equal(historyOf(10).query({ from: START + 5000, to: START + 2000 }).at.length, 0)
})

t.test('a frame without a heap floor leaves a gap in that column alone', async (t) => {
  const history = new FrameHistory(HOUR)
  const { vitals } = emptyFrame()
  history.add(frameOf(0, { vitals: { ...vitals, memory: { ...vitals.memory, oldSpaceFloor: undefined } } }))
  t.strictSame(history.query().columns['heapFloor'], [null])
  t.strictSame(history.query().columns['requests'], [3])
})

t.test('the heatmap and the totals are exact, of closed minutes and of the open one', async (t) => {
  const history = historyOf(90)
  const { buckets } = history.heatmap({ from: START, to: START + 90_000, step: 45_000 })
  const routes = Array.from({ length: 90 }, (_, second) => bucketsIn(frameOf(second).routes[0]!.classes))
  t.strictSame(buckets, [mergeBuckets(routes.slice(0, 45)), mergeBuckets(routes.slice(45))])
  const totals = history.totals()
  t.strictSame(bucketsIn(totals.routes[0]!.classes), mergeBuckets(routes))
  t.equal(totals.routes[0]!.classes['2xx']?.count, 180)
  t.equal(totals.upstreams[0]!.classes.reset?.count, 90)
  t.strictSame(totals.figures.map(({ name, value }) => [name, value]), [['depth', 89], ['sold', 360]], 'a gauge is its latest value')
  t.strictSame([totals.from, totals.to], [START - 1000, START + 89_000])
  t.equal(history.totals({ from: START + 60_000 }).routes[0]!.classes['2xx']?.count, 60, 'whole minutes')
  t.match(history.totals({ from: START + 1e9 }), { from: START + 1e9, to: START + 1e9, routes: [] })
})
