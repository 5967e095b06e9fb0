import fc from 'fast-check'
import t from 'tap'
import { Alert } from '../src/alert.ts'
import type { AlertState } from '../src/alert.ts'

const TIMING = { forMs: 3000, keepFiringForMs: 5000, staleAfterMs: 20_000 }
const ACTIVE = { active: true }
const CALM = { active: false }

/** Steps a second apart: `A` active, `.` not, `?` without data. */
function states (alert: Alert, steps: string): AlertState[] {
  return [...steps].map((step, index) => {
    alert.step(1000 * (index + 1), step === '?' ? undefined : step === 'A' ? ACTIVE : CALM)
    return alert.state
  })
}

t.test('it is pending until the condition has held for long enough, then fires', async t => {
  t.same(states(new Alert(TIMING), 'AAAAA'), ['pending', 'pending', 'pending', 'firing', 'firing'])
})

t.test('a condition that ends while it is pending starts anew', async t => {
  t.same(states(new Alert(TIMING), 'AA.AAA').at(-1), 'pending')
})

t.test('it is kept firing after the condition has ended, and resolved when that has lasted', async t => {
  t.same(states(new Alert(TIMING), 'AAAA......').slice(3), ['firing', 'kept-firing', 'kept-firing', 'kept-firing', 'kept-firing', 'kept-firing', 'resolved'])
})

t.test('a condition that comes back while it is kept firing is the same firing, without a transition', async t => {
  const alert = new Alert(TIMING)
  states(alert, 'AAAA..')
  t.equal(alert.step(7000, ACTIVE), undefined)
  t.equal(alert.state, 'firing')
})

t.test('without data it neither fires nor is resolved; the time does not count', async t => {
  const alert = new Alert(TIMING)
  t.same(states(alert, 'AA????A').at(-1), 'pending')
  t.notOk(alert.noData)
  alert.step(8000, ACTIVE)
  t.equal(alert.state, 'pending')
  alert.step(9000, ACTIVE)
  t.equal(alert.state, 'firing')
  alert.step(10_000, undefined)
  t.ok(alert.firing && alert.noData)
})

t.test('what fires is given up when there was no data for very long, and a pending one is forgotten', async t => {
  const firing = new Alert(TIMING)
  states(firing, 'AAAA')
  t.equal(firing.step(23_000, undefined), undefined)
  t.equal(firing.step(24_000, undefined), 'resolved')
  const pending = new Alert(TIMING)
  states(pending, 'A')
  pending.step(21_000, undefined)
  t.equal(pending.state, 'inactive')
  const calm = new Alert(TIMING)
  t.equal(calm.step(50_000, undefined), undefined)
  const patient = new Alert({ ...TIMING, staleAfterMs: 0 })
  states(patient, 'AAAA')
  patient.step(1e9, undefined)
  t.ok(patient.firing)
})

t.test('in any history it fires only after `for` of data that all said so, and transitions come in order', async () => {
  fc.assert(fc.property(fc.array(fc.constantFrom('A', '.', '?'), { maxLength: 60 }), steps => {
    const alert = new Alert(TIMING)
    let last: string | undefined = 'resolved'
    let held = -1
    for (const [index, step] of steps.entries()) {
      held = step === 'A' ? held + 1 : step === '.' ? -1 : held
      const transition = alert.step(1000 * (index + 1), step === '?' ? undefined : step === 'A' ? ACTIVE : CALM)
      if (transition === 'firing') {
        if (last === 'firing' || held < 3) return false
        last = 'firing'
      }
      if (transition === 'resolved') {
        if (last !== 'firing') return false
        last = 'resolved'
      }
    }
    return true
  }), { numRuns: 500 })
})
