import t from 'tap'
import { LatencyHistogram, LatencyWindow, mergeTotals } from '@plimsoll/core'
import type { RouteFigures } from '@plimsoll/core'
import { emptyFrame, fakeClock, seededRandom } from '@plimsoll/core/testing'
import { TotalsByMinute } from '../../src/cluster/cluster-totals.ts'
import { TrafficSum } from '../../src/cluster/traffic-sum.ts'

t.test('a sum is what core merges, and its buckets those of one histogram of all values', async (t) => {
  const random = seededRandom(3)
  const sum = new TrafficSum()
  const all = new LatencyHistogram()
  const frames = Array.from({ length: 200 }, () => emptyFrame({
    routes: Array.from({ length: Math.floor(random() * 5) }, (): RouteFigures => {
      const histogram = new LatencyHistogram()
      for (let i = 0; i < random() * 50; i++) {
        const ms = Math.exp(random() * 12 - 4)
        histogram.record(ms)
        all.record(ms)
      }
      const { count, time, buckets } = new LatencyWindow(histogram).next()
      return { method: 'GET', route: `/${Math.floor(random() * 3)}`, inFlight: 1, classes: { [random() < 0.5 ? '2xx' : '5xx']: { count, time, buckets, requestBytes: 3, responseBytes: 4 } } }
    }),
    upstreams: [{ origin: `http://${Math.floor(random() * 3)}`, inFlight: 0, classes: { '4xx': { count: 1, time: 5, buckets: [5, 1], requestBytes: 1, responseBytes: 2 } } }]
  }))
  for (const frame of frames) sum.add(frame)
  const { routes, upstreams } = mergeTotals(frames)
  t.same(sum.totals(), { routes, upstreams })
  const counts = new Map<number, number>()
  for (const { classes } of sum.totals().routes) {
    for (const { buckets } of Object.values(classes)) for (let i = 0; i < buckets.length; i += 2) counts.set(buckets[i]!, (counts.get(buckets[i]!) ?? 0) + buckets[i + 1]!)
  }
  for (const [bucket, count] of all.counts.entries()) t.equal(counts.get(bucket) ?? 0, count)
})

t.test('names beyond two thousand are counted together, so that nothing is lost', async (t) => {
  const sum = new TrafficSum()
  const classes = { '2xx': { count: 1, time: 0, buckets: [0, 1], requestBytes: 0, responseBytes: 0 } }
  for (let i = 0; i < 5_000; i++) {
    sum.add({
      routes: [{ method: 'GET', route: `/${i}`, classes }, { method: 'GET', route: '/0', classes }],
      upstreams: [{ origin: `http://${i}`, classes }]
    })
  }
  const { routes, upstreams } = sum.totals()
  t.equal(routes.length, 2_000)
  t.equal(upstreams.length, 2_000)
  t.equal(routes.find(({ route }) => route === '/0')?.classes['2xx']?.count, 5_001)
  t.match(routes.find(({ route }) => route === '(other)'), { method: '*', classes: { '2xx': { count: 5_000 - 1_999 } } })
  t.match(upstreams.find(({ origin }) => origin === '(other)'), { classes: { '2xx': { count: 5_000 - 1_999 } } })
})

t.test('an hour of minutes is kept, within 32 MiB, and everything since the beginning', async (t) => {
  const clock = fakeClock()
  const totals = new TotalsByMinute(clock)
  const classes = { '2xx': { count: 1, time: 0, buckets: [0, 1], requestBytes: 0, responseBytes: 0 } }
  const begun = clock.wallTime()
  for (let i = 0; i < 90; i++) {
    totals.add({ routes: [{ method: 'GET', route: '/', classes }], upstreams: [] })
    clock.advance(60_000)
  }
  t.match(totals.totals(), { from: begun, frames: 90, routes: [{ classes: { '2xx': { count: 90 } } }] })
  t.match(totals.totals({ from: 0 }), { from: begun + 29 * 60_000, frames: 61, routes: [{ classes: { '2xx': { count: 61 } } }] })

  const large = new TotalsByMinute(clock)
  const many = Array.from({ length: 1_900 }, (_, i) => ({ method: 'GET', route: `/${'x'.repeat(900)}/${i}`, classes }))
  for (let i = 0; i < 25; i++) {
    large.add({ routes: many, upstreams: [] })
    clock.advance(60_000)
  }
  const { frames } = large.totals({ from: 0 })
  t.ok(frames > 10 && frames < 20, `${frames} of 25 minutes of 2 MB each`)
  t.equal(large.totals().frames, 25)
})
