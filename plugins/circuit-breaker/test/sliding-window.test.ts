import fc from 'fast-check'
import t from 'tap'
import type { CallClock } from '../src/call-clock.ts'
import { CountWindow } from '../src/count-window.ts'
import { slidingWindow } from '../src/sliding-window.ts'
import { TimeWindow } from '../src/time-window.ts'

function clockAt (start: number): CallClock & { at: number } {
  const clock = { at: start, now: () => clock.at, exact: () => clock.at, standstill: () => 0 }
  return clock
}

const outcome = fc.record({ failed: fc.boolean(), slow: fc.boolean(), gap: fc.integer({ min: 0, max: 4000 }) })
const totals = (calls: ReadonlyArray<{ readonly failed: boolean, readonly slow: boolean }>): object => ({
  calls: calls.length, failures: calls.filter(({ failed }) => failed).length, slow: calls.filter(({ slow }) => slow).length
})
const seen = ({ calls, failures, slow }: { readonly calls: number, readonly failures: number, readonly slow: number }): object => ({ calls, failures, slow })

t.test('a count window holds the last calls and no other', async (t) => {
  fc.assert(fc.property(fc.array(outcome, { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (calls, size) => {
    const window = new CountWindow(size)
    for (const { failed, slow } of calls) window.record(failed, slow)
    window.refresh()
    t.same(seen(window), totals(calls.slice(-size)))
    window.clear()
    t.same(seen(window), totals([]))
    for (const { failed, slow } of calls) window.record(failed, slow)
    t.same(seen(window), totals(calls.slice(-size)), 'what was there before it was cleared is gone')
  }), { numRuns: 50 })
})

t.test('a time window holds the calls of its ten parts and no other', async (t) => {
  fc.assert(fc.property(fc.array(outcome, { maxLength: 60 }), calls => {
    const clock = clockAt(7)
    const window = new TimeWindow(10_000, clock)
    const made: Array<{ readonly failed: boolean, readonly slow: boolean, readonly part: number }> = []
    for (const { failed, slow, gap } of calls) {
      clock.at += gap
      window.record(failed, slow)
      made.push({ failed, slow, part: Math.floor((clock.at - 7) / 1000) })
    }
    window.refresh()
    const now = Math.floor((clock.at - 7) / 1000)
    t.same(seen(window), totals(made.filter(({ part }) => part > now - 10)))
    clock.at += 20_000
    window.refresh()
    t.same(seen(window), totals([]))
    window.clear()
    window.record(true, true)
    t.same(seen(window), { calls: 1, failures: 1, slow: 1 })
  }), { numRuns: 50 })
})

t.test('a million calls in a window take no more memory than one', async (t) => {
  const clock = clockAt(0)
  const window = slidingWindow({ slidingWindowType: 'time', slidingWindowSize: undefined }, clock)
  for (let call = 0; call < 1_000_000; call++) window.record(call % 2 === 0, false)
  t.match(window, { calls: 1_000_000, failures: 500_000 })
  t.ok(window instanceof TimeWindow)
  t.ok(slidingWindow({ slidingWindowType: 'count', slidingWindowSize: undefined }, clock) instanceof CountWindow)
})
