import t from 'tap'
import type { Clock } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import { Deadline, Deadlines, deadlinesOf } from '../src/deadlines.ts'

class Probe extends Deadline {
  expired = 0
  then: (() => void) | undefined
  expire (): void {
    this.expired++
    this.then?.()
  }
}

/** `count` deadlines of `ms`. */
function add (deadlines: Deadlines, ms: number, count: number): Probe[] {
  const probes = Array.from({ length: count }, () => new Probe())
  for (const probe of probes) deadlines.add(probe, ms)
  return probes
}

const expired = (probes: readonly Probe[]): number[] => probes.map(probe => probe.expired)

t.test('each expires at its time, and one that was removed does not, wherever it stands', async (t) => {
  for (const removed of [0, 1, 2]) {
    const clock = fakeClock()
    const deadlines = new Deadlines(clock)
    const probes = add(deadlines, 100, 3)
    deadlines.remove(probes[removed]!)
    deadlines.remove(probes[removed]!)
    clock.advance(99)
    t.same(expired(probes), [0, 0, 0])
    clock.advance(1)
    t.same(expired(probes), [1, 1, 1].map((one, at) => at === removed ? 0 : one))
  }
})

t.test('one timer serves all deadlines of a length, and is gone with them', async (t) => {
  const clock = fakeClock()
  const deadlines = new Deadlines(clock)
  add(deadlines, 100, 1000)
  add(deadlines, 200, 1000)
  t.equal(clock.pending, 2)
  t.equal(deadlines.size, 2)
  clock.advance(200)
  t.equal(clock.pending, 0)
  t.equal(deadlines.size, 0)
})

t.test('a list whose deadlines were all removed goes at its next look', async (t) => {
  const clock = fakeClock()
  const deadlines = new Deadlines(clock)
  for (const probe of add(deadlines, 100, 10)) deadlines.remove(probe)
  clock.advance(100)
  t.equal(deadlines.size, 0)
  t.same(expired(add(deadlines, 100, 1)), [0])
  t.equal(clock.pending, 1)
})

t.test('a later one waits for its own time', async (t) => {
  const clock = fakeClock()
  const deadlines = new Deadlines(clock)
  const first = add(deadlines, 100, 1)
  clock.advance(60)
  const second = add(deadlines, 100, 1)
  clock.advance(40)
  t.same([...expired(first), ...expired(second)], [1, 0])
  clock.advance(60)
  t.same([...expired(first), ...expired(second)], [1, 1])
})

t.test('one that begins while another expires is not lost', async (t) => {
  const clock = fakeClock()
  const deadlines = new Deadlines(clock)
  const [first] = add(deadlines, 100, 1)
  const next = new Probe()
  first!.then = () => { deadlines.add(next, 100) }
  clock.advance(100)
  t.equal(next.expired, 0)
  clock.advance(100)
  t.equal(next.expired, 1)
})

/** Fake time, some of which passes while the loop stands still. */
function stallingClock (): { readonly clock: Clock, readonly time: ReturnType<typeof fakeClock>, stood: number } {
  const time = fakeClock()
  const stalling = { time, stood: 0, clock: { ...time, now: () => time.now() + stalling.stood } }
  return stalling
}

t.test('after a blocked loop, what came meanwhile is read before anything expires', async (t) => {
  const stalling = stallingClock()
  const deadlines = new Deadlines(stalling.clock)
  const probes = add(deadlines, 100, 2)
  stalling.stood = 500
  stalling.time.advance(100)
  t.same(expired(probes), [0, 0])
  deadlines.remove(probes[0]!)
  stalling.time.advance(10)
  t.same(expired(probes), [0, 1])
})

t.test('a loop that is late all the time puts them off once', async (t) => {
  const stalling = stallingClock()
  const deadlines = new Deadlines(stalling.clock)
  const probes = add(deadlines, 100, 1)
  stalling.stood = 500
  stalling.time.advance(100)
  stalling.stood = 1000
  stalling.time.advance(10)
  t.same(expired(probes), [1])
})

t.test('those of one clock are shared', async (t) => {
  const clock = fakeClock()
  t.equal(deadlinesOf(clock), deadlinesOf(clock))
})
