import t from 'tap'
import { fakeClock } from '@plimsoll/core/testing'

t.test('time stands still until it is told to move', async (t) => {
  const clock = fakeClock({ now: 1_000, wallTime: 5_000 })
  t.equal(clock.now(), 1_000)
  clock.advance(250)
  t.equal(clock.now(), 1_250)
  t.equal(clock.wallTime(), 5_250)
  t.equal(fakeClock().now(), 0)
})

t.test('timers fire in the order of their time, each at its own moment', async (t) => {
  const clock = fakeClock()
  const fired: Array<readonly [string, number]> = []
  const tell = (name: string) => () => { fired.push([name, clock.now()]) }
  clock.after(30, tell('c'))
  clock.after(10, tell('a'))
  clock.every(20, tell('each 20'))
  clock.after(30, tell('d'))
  clock.after(10, () => { clock.after(5, tell('b')) })
  t.equal(clock.pending, 5)
  clock.advance(40)
  t.strictSame(fired, [['a', 10], ['b', 15], ['each 20', 20], ['c', 30], ['d', 30], ['each 20', 40]])
  t.equal(clock.pending, 1)
})

t.test('a timer is cancelled, and begun anew', async (t) => {
  const clock = fakeClock()
  let fired = 0
  const once = clock.after(10, () => { fired++ })
  const cancelled = clock.every(1, () => { t.fail('it was cancelled') })
  cancelled.cancel()
  clock.advance(9)
  once.refresh()
  clock.advance(9)
  t.equal(fired, 0)
  clock.advance(1)
  t.equal(fired, 1)
  once.refresh()
  clock.advance(10)
  t.equal(fired, 2)
})

t.test('an interval that cancels itself ends, and none is shorter than a millisecond', async (t) => {
  const clock = fakeClock()
  let runs = 0
  const timer = clock.every(0, () => { if (++runs === 3) timer.cancel() })
  clock.advance(100)
  t.equal(runs, 3)
})

t.test('randomness is that of its seed', async (t) => {
  const draw = (seed: number): number[] => {
    const { random } = fakeClock({ seed })
    return Array.from({ length: 10_000 }, random)
  }
  t.equal(String(draw(7)), String(draw(7)))
  t.not(String(draw(7)), String(draw(8)))
  t.ok(draw(1).every(number => number >= 0 && number < 1))
  const mean = draw(1).reduce((sum, number) => sum + number, 0) / 10_000
  t.ok(Math.abs(mean - 0.5) < 0.02, `mean ${mean}`)
})
