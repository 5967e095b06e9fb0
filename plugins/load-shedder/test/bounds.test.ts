import type { JournalEvent, RequestScope } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import t from 'tap'
import { GateStats } from '../src/gate-stats.ts'
import { RefusalJournal } from '../src/refusal-journal.ts'
import { Refusals } from '../src/refusals.ts'

t.test('a refusal is made once a reason; a strategy that makes a reason a request gets "other"', async t => {
  const refusals = new Refusals(() => 3)
  t.equal(refusals.of('threshold'), refusals.of('threshold'))
  t.match(refusals.of('threshold'), { by: 'load-shedder', reason: 'threshold', status: 503 })
  t.equal(refusals.of('threshold').retryAfter(), 3)
  for (let i = 0; i < 1000; i++) refusals.of(`reason ${i}`)
  t.equal(refusals.of('reason 999').reason, 'other')
  t.equal(refusals.of('one more'), refusals.of('yet another'))
})

t.test('at most 64 reasons are counted apart', async t => {
  const stats = new GateStats()
  for (let i = 0; i < 1000; i++) stats.countRefusal(stats.refused, 3, `reason ${i}`, 0)
  t.ok(stats.byReason.size <= 65)
  t.equal(stats.byReason.get('other'), 1000 - 64)
  t.equal(stats.refused[3], 1000)
})

t.test('requests served in the last second are counted over pauses of any length', async t => {
  const stats = new GateStats()
  for (let now = 10_000; now < 11_000; now += 10) stats.countFinish(3, now, true)
  stats.countFinish(3, 10_995, false)
  t.equal(stats.finishedPerSecond(10_999), 100)
  t.equal(stats.finishedPerSecond(11_450), 50)
  t.equal(stats.finishedPerSecond(500_000), 0)
})

t.test('the journal gets one entry in ten seconds and reason, with the number since the last, whatever the headers are', async t => {
  const clock = fakeClock()
  const events: JournalEvent[] = []
  const journal = new RefusalJournal({ clock, record: event => events.push(event) })
  const figures = { waitedMs: 1.25, queued: 2, inFlight: 3, dryRun: false, className: 'normal' }
  const bare: unknown = { req: { headers: { 'x-request-id': ['a', 'b'] }, method: 'GET', url: `/${'x'.repeat(10_000)}` } }
  const scope = bare as RequestScope
  const refuse = (reason: string): void => journal.refused(scope, { by: 'load-shedder', reason, status: 503, retryAfter: () => 1 }, figures)
  for (let i = 0; i < 50; i++) refuse('threshold')
  clock.advance(10_000)
  refuse('threshold')
  t.strictSame(events.map(({ data }) => data?.['count']), [1, 50])
  t.match(events[0]?.message, /1 refused \(threshold\).*normal, after 1\.3 ms, with 3 in flight and 2 queued/)
  t.equal(String(events[0]?.data?.['request']).length, 200)
  t.equal(events[0]?.data?.['requestId'], '')
  for (let i = 0; i < 1000; i++) refuse(`reason ${i}`)
  t.ok(events.length < 70)
})
