import type { Frame } from '@plimsoll/core'
import t from 'tap'
import { judge } from './traces/judge.ts'
import { decodeRecording, encodeRecording, RECORDED_SETS, recordedTraces } from './traces/recording.ts'
import { HELD_OUT_SEED, makeTraces, TUNED_SEED } from './traces/scenarios.ts'
import type { Trace } from './traces/trace.ts'

/** Of each hundred; `npm run faults -- alerts` judges them all. */
const EVERY = 7
/** Of each hundred that were recorded from plans; every other one has a fault. */
const EVERY_RECORDED = 5
/** In each of those sets. */
const RECORDED = 100

for (const [name, seed] of [['tuned', TUNED_SEED], ['held-out', HELD_OUT_SEED]] as const) {
  t.test(`no fault in the ${name} traces is missed, nothing healthy is alerted, and nobody is told twice`, async t => {
    const verdicts = makeTraces(seed, 100).filter((_, index) => index % EVERY === 0).map(judge)
    t.ok(verdicts.length >= 28)
    t.same(verdicts.filter(({ missed }) => missed).map(({ trace }) => trace.name), [])
    t.same(verdicts.flatMap(({ trace, falseAlerts }) => falseAlerts.map(alert => `${trace.name}: ${alert}`)), [])
    t.same(verdicts.flatMap(({ trace, flaps }) => flaps.map(rule => `${trace.name}: ${rule}`)), [])
  })
}

for (const set of RECORDED_SETS) {
  t.test(`no fault in the ${set} traces that were recorded from the showcase is missed, and nobody is told twice`, async t => {
    const traces = recordedTraces(set, EVERY_RECORDED)
    t.equal(traces.length, RECORDED / EVERY_RECORDED)
    const verdicts = traces.map(judge)
    t.same(verdicts.filter(({ missed }) => missed).map(({ trace }) => trace.name), [])
    t.same(verdicts.flatMap(({ trace, flaps }) => flaps.map(rule => `${trace.name}: ${rule}`)), [])
    const falseAlerts = verdicts.flatMap(({ trace, falseAlerts }) => falseAlerts.map(alert => `${trace.name}: ${alert}`))
    t.ok(falseAlerts.length <= 1, falseAlerts.join(', '))
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

t.test('a recording of a process and of the one that took over from it gives the frames of both, and the rules begin anew', async t => {
  const fault = makeTraces(TUNED_SEED, 10).find(({ kind }) => kind === 'errors')
  if (fault?.incident === undefined) throw new Error('there is one with errors')
  const { incident } = fault
  const frames = [...fault.frames()].slice(0, incident.from + 120)
  const seen = judge({ ...fault, frames: () => frames }).afterSeconds ?? 0
  // It takes over in the middle of `for`.
  const at = incident.from + Math.floor(seen) - 2
  const both = frames.map((frame, index) => index < at ? frame : { ...frame, instance: 'shop-b', sequence: index - at + 1 })
  const recorded = (frames: readonly Frame[]): Trace => decodeRecording('both', encodeRecording({ kind: 'errors', incident, may: [] }, frames))
  t.same([...recorded(both).frames()].map(({ clock, instance, sequence }) => [clock, instance, sequence]), both.map(({ clock, sequence }, index) => [clock, index < at ? 'shop-1' : 'shop-2', sequence]))
  t.equal(judge(recorded(frames)).afterSeconds, seen)
  t.ok((judge(recorded(both)).afterSeconds ?? 0) > seen, 'it has to be seen again')
})
