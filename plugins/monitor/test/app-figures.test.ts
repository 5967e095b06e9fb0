import type { MetricSource } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import t from 'tap'
import { AppFigures, MAX_FIGURES } from '../src/app-figures.ts'
import { ClassicBuckets } from '../src/classic-buckets.ts'

function setup (): { readonly figures: AppFigures, readonly clock: ReturnType<typeof fakeClock>, readonly metrics: MetricSource[] } {
  const clock = fakeClock()
  const metrics: MetricSource[] = []
  return { figures: new AppFigures({ clock, prefix: 'app', buckets: new ClassicBuckets([0.01, 0.1]), register: (source) => metrics.push(source) }), clock, metrics }
}

t.test('a timer times what is given, what is started, and what is run', async (t) => {
  const { figures, clock } = setup()
  const timer = figures.timer('render')
  figures.begin()
  timer.record(5)
  const stop = timer.start()
  clock.advance(7)
  t.equal(stop(), 7)
  clock.advance(100)
  t.equal(stop(), 7, 'once')
  t.equal(timer.time(() => { clock.advance(9); return 'done' }), 'done')
  t.throws(() => timer.time(() => { clock.advance(11); throw new Error('failed') }), { message: 'failed' })
  const pending = timer.time(async () => { await Promise.resolve(); clock.advance(13) })
  await pending
  await t.rejects(timer.time(async () => { await Promise.resolve(); clock.advance(15); throw new Error('late') }), { message: 'late' })
  t.match(figures.next(), [{ name: 'render', type: 'timer', value: 6, time: 60_000 }])
})

t.test('a counter grows only, a gauge is what was set last; windows begin at the first look', async (t) => {
  const { figures } = setup()
  const counter = figures.counter('orders')
  const gauge = figures.gauge('depth')
  counter.add(10)
  figures.begin()
  counter.add()
  counter.add(2.5)
  for (const wrong of [-1, 0, NaN, Infinity]) counter.add(wrong)
  gauge.set(4)
  gauge.set(3)
  t.equal(counter.value, 13.5)
  t.strictSame(figures.next().map(({ name, type, value }) => [name, type, value]), [['orders', 'counter', 3.5], ['depth', 'gauge', 3]])
  t.strictSame(figures.next().map(({ value }) => value), [0, 3])
  figures.end()
  t.strictSame(figures.next().map(({ value }) => value), [13.5, 3])
})

t.test('the same name is the same figure; of another type it is refused', async (t) => {
  const { figures, metrics } = setup()
  t.equal(figures.timer('a'), figures.timer('a'))
  t.equal(figures.counter('b'), figures.counter('b'))
  t.equal(figures.gauge('c'), figures.gauge('c'))
  t.strictSame(metrics.map(({ name, type }) => [name, type]), [['app_a_seconds', 'histogram'], ['app_b_total', 'counter'], ['app_c', 'gauge']])
  for (const clash of [() => figures.counter('a'), () => figures.gauge('b'), () => figures.timer('c')]) t.throws(clash, { code: 'PLM_MONITOR_INVALID_FIGURE' })
  t.equal(metrics.length, 3)
})

t.test('names are checked and bounded', async (t) => {
  const { figures } = setup()
  for (const name of ['', 'Upper', '1st', 'with space', 'x'.repeat(81), '__proto__']) t.throws(() => figures.counter(name), { code: 'PLM_MONITOR_INVALID_FIGURE' }, name)
  for (let i = 0; i < MAX_FIGURES; i++) figures.counter(`n${i}`)
  t.throws(() => figures.counter('one_more'), { code: 'PLM_MONITOR_INVALID_FIGURE', message: /number 501 of at most 500; are names made of ids/ })
  t.equal(figures.size, MAX_FIGURES)
})
