import t from 'tap'
import type { ComponentHealth } from '../src/component.ts'
import { Components } from '../src/components.ts'
import { Health, MAX_READINESS_CHECKS } from '../src/health.ts'
import { Journal } from '../src/journal.ts'
import { fakeClock } from '../src/testing/index.ts'
import type { FakeClock } from '../src/testing/index.ts'

interface Setup { clock: FakeClock, journal: Journal, components: Components, lifeCycle: { ready: boolean }, health: Health }

function setup (): Setup {
  const clock = fakeClock()
  const journal = new Journal({ clock })
  const components = new Components({ clock, journal })
  const lifeCycle = { ready: true }
  return { clock, journal, components, lifeCycle, health: new Health({ clock, journal, components, lifeCycle }) }
}

function add (components: Components, name: string, health: () => ComponentHealth): void {
  components.register({ kind: 'thing', name, snapshot: () => ({}), health })
}

// Lets promises that are settled be heard.
async function settle (): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve()
}

t.test('an application without components is live and ready', async (t) => {
  const { health } = setup()
  t.strictSame(health.report, { live: true, ready: true, degraded: false, reasons: [] })
  t.equal(health.ready, true)
})

t.test('degraded never turns readiness off, failing does', async (t) => {
  const { health, components, clock } = setup()
  let status: ComponentHealth['status'] = 'degraded'
  add(components, 'one', () => ({ status, reason: 'sheds 40 %' }))
  t.strictSame(health.report, { live: true, ready: true, degraded: true, reasons: [{ component: 'thing/one', status: 'degraded', reason: 'sheds 40 %' }] })
  status = 'failing'
  clock.advance(1000)
  t.match(health.report, { ready: false, degraded: true })
  t.equal(health.ready, false)
})

t.test('a component whose health throws degrades, and says why', async (t) => {
  const { health, components } = setup()
  add(components, 'one', () => { throw new Error('bug') })
  add(components, 'two', () => ({ status: 'degraded' }))
  t.match(health.report, { ready: true, reasons: [{ reason: 'health() threw: bug' }, { reason: 'no reason given' }] })
})

t.test('components are asked at most once a second, however often probes come', async (t) => {
  const { health, components, clock } = setup()
  let asked = 0
  add(components, 'one', () => { asked++; return { status: 'ok' } })
  for (let i = 0; i < 1000; i++) t.equal(health.ready || i, true)
  t.equal(asked, 1)
  clock.advance(1000)
  t.equal(health.ready, true)
  t.equal(asked, 2)
})

t.test('the very next probe after the drain has begun hears not ready', async (t) => {
  const { health, lifeCycle } = setup()
  t.equal(health.ready, true)
  lifeCycle.ready = false
  t.equal(health.ready, false)
  t.match(health.report, { ready: false, reasons: [{ component: 'life-cycle', status: 'failing' }] })
})

t.test('at most 100 reasons are told', async (t) => {
  const { health, components } = setup()
  for (let i = 0; i < 150; i++) add(components, `n${i}`, () => ({ status: 'degraded', reason: 'x' }))
  t.equal(health.report.reasons.length, 100)
})

t.test('without readiness checks there is no timer', async (t) => {
  const { health, clock } = setup()
  health.start()
  t.equal(clock.pending, 0)
  health.close()
})

t.test('a readiness check runs by its own timer, never for a probe, and counts as failed until it has passed', async (t) => {
  const { health, clock, journal } = setup()
  let runs = 0
  let answer: boolean | Error | undefined
  health.addCheck('database', async () => {
    runs++
    if (answer instanceof Error) throw answer
    return answer
  })
  t.match(health.report, { ready: false, reasons: [{ component: 'check/database', reason: 'not run yet' }] })
  t.equal(runs, 0)
  health.start()
  await settle()
  t.equal(health.ready, true)
  for (let i = 0; i < 100; i++) t.equal(health.ready, true)
  t.equal(runs, 1)
  t.equal(journal.latest, 0, 'the first pass is no news')
  answer = new Error('connection refused')
  clock.advance(5000)
  await settle()
  t.match(health.report, { ready: false, reasons: [{ reason: 'connection refused' }] })
  answer = false
  clock.advance(5000)
  await settle()
  t.match(health.report, { reasons: [{ reason: 'the check said no' }] })
  answer = true
  clock.advance(5000)
  await settle()
  clock.advance(5000)
  await settle()
  t.equal(health.ready, true)
  t.strictSame(journal.entries().map(({ event }) => event), ['check-failed', 'check-failed', 'check-passed'])
  health.close()
  t.equal(clock.pending, 0)
})

t.test('a check that throws at once is a failed check', async (t) => {
  const { health } = setup()
  health.addCheck('bad', () => { throw new Error('sync') })
  health.start()
  await settle()
  t.match(health.report.reasons, [{ reason: 'sync' }])
  health.close()
})

t.test('a check that hangs fails at its timeout, is told so, is not started again, and its late answer does not count', async (t) => {
  const { health, clock } = setup()
  const hang = Promise.withResolvers<boolean>()
  let runs = 0
  let signal: AbortSignal | undefined
  health.start()
  health.addCheck('slow', (given) => {
    runs++
    signal = given
    return hang.promise
  })
  clock.advance(2000)
  t.equal(signal?.aborted, true)
  t.match(health.report.reasons, [{ reason: 'no answer within 2000 ms' }])
  clock.advance(20_000)
  t.equal(runs, 1)
  hang.resolve(true)
  await settle()
  t.equal(health.ready, false, 'it answered for a moment that is long gone')
  clock.advance(3000)
  await settle()
  t.equal(runs, 2)
  t.equal(health.ready, true)
  health.close()
})

t.test('closing while a check runs leaves no timer', async (t) => {
  const { health, clock } = setup()
  health.addCheck('slow', () => new Promise(() => {}))
  health.addCheck('never run', () => {})
  health.start()
  t.equal(clock.pending, 3)
  health.close()
  t.equal(clock.pending, 0)
  health.addCheck('later', () => {})
  t.equal(clock.pending, 0, 'nor does a check that comes after')
})

t.test('checks have unique names, are bounded, and can leave', async (t) => {
  const { health } = setup()
  const leave = health.addCheck('one', () => {})
  t.throws(() => health.addCheck('one', () => {}), { code: 'PLM_CORE_REGISTRATION_INVALID' })
  leave()
  t.equal(health.ready, true)
  health.addCheck('one', () => {})
  leave()
  t.equal(health.ready, false, 'leaving twice does not throw the successor out')
  for (let i = 1; i < MAX_READINESS_CHECKS; i++) health.addCheck(`n${i}`, () => {})
  t.throws(() => health.addCheck('more', () => {}), { code: 'PLM_CORE_REGISTRATION_INVALID', message: /at most 50/ })
})
