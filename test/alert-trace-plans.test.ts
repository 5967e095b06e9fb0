import t from 'tap'
import { FAULTY } from './faults/alert-traces/faulty-plans.ts'
import { HEALTHY } from './faults/alert-traces/healthy-plans.ts'
import { makePlans } from './faults/alert-traces/make-plans.ts'
import type { Plan } from './faults/alert-traces/plan.ts'
import { predictedSeconds, Schedule } from './faults/alert-traces/schedule.ts'
import type { Limits } from './faults/alert-traces/schedule.ts'

const LIMITS: Limits = { atOnce: 26, cpu: 1.4, burning: 4, betweenStarts: 2 }

function plan (name: string, change: Partial<Plan> = {}): Plan {
  return { name, kind: 'steady', seed: 1, seconds: 100, streams: [], happenings: [], may: [], cpu: 0.1, burns: false, ...change }
}

t.test('plans follow from the seed alone, the first ones whatever their number', async t => {
  t.same(makePlans(7, 100), makePlans(7, 100))
  t.same(makePlans(7, 10), makePlans(7, 100).slice(0, 10))
  t.notSame(makePlans(7, 10), makePlans(8, 10))
})

t.test('of a hundred plans half have a fault, every kind is among them, and no two have the same name', async t => {
  const plans = makePlans(1, 100)
  t.equal(plans.filter(({ fires }) => fires !== undefined).length, 50)
  t.same(new Set(plans.map(({ kind }) => kind)), new Set([...Object.keys(FAULTY), ...Object.keys(HEALTHY)]))
  t.equal(new Set(plans.map(({ name }) => name)).size, 100)
})

t.test('a fault lasts until its rule has to have fired, and a trace until all that happens in it is over', async t => {
  for (const { name, seconds, happenings: [first, ...others], fires, streams } of [1, 2, 3].flatMap(seed => makePlans(seed, 100))) {
    if (fires !== undefined) {
      t.ok(first !== undefined && first.until - first.from >= fires.within, name)
      t.equal(others.length, 0, name)
    }
    for (const { from, until } of [...first === undefined ? [] : [first], ...others]) t.ok(from >= 0 && until > from && until + 10 <= seconds, name)
    const longest = Math.max(...streams.map(({ phases }) => phases.reduce((sum, phase) => sum + phase.seconds, 0)))
    t.ok(longest >= seconds, `${name}: customers come until its end`)
  }
})

t.test('what has to be learned is given the time for it', async t => {
  for (const { name, happenings: [fault], fires, streams } of [1, 2, 3].flatMap(seed => makePlans(seed, 100))) {
    if (fires === undefined || fault === undefined) continue
    if (fires.rule === 'latency-threshold') t.ok(fault.from > 305, name)
    if (fires.rule === 'rps-drop') t.ok(fault.from > 720, name)
    if (['event-loop-stall', 'gc-pause'].includes(fires.rule)) t.ok(fault.from > 60, name)
    t.ok((streams[0]?.phases[0]?.rate ?? 0) >= 8, `${name}: enough requests`)
  }
})

t.test('a schedule records each plan once, and never more than its limits at once', async t => {
  const plans = [1, 2].flatMap(seed => makePlans(seed, 100))
  const schedule = new Schedule(plans, LIMITS)
  const running = new Map<Plan, number>()
  const begun: Plan[] = []
  let lastStart = -Infinity
  for (let now = 0; !schedule.done; now += 0.5) {
    for (const [plan, until] of running) {
      if (until > now) continue
      running.delete(plan)
      schedule.ended(plan)
    }
    const next = schedule.next(now)
    if (next === undefined) continue
    if (now - lastStart < LIMITS.betweenStarts) t.fail(`a start at ${lastStart}, and one at ${now}`)
    lastStart = now
    begun.push(next)
    running.set(next, now + next.seconds)
    const present = [...running.keys()]
    if (present.length > LIMITS.atOnce || present.filter(({ burns }) => burns).length > LIMITS.burning || present.reduce((sum, { cpu }) => sum + cpu, 0) > LIMITS.cpu) t.fail(`too much at ${now}`)
  }
  t.equal(begun.length, plans.length)
  t.same(new Set(begun), new Set(plans))
})

t.test('two hundred plans take little longer than they would without a gap', async t => {
  const plans = [1, 2].flatMap(seed => makePlans(seed, 100))
  const most = Math.max(
    plans.reduce((sum, { seconds }) => sum + seconds, 0) / LIMITS.atOnce,
    plans.filter(({ burns }) => burns).reduce((sum, { seconds }) => sum + seconds, 0) / LIMITS.burning,
    plans.reduce((sum, { seconds, cpu }) => sum + seconds * cpu, 0) / LIMITS.cpu
  )
  t.ok(predictedSeconds(plans, LIMITS, 0) < 1.1 * most + 60)
})

t.test('those that burn begin first, then the longest; what is too much for the limits runs alone', async t => {
  const [short, long, burning, heavy] = [plan('short'), plan('long', { seconds: 300 }), plan('burning', { burns: true }), plan('heavy', { cpu: 5 })]
  const schedule = new Schedule([short, heavy, long, burning], { atOnce: 2, cpu: 1, burning: 1, betweenStarts: 2 })
  t.equal(schedule.next(0), burning)
  t.equal(schedule.next(1), undefined, 'too soon after the last start')
  t.equal(schedule.next(2), long)
  t.equal(schedule.next(4), undefined, 'two run already')
  schedule.ended(burning)
  t.equal(schedule.next(6), short)
  schedule.ended(long)
  t.equal(schedule.next(8), undefined, 'heavy waits until nothing else runs')
  t.equal(schedule.running, 1)
  t.equal(schedule.waiting, 1)
  schedule.ended(short)
  t.equal(schedule.next(10), heavy)
  schedule.ended(heavy)
  t.ok(schedule.done)
})
