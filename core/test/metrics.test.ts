import t from 'tap'
import type { MetricSource } from '../src/metric-source.ts'
import { Journal } from '../src/journal.ts'
import { MAX_METRICS, Metrics } from '../src/metrics.ts'
import { fakeClock } from '../src/testing/index.ts'

interface Setup { clock: ReturnType<typeof fakeClock>, journal: Journal, metrics: Metrics, turns: () => number }

function setup (): Setup {
  const clock = fakeClock()
  const journal = new Journal({ clock })
  let turns = 0
  return { clock, journal, metrics: new Metrics({ clock, journal, turn: async () => { turns++ } }), turns: () => turns }
}

function gauge (more: Partial<MetricSource> = {}): MetricSource {
  return { name: 'plimsoll_test_size_bytes', help: 'A size', type: 'gauge', collect: (report) => report.value(1), ...more }
}

async function textOf (metrics: Metrics): Promise<string> {
  let text = ''
  for await (const piece of metrics.render()) text += piece
  return text.replace(/# HELP plimsoll_core_metric_dropped[^]*failures_total \d+\n/, '')
}

t.test('counters, gauges and histograms are rendered as Prometheus text', async (t) => {
  const { metrics } = setup()
  metrics.register(gauge())
  metrics.register(gauge({ name: 'plimsoll_test_things_total', type: 'counter', labels: ['kind', 'reason'], collect (report) { report.value(2, 'a', 'x'); report.value(0.5, 'b', 'y') } }))
  metrics.register(gauge({ name: 'plimsoll_test_wait_seconds', type: 'histogram', bounds: [0.1, 1], collect: (report) => report.distribution([3, 2, 1], 4.5) }))
  metrics.register(gauge({ name: 'plimsoll_test_other_seconds', type: 'histogram', bounds: [5], labels: ['route'], collect: (report) => report.distribution(new Uint32Array([1, 1]), 10, '/a') }))
  t.equal(await textOf(metrics), `# HELP plimsoll_test_size_bytes A size
# TYPE plimsoll_test_size_bytes gauge
plimsoll_test_size_bytes 1
# HELP plimsoll_test_things_total A size
# TYPE plimsoll_test_things_total counter
plimsoll_test_things_total{kind="a",reason="x"} 2
plimsoll_test_things_total{kind="b",reason="y"} 0.5
# HELP plimsoll_test_wait_seconds A size
# TYPE plimsoll_test_wait_seconds histogram
plimsoll_test_wait_seconds_bucket{le="0.1"} 3
plimsoll_test_wait_seconds_bucket{le="1"} 5
plimsoll_test_wait_seconds_bucket{le="+Inf"} 6
plimsoll_test_wait_seconds_sum 4.5
plimsoll_test_wait_seconds_count 6
# HELP plimsoll_test_other_seconds A size
# TYPE plimsoll_test_other_seconds histogram
plimsoll_test_other_seconds_bucket{route="/a",le="5"} 1
plimsoll_test_other_seconds_bucket{route="/a",le="+Inf"} 2
plimsoll_test_other_seconds_sum{route="/a"} 10
plimsoll_test_other_seconds_count{route="/a"} 2
`)
})

t.test('hostile label values and helps can not break out of their line, and numbers have Prometheus\' spelling', async (t) => {
  const { metrics } = setup()
  metrics.register(gauge({
    help: 'back\\slash and\nline',
    labels: ['x'],
    collect (report) {
      report.value(NaN, 'quote " back \\ line \n end')
      report.value(Infinity, 'a')
      report.value(-Infinity, 'b')
    }
  }))
  t.equal(await textOf(metrics), '# HELP plimsoll_test_size_bytes back\\\\slash and\\nline\n# TYPE plimsoll_test_size_bytes gauge\n' +
    'plimsoll_test_size_bytes{x="quote \\" back \\\\ line \\n end"} NaN\nplimsoll_test_size_bytes{x="a"} +Inf\nplimsoll_test_size_bytes{x="b"} -Inf\n')
})

t.test('a metric without series is left out', async (t) => {
  const { metrics } = setup()
  metrics.register(gauge({ collect () {} }))
  t.equal(await textOf(metrics), '')
})

t.test('a plugin that is not Plimsoll\'s has names of its own, under Prometheus\' rules', async (t) => {
  const { metrics } = setup()
  metrics.register(gauge({ name: 'oven_baking' }))
  metrics.register(gauge({ name: 'mail_queue_sent_mails_total', type: 'counter' }))
  t.match(await textOf(metrics), /^oven_baking 1\n[^]*^mail_queue_sent_mails_total 1\n/m)
})

t.test('names and shapes that Prometheus or its linter refuse are refused at register', async (t) => {
  const { metrics } = setup()
  const wrong: ReadonlyArray<readonly [Partial<MetricSource>, RegExp]> = [
    [{ name: 'plimsoll_test_bytes' }, /plimsoll_<package>.* such as plimsoll_mail_queue_sent_mails_total$/],
    [{ name: 'plimsoll_test__bytes' }, /plimsoll_<package>/],
    [{ name: 'plimsoll_test_Size_bytes' }, /a-z, 0-9 and _.* such as mail_queue_sent_mails_total$/],
    [{ name: '_mails' }, /beginning with a letter/],
    [{ name: 'mails:sent' }, /a-z, 0-9 and _/],
    [{ name: 'requests_total' }, /_total/],
    [{ name: 'mail_queue_wait_ms' }, /base units/],
    [{ name: 'mail_queue_wait_s' }, /base units/],
    [{ name: `plimsoll_test_${'x'.repeat(150)}_bytes` }, /150 characters/],
    [{ name: 'plimsoll_test_wait_ms' }, /base units/],
    [{ name: 'plimsoll_test_size_kilobytes_total', type: 'counter' }, /base units/],
    [{ name: 'plimsoll_test_request_count' }, /keeps for itself/],
    [{ name: 'plimsoll_test_things_total' }, /_total/],
    [{ name: 'plimsoll_test_things_seconds', type: 'counter' }, /_total/],
    [{ help: ' ' }, /help/],
    [{ help: 'x'.repeat(501) }, /help/],
    [{ labels: ['a', 'a'] }, /twice/],
    [{ labels: 'abcdefghijk'.split('') }, /more than 10/],
    [{ labels: ['le'] }, /label/],
    [{ labels: ['__proto__'] }, /label/],
    [{ bounds: [1] }, /bounds/],
    [{ type: 'histogram' }, /bounds/],
    [{ type: 'histogram', bounds: [1, 1] }, /ascending/],
    [{ type: 'histogram', bounds: [1, Infinity] }, /finite/],
    [{ type: 'histogram', bounds: Array.from({ length: 201 }, (_, i) => i) }, /200/]
  ]
  for (const [more, message] of wrong) t.throws(() => metrics.register(gauge(more)), { code: 'PLM_CORE_REGISTRATION_INVALID', message })
  metrics.register(gauge())
  t.throws(() => metrics.register(gauge()), { message: /exists already/ })
})

t.test('metrics are bounded in number and can leave', async (t) => {
  const { metrics } = setup()
  const source = gauge()
  const leave = metrics.register(source)
  leave()
  metrics.register(gauge())
  leave()
  t.match(await textOf(metrics), /plimsoll_test_size_bytes 1/, 'leaving twice does not throw the successor out')
  for (let i = 3; i < MAX_METRICS; i++) metrics.register(gauge({ name: `plimsoll_test_n${i}_bytes` }))
  t.throws(() => metrics.register(gauge({ name: 'plimsoll_test_more_bytes' })), { code: 'PLM_CORE_REGISTRATION_INVALID', message: /number 1001/ })
})

t.test('a flood of series is cut off and counted, and so is what would make Prometheus throw the scrape away', async (t) => {
  const { metrics } = setup()
  metrics.register(gauge({ labels: ['path'], collect (report) { for (let i = 0; i < 100_000; i++) report.value(i, `/${i}`) } }))
  metrics.register(gauge({ name: 'plimsoll_test_odd_bytes', labels: ['a'], collect (report) { report.value(1, 'x'); report.value(2, 'x'); report.value(3); report.distribution([1], 1, 'y') } }))
  metrics.register(gauge({ name: 'plimsoll_test_odd_seconds', type: 'histogram', bounds: [1], collect (report) { report.distribution([1], 1); report.value(1) } }))
  metrics.register(gauge({ name: 'plimsoll_test_long_bytes', labels: ['a'], collect (report) { report.value(1, 'x'.repeat(1e6)) } }))
  const text = await textOf(metrics)
  t.equal(text.match(/^plimsoll_test_size_bytes\{/gm)?.length, 10_000)
  t.equal(text.match(/^plimsoll_test_odd/gm)?.length, 1)
  t.ok(text.length < 600_000)
  let dropped = ''
  for await (const piece of metrics.render()) dropped += piece
  t.match(dropped, /dropped_series_total 90005\n/)
})

t.test('a metric that throws is left out, the rest is served, and it is said once', async (t) => {
  const { metrics, journal } = setup()
  metrics.register(gauge({ name: 'plimsoll_test_bad_bytes', collect () { throw new Error('bug') } }))
  metrics.register(gauge())
  t.match(await textOf(metrics), /^# HELP plimsoll_test_size_bytes/)
  await textOf(metrics)
  t.match(journal.entries(), [{ event: 'metric-failed', message: 'metric plimsoll_test_bad_bytes could not be read: bug' }])
  t.equal(journal.latest, 1)
})

t.test('rendering gives the loop a turn every 2 ms, and a metric is not torn by what happens in between', async (t) => {
  const { metrics, clock, turns } = setup()
  // Every look at the clock takes 1 ms: one series costs that much.
  const now = clock.now
  let looks = 0
  clock.now = () => now() + looks++
  const counts = new Float64Array([1, 0])
  let sum = 1
  metrics.register(gauge({
    name: 'plimsoll_test_wait_seconds',
    type: 'histogram',
    labels: ['n'],
    bounds: [1],
    collect (report) { for (let i = 0; i < 10; i++) report.distribution(counts, sum, String(i)) }
  }))
  let text = ''
  for await (const piece of metrics.render()) {
    text += piece
    counts[0]!++
    sum++
  }
  t.ok(turns() >= 3)
  const values = text.match(/(?<=seconds_(?:count|sum)\{n="\d"\} )\d+/g) ?? []
  t.equal(values.length, 20)
  t.equal(new Set(values).size, 1, 'one moment for all series, sums and buckets')
})

t.test('a metric is read early in a slice, since nothing interrupts that', async (t) => {
  const { metrics, clock, turns } = setup()
  const turnsAtReading: number[] = []
  for (const [index, ms] of [0.5, 1, 0.5, 0.2].entries()) {
    metrics.register(gauge({ name: `plimsoll_test_size${index}_bytes`, collect (report) { turnsAtReading.push(turns()); clock.advance(ms); report.value(1) } }))
  }
  t.match(await textOf(metrics), /size0[^]*size1[^]*size2[^]*size3_bytes 1/)
  t.strictSame(turnsAtReading, [0, 0, 1, 1])
})

t.test('a metric of many series reports them in steps, between which the loop has turns', async (t) => {
  const { metrics, clock, turns } = setup()
  const turnsAtReading: number[] = []
  metrics.register(gauge({
    labels: ['n'],
    * collect (report) {
      for (let n = 0; n < 5; n++) {
        turnsAtReading.push(turns())
        clock.advance(1.5)
        report.value(n, `${n}`)
        yield
      }
    }
  }))
  t.match(await textOf(metrics), /n="0"[^]*n="4"} 4/)
  t.strictSame(turnsAtReading, [0, 0, 1, 1, 2])
  const registered: Array<{ get (): Promise<unknown> }> = []
  metrics.bindTo({ registerMetric: (metric) => { registered.push(metric) } })
  t.match(await registered.at(-1)?.get(), { values: [{ value: 0 }, { value: 1 }, { value: 2 }, { value: 3 }, { value: 4 }] })
})

t.test('what a slow reader has not taken is not rendered ahead', async (t) => {
  const { metrics, turns } = setup()
  let collected = 0
  for (let i = 0; i < 4; i++) {
    metrics.register(gauge({ name: `plimsoll_test_n${i}_bytes`, labels: ['x'], collect (report) { collected++; for (let n = 0; n < 1000; n++) report.value(n, `${n}`.padStart(100, 'x')) } }))
  }
  const reader = metrics.render()
  await reader.next()
  t.equal(collected, 1)
  await reader.return(undefined)
  t.equal(collected, 1)
  t.equal(turns(), 0, 'a piece that is full is handed over without a turn')
})

t.test('without a say in it, turns are the event loop\'s', async (t) => {
  const clock = fakeClock()
  let looks = 0
  clock.now = () => looks++
  const metrics = new Metrics({ clock, journal: new Journal({ clock }) })
  let turned = false
  setImmediate(() => { turned = true })
  metrics.register(gauge({ labels: ['x'], collect (report) { for (let n = 0; n < 10; n++) report.value(n, `${n}`) } }))
  await textOf(metrics)
  t.equal(turned, true)
})
