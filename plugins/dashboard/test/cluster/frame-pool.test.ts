import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import type { Frame } from '@plimsoll/core'
import { testCluster, TestInstance, until } from './instances.ts'

const route = (count: number): Partial<Frame> => ({
  routes: [{ method: 'GET', route: '/', inFlight: 0, classes: { '2xx': { count, time: count * 5, buckets: [5, count], requestBytes: 0, responseBytes: count } } }]
})

t.test('while nobody looks nothing is subscribed to, no timer runs and nothing is broadcast', async (t) => {
  const { clock, of, second } = await testCluster('a', 'b')
  const [a, b] = [of('a'), of('b')] as const
  const pending = clock.pending
  for (let i = 0; i < 5; i++) await second()
  t.equal(a.frames.subscribed + b.frames.subscribed, 0)
  t.equal(a.coordinator.broadcasts.sent + b.coordinator.broadcasts.sent, 0)
  t.equal(clock.pending, pending)
  t.same(a.pool.frames(), [])
  t.same(a.pool.silent(), [])
  t.equal(a.pool.totals(), undefined)
})

t.test('while somebody looks, the frames of all instances are there, this one first', async (t) => {
  const { of, second } = await testCluster('b', 'a', 'c')
  const b = of('b')
  let ticks = 0
  const leave = b.pool.look(() => { ticks += 1 })
  await second()
  await second()
  t.same(b.seen, ['b', 'a', 'c'])
  t.equal(ticks, 2)
  t.match(b.pool.figures, { viewers: 1, instances: 2, stale: 0, received: 4, missed: 0, interrupted: 0, late: 0, duplicates: 0, unreadable: 0, refused: 0, sending: false, sent: 0 })
  t.match(of('a').pool.figures, { viewers: 0, sending: true, sent: 2, sentThinned: 0, skipped: 0 })
  t.ok(of('a').pool.figures.sentBytes > 100)
  leave()
  t.same(b.seen, [])
})

t.test('a viewer that leaves, or vanishes with its process, costs the others nothing after five seconds', async (t) => {
  const { clock, of, second } = await testCluster('a', 'b', 'c')
  const [a, b, c] = [of('a'), of('b'), of('c')] as const
  const idle = clock.pending
  const leave = a.pool.look(() => {})
  await second()
  leave()
  t.equal(a.frames.subscribed, 0)
  t.equal(b.frames.subscribed, 1)
  for (let i = 0; i < 5; i++) await second()
  t.equal(b.frames.subscribed, 0)
  t.equal(b.pool.figures.sending, false)

  a.pool.look(() => {})
  for (let i = 0; i < 8; i++) await second()
  t.equal(b.frames.subscribed, 1, 'asked again and again')
  const sent = b.pool.figures.sent
  for (let i = 0; i < 6; i++) await second({ but: [a] })
  t.equal(b.frames.subscribed + c.frames.subscribed, 0)
  t.ok(b.pool.figures.sent - sent <= 5)
  a.pool.close()
  t.equal(clock.pending, idle)
})

t.test('a frame is sent once for however many viewers and viewing instances', async (t) => {
  const { of, second } = await testCluster('a', 'b', 'c')
  const [a, b, c] = [of('a'), of('b'), of('c')] as const
  const first = a.pool.look(() => {})
  const again = a.pool.look(() => {})
  b.pool.look(() => {})
  await second()
  await second()
  t.equal(c.pool.figures.sent, 2)
  t.same(a.seen, ['a', 'b', 'c'])
  t.same(b.seen, ['b', 'a', 'c'])
  first()
  first()
  await second()
  t.same(a.seen, ['a', 'b', 'c'], 'one viewer is left')
  again()
  t.same(a.seen, [])
})

t.test('an instance is stale 2.5 seconds after its last frame, which is told at that moment, and goes after a minute', async (t) => {
  const { clock, of, second } = await testCluster('a', 'b', 'c')
  const [a, b] = [of('a'), of('b')] as const
  const told: string[] = []
  a.pool.onInstances(() => { told.push(a.seen.join()) })
  const leave = a.pool.look(() => {})
  t.same(a.seen, [], 'nothing before the first second')
  await second()
  t.same(told, ['a,b', 'a,b,c'])
  await second({ but: [b] })
  await second({ but: [b] })
  t.same(a.seen, ['a', 'b', 'c'])
  clock.advance(499)
  t.same(a.seen, ['a', 'b', 'c'])
  clock.advance(2)
  t.same(a.seen, ['a', 'b!', 'c'])
  t.same(told.slice(2), ['a,b!,c'], 'told between two ticks')
  t.equal(a.pool.figures.stale, 1)
  for (let i = 0; i < 57; i++) await second({ but: [b] })
  t.same(a.seen, ['a', 'b!', 'c'])
  await second({ but: [b] })
  t.same(a.seen, ['a', 'c'])
  t.same(told.slice(3), ['a,c'])
  t.match(a.pool.figures, { instances: 1, stale: 0 })

  await second({ but: [b, of('c')] })
  const { pending } = clock
  await second({ but: [b, of('c')] })
  t.equal(clock.pending, pending + 1, 'one timer waits for the moment')
  leave()
  t.equal(clock.pending, pending)
})

t.test('one that comes back is told of, and what it did meanwhile is known to be missing', async (t) => {
  const { of, second } = await testCluster('a', 'b')
  const [a, b] = [of('a'), of('b')] as const
  let told = 0
  a.pool.onInstances(() => { told += 1 })
  a.pool.look(() => {})
  for (let i = 0; i < 2; i++) await second()
  for (let i = 0; i < 4; i++) await second({ but: [b] })
  t.same(a.seen, ['a', 'b!'])
  t.equal(told, 2)
  await second()
  t.same(a.seen, ['a', 'b'])
  t.equal(told, 3)
  t.match(a.pool.figures, { missed: 0, interrupted: 0 }, 'a loop that stood still made no frames')
  for (let i = 0; i < 61; i++) await second({ but: [b] })
  t.same(a.seen, ['a'])
  await second()
  t.same(a.seen, ['a', 'b'])
  t.equal(a.pool.figures.interrupted, 1)
})

t.test('silence is not held against others while this process stood still itself', async (t) => {
  const { clock, of, second } = await testCluster('a', 'b')
  const [a, b] = [of('a'), of('b')] as const
  const told: string[] = []
  a.pool.look(() => {})
  await second()
  await second()
  a.pool.onInstances(() => { told.push(a.seen.join()) })
  clock.advance(4_000)
  a.frames.tick({ window: 4_000 })
  t.same(a.seen, ['a', 'b'])
  await second({ but: [b] })
  await second({ but: [b] })
  t.same(a.seen, ['a', 'b!'])
  t.same(told, ['a,b!'])
})

t.test('one that says farewell goes at once, and does not come back by a frame that was on its way', async (t) => {
  const { of, second } = await testCluster('a', 'b', 'c')
  const [a, b, c] = [of('a'), of('b'), of('c')] as const
  const told: string[] = []
  a.pool.onInstances(() => { told.push(a.seen.join()) })
  a.pool.look(() => {})
  await second()
  b.frames.tick()
  await b.pool.farewell()
  t.same(a.seen, ['a', 'c'])
  for (let i = 0; i < 4; i++) await second()
  t.same(a.seen, ['a', 'c'])
  t.equal(b.frames.subscribed, 0, 'it is asked in vain')
  t.same(told.slice(2), ['a,c'])
  const { sent } = b.coordinator.broadcasts
  await b.pool.farewell()
  t.equal(b.coordinator.broadcasts.sent, sent)
  await c.pool.farewell()
  t.same(a.seen, ['a'])
})

t.test('instances that the coordinator knows and that never send are named', async (t) => {
  const { join, of, second } = await testCluster('a', 'b')
  const [a, b] = [of('a'), of('b')] as const
  const mute = await join('mute')
  mute.pool.close()
  a.pool.look(() => {})
  await second()
  await second()
  t.same(a.pool.silent(), ['mute'])
  t.same(a.seen, ['a', 'b'])
  t.same(b.pool.silent(), [])
})

t.test('without a backend there is this instance alone, and nobody is asked', async (t) => {
  const { clock } = await testCluster()
  const single = new TestInstance('single', clock, undefined)
  await single.coordinator.connect()
  single.pool.open()
  single.pool.look(() => {})
  for (let i = 0; i < 4; i++) {
    clock.advance(1000)
    single.frames.tick()
  }
  t.same(single.seen, ['single'])
  t.same(single.pool.silent(), [])
  t.equal(single.coordinator.broadcasts.sent, 0)
  t.equal(single.pool.totals()?.frames, 4)
  single.pool.close()
  t.equal(single.frames.subscribed, 0)
})

t.test('while the backend is away the own frames go on, the others are stale, and it asks as soon as it is back', async (t) => {
  const { clock, instances, of, second } = await testCluster('a', 'b')
  const [a, b] = [of('a'), of('b')] as const
  a.pool.look(() => {})
  await second()
  for (const { driver } of instances) driver.line = 'refuse'
  for (let i = 0; i < 30 && a.coordinator.mode !== 'degraded'; i++) await second()
  for (let i = 0; i < 6; i++) await second()
  t.equal(a.coordinator.mode, 'degraded')
  t.same(a.seen, ['a', 'b!'])
  t.equal(b.frames.subscribed, 0, 'nobody can ask')
  for (const { driver } of instances) driver.line = 'open'
  const { sent } = a.coordinator.broadcasts
  for (let step = 0; step < 1_000 && a.coordinator.mode !== 'cluster'; step++) {
    clock.advance(100)
    await setImmediate()
  }
  t.equal(a.coordinator.broadcasts.sent, sent + 1, 'without waiting for a frame')
  for (let i = 0; i < 3; i++) await second()
  t.same(a.seen, ['a', 'b'])
  t.match(a.pool.totals(), { interrupted: 1 }, 'the totals say that something is missing')
})

t.test('a viewer that throws harms neither the others nor the frames', async (t) => {
  const { of, second } = await testCluster('a', 'b')
  const a = of('a')
  const error = new Error('viewer')
  let ticks = 0
  a.pool.look(() => { throw error })
  a.pool.look(() => { ticks += 1 })
  a.pool.onInstances(() => { throw error })
  await second()
  t.equal(ticks, 1)
  t.same(a.errors, [error, error])
})

t.test('a viewer may leave while it is told, and what was on its way is dropped', async (t) => {
  const { clock, of, second } = await testCluster('a', 'b')
  const [a, b] = [of('a'), of('b')] as const
  let leave = (): void => {}
  // It was there before the pool's own subscription.
  a.frames.subscribe(() => { leave() })
  let ticks = 0
  leave = a.pool.look(() => { ticks += 1 })
  clock.advance(1000)
  a.frames.tick()
  t.equal(ticks, 0)
  t.same(a.seen, [])

  const again = a.pool.look(() => {})
  leave = () => {}
  b.frames.tick()
  await until(() => b.pool.figures.sent === 1)
  let told = 0
  a.pool.onInstances(() => { told += 1 })
  again()
  await second()
  t.match(a.pool.figures, { viewers: 0, received: 0 })
  t.equal(told, 0)
})

t.test('totals are the sums of all instances, since somebody looks and by minutes', async (t) => {
  const { clock, of, second } = await testCluster('a', 'b', 'c')
  const a = of('a')
  a.pool.look(() => {})
  const begun = clock.wallTime()
  for (let i = 0; i < 130; i++) await second({ frame: () => route(i < 61 ? 1 : 2) })
  const seconds = 61 + 2 * 69
  const [all] = a.pool.totals()!.routes
  t.same(all, { method: 'GET', route: '/', classes: { '2xx': { count: 3 * seconds, time: 15 * seconds, buckets: [5, 3 * seconds], requestBytes: 0, responseBytes: 3 * seconds } } })
  t.match(a.pool.totals(), { from: begun, to: clock.wallTime(), frames: 390, missed: 0, interrupted: 0, upstreams: [] })
  const first = a.pool.totals({ to: begun + 1 })!
  t.equal(first.from, begun)
  t.ok(first.to - begun >= 60_000 && first.to - begun <= 61_000)
  t.equal(first.routes[0]?.classes['2xx']?.count, first.frames)
  const rest = a.pool.totals({ from: first.to })!
  t.equal(rest.routes[0]!.classes['2xx']!.count + first.frames, 3 * seconds)
  t.equal(rest.to, clock.wallTime())
  t.match(a.pool.totals({ from: clock.wallTime() + 1 }), { frames: 0, routes: [], from: clock.wallTime(), to: clock.wallTime() })
  t.equal(a.pool.totals({ from: 0 })?.frames, 390)
})
