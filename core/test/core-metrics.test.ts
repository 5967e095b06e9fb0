import t from 'tap'
import { Components } from '../src/components.ts'
import { registerCoreMetrics, SCRAPE_LEASE } from '../src/core-metrics.ts'
import { Journal } from '../src/journal.ts'
import { Metrics } from '../src/metrics.ts'
import { RefusalCounter } from '../src/refusal-counter.ts'
import type { Refusal } from '../src/refusal.ts'
import { fakeClock } from '../src/testing/index.ts'
import { Vitals } from '../src/vitals/vitals.ts'
import { cgroupFixture } from './vitals/cgroup-fixture.ts'

function refusal (by: string, reason: string): Refusal {
  return { by, reason, status: 503, retryAfter: () => 1 }
}

async function textOf (metrics: Metrics): Promise<string> {
  let text = ''
  for await (const piece of metrics.render()) text += piece
  return text
}

t.test('core tells of its own: requests, refusals, journal, components, admin, and vitals while they are sampled', async (t) => {
  const clock = fakeClock()
  const journal = new Journal({ clock })
  const metrics = new Metrics({ clock, journal })
  const components = new Components({ clock, journal })
  const vitals = new Vitals({ clock, read: cgroupFixture('none').read, listenerFailed: () => t.fail('nobody throws') })
  const refusals = new RefusalCounter()
  registerCoreMetrics({ metrics, vitals, journal, components, refusals, scopes: { inFlight: 3, leased: 2, streams: 1 }, admin: { refused: { unauthenticated: 4, forbidden: 5 } } })
  components.register({ kind: 'thing', name: 'one', snapshot: () => ({}), health: () => ({ status: 'degraded', reason: 'x' }) })
  journal.record({ component: 'x', event: 'y', message: 'z', severity: 'warning' })
  refusals.count(refusal('load-shedder', 'queue-full'))
  const text = await textOf(metrics)
  for (const line of [
    'plimsoll_core_in_flight_requests 3',
    'plimsoll_core_leased_requests 2',
    'plimsoll_core_open_streams 1',
    'plimsoll_core_refused_requests_total{component="load-shedder",reason="queue-full"} 1',
    'plimsoll_core_journal_entries_total{severity="warning"} 1',
    'plimsoll_core_component_health_status{kind="thing",name="one"} 1',
    'plimsoll_core_admin_refused_requests_total{reason="unauthenticated"} 4'
  ]) t.ok(text.includes(`\n${line}\n`), line)
  t.notMatch(text, /event_loop|heap/, 'no vitals yet: this scrape begins the sampling')
  t.teardown(() => vitals.close())
  clock.advance(1000)
  const sampled = await textOf(metrics)
  t.match(sampled, /plimsoll_core_event_loop_utilization_ratio \d/)
  t.match(sampled, /plimsoll_core_event_loop_delay_seconds\{statistic="p99"\} \d/)
  t.notMatch(sampled, /cgroup_usage/, 'what there is not is left out')
  t.notMatch(sampled, /NaN/)

  clock.advance((SCRAPE_LEASE - 1) * 1000)
  await textOf(metrics)
  clock.advance((SCRAPE_LEASE - 1) * 1000)
  t.not(vitals.latest, undefined, 'sampled as long as somebody scrapes')
  clock.advance(1000)
  t.equal(clock.pending, 0, 'and no longer than five minutes after')
  await textOf(metrics)
  clock.advance(1000)
  t.match(await textOf(metrics), /event_loop/, 'a scraper that comes back begins it anew')
})

t.test('in a limited cgroup its usage is told as well', async (t) => {
  const clock = fakeClock()
  const journal = new Journal({ clock })
  const metrics = new Metrics({ clock, journal })
  const vitals = new Vitals({ clock, read: cgroupFixture('v1-container').read, listenerFailed: () => t.fail('nobody throws') })
  registerCoreMetrics({ metrics, vitals, journal, components: new Components({ clock, journal }), refusals: new RefusalCounter(), scopes: { inFlight: 0, leased: 0, streams: 0 }, admin: { refused: { unauthenticated: 0, forbidden: 0 } } })
  t.teardown(() => vitals.close())
  await textOf(metrics)
  clock.advance(1000)
  t.match(await textOf(metrics), /plimsoll_core_memory_cgroup_usage_bytes 140000000\n/)
})

t.test('refusals are counted by component and reason, however many objects say the same', async (t) => {
  const refusals = new RefusalCounter()
  const full = refusal('load-shedder', 'queue-full')
  refusals.count(full)
  refusals.count(full)
  refusals.count(refusal('load-shedder', 'queue-full'))
  refusals.count(refusal('rate-limiter', 'limit'))
  const series: unknown[] = []
  refusals.collect({ value: (...one) => { series.push(one) }, distribution () {} })
  t.strictSame(series, [[3, 'load-shedder', 'queue-full'], [1, 'rate-limiter', 'limit']])
  t.equal(refusals.total, 4)
})

t.test('refusals that are made per request do not grow the table', async (t) => {
  const refusals = new RefusalCounter()
  for (let i = 0; i < 100_000; i++) refusals.count(refusal('bad', `reason ${i}`))
  const series: unknown[][] = []
  refusals.collect({ value: (...one) => { series.push(one) }, distribution () {} })
  t.equal(series.length, 201)
  t.strictSame(series.at(-1), [99_800, 'other', 'other'])
  t.equal(refusals.total, 100_000)
})
