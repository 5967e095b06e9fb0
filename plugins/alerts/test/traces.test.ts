import t from 'tap'
import { judge } from './traces/judge.ts'
import { recordedTraces } from './traces/recording.ts'
import { HELD_OUT_SEED, makeTraces, TUNED_SEED } from './traces/scenarios.ts'

/** Of each hundred; `npm run faults -- alerts` judges them all. */
const EVERY = 7

for (const [name, seed] of [['tuned', TUNED_SEED], ['held-out', HELD_OUT_SEED]] as const) {
  t.test(`no fault in the ${name} traces is missed, nothing healthy is alerted, and nobody is told twice`, async t => {
    const verdicts = makeTraces(seed, 100).filter((_, index) => index % EVERY === 0).map(judge)
    t.ok(verdicts.length >= 28)
    t.same(verdicts.filter(({ missed }) => missed).map(({ trace }) => trace.name), [])
    t.same(verdicts.flatMap(({ trace, falseAlerts }) => falseAlerts.map(alert => `${trace.name}: ${alert}`)), [])
    t.same(verdicts.flatMap(({ trace, flaps }) => flaps.map(rule => `${trace.name}: ${rule}`)), [])
  })
}

t.test('what was recorded from the showcase: each of its faults is found, and nothing else is told', async t => {
  const traces = recordedTraces()
  const kinds = traces.map(({ kind }) => kind)
  for (const kind of ['healthy', 'cold-start', 'overload', 'idle', 'latency', 'errors', 'leak', 'stall']) t.ok(kinds.includes(kind), kind)
  for (const verdict of traces.map(judge)) {
    const { trace, frames, missed, falseAlerts, flaps } = verdict
    t.ok(frames >= 60, `${trace.name}: ${frames} frames`)
    t.same({ missed, falseAlerts, flaps }, { missed: false, falseAlerts: [], flaps: [] }, trace.name)
  }
})

t.test('the judge finds an alert that is missing and one that nothing accounts for', async t => {
  const [fault] = makeTraces(TUNED_SEED, 1)
  if (fault?.incident === undefined) throw new Error('the first has a fault')
  t.ok(judge({ ...fault, incident: { ...fault.incident, rule: 'connection-pool-exhaustion', also: [] } }).missed)
  t.ok(judge({ ...fault, incident: undefined }).falseAlerts.length > 0)
})
