import t from 'tap'
import { fakeClock } from '@plimsoll/core/testing'
import type { Clock } from '@plimsoll/core'
import { callClockOf, CoarseClock, READS, TICK_MS } from '../src/call-clock.ts'

/** A clock that counts its readings, on fake time that may pass without a timer running. */
function countingClock (): { readonly clock: Clock, readonly time: ReturnType<typeof fakeClock>, readings: number, blockedFor: number } {
  const time = fakeClock()
  const counting = { time, readings: 0, blockedFor: 0, clock: { ...time, now: () => { counting.readings++; return time.now() + counting.blockedFor } } }
  return counting
}

t.test('readings share one look at the clock, at most so many', async (t) => {
  const counting = countingClock()
  const coarse = new CoarseClock(counting.clock)
  for (let reading = 0; reading < READS + 1; reading++) coarse.now()
  t.equal(counting.readings, 1)
  coarse.now()
  t.equal(counting.readings, 2)
})

t.test('it lags by no more than a tick while the loop turns', async (t) => {
  const time = fakeClock()
  const coarse = new CoarseClock(time)
  for (let ms = 0; ms < 200; ms++) {
    const lag = time.now() - coarse.now()
    t.ok(lag >= 0 && lag <= TICK_MS, `${lag} ms at ${ms}`)
    time.advance(1)
  }
})

t.test('while the loop stands still it is told the time by the number of readings', async (t) => {
  const counting = countingClock()
  const coarse = new CoarseClock(counting.clock)
  coarse.now()
  counting.blockedFor = 500
  t.equal(coarse.now(), 0, 'it lags')
  t.equal(coarse.exact(), 500, 'but not where something is decided')
  t.equal(coarse.now(), 500)
  counting.blockedFor = 900
  for (let reading = 0; reading < READS; reading++) coarse.now()
  t.equal(coarse.now(), 900)
})

t.test('the timer stops when nobody reads, and the next reading is true', async (t) => {
  const time = fakeClock()
  const coarse = new CoarseClock(time)
  t.equal(time.pending, 0)
  coarse.now()
  t.equal(time.pending, 1)
  time.advance(10 * TICK_MS)
  t.equal(time.pending, 0)
  time.advance(3_600_000)
  t.equal(coarse.now(), 3_600_000 + 10 * TICK_MS)
  t.equal(time.pending, 1)
})

t.test('it knows how long the loop stood still between two moments', async (t) => {
  const counting = countingClock()
  const { time } = counting
  const coarse = new CoarseClock(counting.clock)
  coarse.exact()
  time.advance(5)
  t.equal(coarse.standstill(0, 5), 0, 'a loop that turns')
  counting.blockedFor = 495
  t.equal(coarse.exact(), 500)
  t.equal(coarse.standstill(0, 500), 500 - TICK_MS, 'while the tick is overdue')
  t.equal(coarse.standstill(400, 500), 100)
  time.advance(5)
  t.equal(coarse.standstill(0, 505), 505 - TICK_MS, 'and after it has come')
  t.equal(coarse.standstill(505, 520), 0, 'of what came later')
})

t.test('breakers of one clock share one', async (t) => {
  const time = fakeClock()
  t.equal(callClockOf(time), callClockOf(time))
  t.not(callClockOf(time), callClockOf(fakeClock()))
})
