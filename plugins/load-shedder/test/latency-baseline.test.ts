import t from 'tap'
import { LatencyBaseline } from '../src/latency-baseline.ts'

t.test('is the plain mean of the first three seconds, however fast the first samples were', async t => {
  const baseline = new LatencyBaseline()
  for (let count = 0; count < 200; count++) baseline.sample(0, 5, count, true)
  for (let count = 0; count < 200; count++) baseline.sample(0, 25, 200 + count, true)
  t.match(baseline.of(0).toFixed(6), '15.000000')
})

t.test('follows over ten seconds after that, whatever the rate', async t => {
  for (const every of [10, 100]) {
    const baseline = new LatencyBaseline()
    let now = 0
    for (; now < 5000; now += every) baseline.sample(0, 10, now, true)
    for (; now < 15_000; now += every) baseline.sample(0, 110, now, true)
    t.ok(Math.abs(baseline.of(0) - (110 - 100 / Math.E)) < 5, String(baseline.of(0)))
  }
})

t.test('learns nothing when told not to, but for a first sample; and does not catch up on it later', async t => {
  const baseline = new LatencyBaseline()
  t.equal(baseline.sample(1, 10, 0, false), 10)
  for (let now = 0; now < 5000; now += 10) baseline.sample(1, 10, now, true)
  const seen = new Set<string>()
  for (let now = 5000; now < 100_000; now += 10) seen.add(baseline.sample(1, 500, now, false).toFixed(6))
  t.same([...seen], ['10.000000'])
  baseline.sample(1, 500, 100_000, true)
  t.ok(baseline.of(1) < 11)
})

t.test('routes are apart, unknown ones share a slot, and the table is bounded', async t => {
  const baseline = new LatencyBaseline()
  t.equal(baseline.typicalMs, 0)
  t.equal(baseline.of(7), 0)
  t.equal(baseline.of(500), 0, 'further than the table has grown')
  baseline.sample(-1, 1, 0, true)
  baseline.sample(0, 10, 0, true)
  baseline.sample(900, 20, 0, true)
  for (let route = 1023; route < 3000; route++) baseline.sample(route, 30, 0, true)
  t.same([-1, 0, 900, 1023, 2999].map(route => baseline.of(route).toFixed(3)), ['1.000', '10.000', '20.000', '30.000', '30.000'])
  t.equal(baseline.of(1_000_000).toFixed(3), '30.000')
})

t.test('scales all latencies', async t => {
  const baseline = new LatencyBaseline()
  baseline.sample(0, 10, 0, true)
  baseline.sample(1, 20, 0, true)
  const typical = baseline.typicalMs
  baseline.scale(3)
  t.same([baseline.of(0), baseline.of(1), baseline.typicalMs], [30, 60, 3 * typical])
})
