import Fastify from 'fastify'
import t from 'tap'
import { ensureCore } from '@plimsoll/core'
import type { Core, Frame, FrameSource } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import type { FakeClock } from '@plimsoll/core/testing'
import { routeOf } from './traffic.ts'

interface Fixture { readonly core: Core, readonly clock: FakeClock, readonly snapshots: () => number }

async function setup (t: { teardown (end: () => unknown): void }): Promise<Fixture> {
  const clock = fakeClock()
  const app = Fastify()
  const core = ensureCore(app, { clock })
  let snapshots = 0
  core.components.register({ kind: 'shop', name: 'shop', snapshot: () => ({ asked: ++snapshots }), health: () => ({ status: 'ok' }) })
  app.get('/', () => 'hello')
  app.addHook('onRequest', async (request, reply) => { core.scopeOf(request.raw, reply.raw) })
  t.teardown(() => app.close())
  await app.ready()
  return { core, clock, snapshots: () => snapshots }
}

function collect (core: Core): { readonly frames: Frame[], readonly leave: () => void } {
  const frames: Frame[] = []
  return { frames, leave: core.frames.subscribe((frame) => frames.push(frame)) }
}

t.test('nobody subscribed: no component is asked, no source is woken, no timer runs', async (t) => {
  const { core, clock, snapshots } = await setup(t)
  const calls: string[] = []
  core.frames.addSource({ name: 'spy', begin: () => calls.push('begin'), collect: () => ({}), end: () => calls.push('end') })
  const before = clock.pending
  clock.advance(10_000)
  t.equal(snapshots(), 0)
  t.strictSame(calls, [])
  t.equal(core.frames.latest, undefined)
  const leaveVitals = core.vitals.subscribe()
  const sampling = clock.pending
  leaveVitals()
  const { leave } = collect(core)
  t.equal(clock.pending, sampling, 'no timer but the sampler\'s')
  clock.advance(3000)
  leave()
  leave()
  t.strictSame(calls, ['begin', 'end'])
  t.equal(clock.pending, before)
  t.equal(snapshots(), 3)
  clock.advance(10_000)
  t.equal(snapshots(), 3)
  t.equal(core.frames.latest, undefined, 'a stale frame is worse than none')
})

t.test('one frame a second, the same for all, with what happened since the last', async (t) => {
  const { core, clock } = await setup(t)
  const { frames } = collect(core)
  const other = collect(core)
  await core.root.inject('/')
  core.journal.record({ component: 'shop', event: 'opened', message: 'open' })
  clock.advance(1000)
  clock.advance(1000)
  t.equal(frames.length, 2)
  t.equal(other.frames[0], frames[0], 'the same object')
  const [first, second] = frames
  t.match(first, {
    instance: core.coordinator.id,
    sequence: 1,
    at: clock.wallTime() - 1000,
    clock: clock.now() - 1000,
    window: 1000,
    health: { ready: true },
    requests: { inFlight: 0, settled: { completed: 1, refused: 0 } },
    routes: [],
    journalMissed: 0
  })
  t.equal(first!.journal.at(-1)?.event, 'opened')
  t.strictSame(first!.components.find(({ kind }) => kind === 'shop'), { kind: 'shop', name: 'shop', health: { status: 'ok' }, snapshot: { asked: 1 } })
  t.match(second, { sequence: 2, requests: { settled: { completed: 0 } }, journal: [] })
  t.ok(Object.isFrozen(first))
  t.equal(core.frames.latest, second)
  t.strictSame(JSON.parse(JSON.stringify({ ...first, vitals: 0 })), { ...first, vitals: 0 }, 'plain JSON')
})

t.test('of a flood of journal entries a frame has the newest 200 and the number of the rest', async (t) => {
  const { core, clock } = await setup(t)
  const { frames } = collect(core)
  for (let i = 0; i < 1500; i++) core.journal.record({ component: 'shop', event: 'flood', message: String(i) })
  clock.advance(1000)
  t.equal(frames[0]!.journal.length, 200)
  t.equal(frames[0]!.journal[199]!.message, '1499')
  t.equal(frames[0]!.journalMissed, 1300)
})

t.test('sources are joined; one that comes late begins late; one that has left is not asked', async (t) => {
  const { core, clock } = await setup(t)
  const source = (name: string): FrameSource => ({ name, begin () {}, collect: () => ({ routes: [routeOf(name, {})] }), end () {} })
  const leave = core.frames.addSource(source('a'))
  const { frames } = collect(core)
  core.frames.addSource(source('b'))
  clock.advance(1000)
  leave()
  clock.advance(1000)
  t.strictSame(frames.map(({ routes }) => routes.map(({ route }) => route)), [['a', 'b'], ['b']])
  for (let i = 1; i < 20; i++) core.frames.addSource(source(`${i}`))
  t.throws(() => core.frames.addSource(source('one more')), { message: /at most 20 sources of frames; is one more added again/ })
})

t.test('a source or a listener that throws is journalled and harms nobody', async (t) => {
  const { core, clock } = await setup(t)
  core.frames.addSource({ name: 'broken', begin () {}, collect: () => { throw new Error('no figures') }, end () {} })
  core.frames.subscribe(() => { throw new Error('no patience') })
  const { frames } = collect(core)
  clock.advance(1000)
  clock.advance(1000)
  t.equal(frames.length, 2)
  const events = core.journal.entries().map(({ event, message }) => `${event}: ${message}`)
  t.strictSame(events.filter((event) => event.startsWith('frame-source')), ['frame-source-failed: broken could not add its figures to a frame: no figures'], 'once')
  t.ok(events.includes('frame-listener-failed: a listener of frames threw: no patience'))
})

t.test('a history is kept while anybody keeps it, as long as the longest wish', async (t) => {
  const { core, clock } = await setup(t)
  t.equal(core.frames.history, undefined)
  const short = core.frames.keepHistory({ seconds: 60 })
  const long = core.frames.keepHistory({ seconds: 600 })
  clock.advance(400_000)
  t.equal(core.frames.history?.length, 400)
  long()
  long()
  t.ok(core.frames.history!.length <= 120, 'fitted to the shorter')
  short()
  t.equal(core.frames.history, undefined)
  t.equal(core.frames.latest, undefined, 'nobody subscribes any more')
  for (const wrong of [{ seconds: 59 }, { seconds: NaN }, { maxBytes: 1000 }, { maxBytes: 2 ** 31 }]) t.throws(() => core.frames.keepHistory(wrong), RangeError)
})

t.test('a passive wish keeps what frames there are, and makes none', async (t) => {
  const { core, clock } = await setup(t)
  const leave = core.frames.keepHistory({ seconds: 60, passive: true })
  clock.advance(5000)
  t.equal(core.frames.history?.length, 0)
  t.equal(clock.pending, 0)
  const unsubscribe = core.frames.subscribe(() => {})
  clock.advance(5000)
  t.equal(core.frames.history?.length, 5)
  unsubscribe()
  clock.advance(5000)
  t.equal(core.frames.history?.length, 5, 'kept, for who looks again')
  t.equal(clock.pending, 0)
  const active = core.frames.keepHistory({ seconds: 60 })
  clock.advance(5000)
  t.equal(core.frames.history?.length, 10)
  active()
  t.equal(clock.pending, 0, 'the passive one alone asks for nothing')
  leave()
  t.equal(core.frames.history, undefined)
})

t.test('closing the application ends the frames', async (t) => {
  const { core, clock } = await setup(t)
  const { frames, leave } = collect(core)
  core.frames.keepHistory()
  await core.root.close()
  clock.advance(5000)
  t.equal(frames.length, 0)
  t.equal(core.frames.history, undefined)
  leave()
  t.equal(clock.pending, 0)
})
