import t from 'tap'
import { fakeClock } from '../../src/testing/index.ts'
import { EventLoopSampler } from '../../src/vitals/event-loop.ts'

/** A histogram of Node's kind: nanoseconds, 50 ms of resolution included, NaN when empty. */
class FakeHistogram {
  values: number[] = []
  enabled = false
  enable (): boolean { return (this.enabled = true) }
  disable (): boolean { return !(this.enabled = false) }
  reset (): void { this.values = [] }
  record (delay: number): void { this.values.push((50 + delay) * 1e6) }
  get count (): number { return this.values.length }
  get mean (): number { return this.values.reduce((sum, value) => sum + value, 0) / this.values.length }
  get max (): number { return Math.max(0, ...this.values) }
  percentile (rank: number): number { return this.values.toSorted((a, b) => a - b)[Math.ceil(this.values.length * rank / 100) - 1] ?? NaN }
}

function setup (): { clock: ReturnType<typeof fakeClock>, histogram: FakeHistogram, time: { idle: number, active: number }, sampler: EventLoopSampler } {
  const clock = fakeClock()
  const histogram = new FakeHistogram()
  const time = { idle: 0, active: 0 }
  return { clock, histogram, time, sampler: new EventLoopSampler({ clock, histogram, activeTime: () => ({ ...time }) }) }
}

t.test('utilisation is of the window, never since the start', async (t) => {
  const { sampler, time } = setup()
  time.active = 900
  time.idle = 100
  t.equal(sampler.sample(0).utilization, 0.9)
  time.active += 250
  time.idle += 750
  t.equal(sampler.sample(0).utilization, 0.25)
  t.equal(sampler.sample(0).utilization, 0, 'a window without time is not NaN')
})

t.test('delay is of the window, without the resolution of the timer', async (t) => {
  const { sampler, histogram } = setup()
  for (const delay of [1, 2, 3, 94]) histogram.record(delay)
  t.strictSame(sampler.sample(0).delay, { mean: 25, p50: 2, p99: 94, max: 94 })
  histogram.record(-1)
  t.strictSame(sampler.sample(0).delay, { mean: 0, p50: 0, p99: 0, max: 0 }, 'a timer that is early is not late')
})

t.test('a window that was blocked whole has no sample: the lateness of the own timer stands in, not NaN', async (t) => {
  const { sampler } = setup()
  t.strictSame(sampler.sample(1500).delay, { mean: 1500, p50: 1500, p99: 1500, max: 1500 })
  t.strictSame(sampler.sample(-3).delay, { mean: 0, p50: 0, p99: 0, max: 0 })
})

t.test('the own timer\'s lateness counts where the histogram has not seen the block', async (t) => {
  const { sampler, histogram } = setup()
  histogram.record(2)
  t.match(sampler.sample(80).delay, { mean: 2, p50: 2, p99: 80, max: 80 })
})

t.test('a block in the interval that the histogram loses at its reset is seen by a timer of our own', async (t) => {
  const { sampler, histogram, clock } = setup()
  clock.advance(50)
  histogram.record(1)
  t.equal(sampler.sample(0).delay.max, 1)
  // The loop is blocked from here: the timer that was due after 50 ms fires late.
  const realNow = clock.now
  let blocked = 0
  clock.now = () => realNow() + blocked
  blocked = 300
  clock.advance(50)
  blocked = 0
  histogram.record(1)
  t.equal(sampler.sample(0).delay.max, 300)
  clock.advance(50)
  histogram.record(1)
  t.equal(sampler.sample(0).delay.max, 1, 'said once')
})

t.test('a block that the histogram has not recorded when it is read shows as time that is missing', async (t) => {
  const histogram = new FakeHistogram()
  let now = 5000
  const sampler = new EventLoopSampler({ clock: fakeClock(), histogram, realTime: () => now })
  for (let i = 0; i < 3; i++) histogram.record(0)
  now += 1050
  t.equal(Math.round(sampler.sample(44).delay.max), 1050 - 150 - 100, 'but for the first interval, which is never recorded, and the last, which is usual')
  for (let i = 0; i < 19; i++) histogram.record(1)
  now += 1040
  t.equal(sampler.sample(0).delay.max, 1, 'said once')
})

t.test('closing leaves no timer and no histogram', async (t) => {
  const { sampler, histogram, clock } = setup()
  t.equal(histogram.enabled, true)
  sampler.close()
  t.equal(histogram.enabled, false)
  t.equal(clock.pending, 0)
})
