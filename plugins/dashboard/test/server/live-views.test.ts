import { fakeClock } from '@plimsoll/core/testing'
import type { FakeClock } from '@plimsoll/core/testing'
import t from 'tap'
import { LINGER_MS, LiveViews, MAX_SELECTIONS, MAX_VIEWERS, PATIENCE_MS } from '../../src/server/live-views.ts'
import type { FramesOfAll } from '../../src/server/live-views.ts'
import type { EventSink } from '../../src/server/viewer.ts'
import type { ObservedFrame } from '../../src/view/observed-frame.ts'
import { eventsIn } from '../app.ts'
import { observed } from '../frames.ts'

class FakePool implements FramesOfAll {
  looking = 0
  asked = 0
  observed: readonly ObservedFrame[] = [observed({ instance: 'a' })]
  unheard: readonly string[] = []
  #listener: (() => void) | undefined
  #changed: (() => void) | undefined

  look (listener: () => void): () => void {
    this.looking++
    this.#listener = listener
    return () => { this.looking--; this.#listener = undefined }
  }

  onInstances (listener: () => void): () => void {
    this.looking++
    this.#changed = listener
    return () => { this.looking--; this.#changed = undefined }
  }

  frames (): readonly ObservedFrame[] { this.asked++; return this.observed }

  silent (): readonly string[] { return this.unheard }

  totals (): undefined {}

  tick (clock: FakeClock, seconds = 1): void {
    for (let i = 0; i < seconds; i++) {
      clock.advance(1000)
      this.#listener?.()
    }
  }

  change (): void { this.#changed?.() }
}

/** Takes everything at once, or nothing. */
class Screen implements EventSink {
  text = ''
  ended = false
  write (chunk: Buffer, written: () => void): boolean {
    this.text += chunk.toString()
    queueMicrotask(written)
    return true
  }

  end (): void { this.ended = true }

  destroy (): void { this.ended = true }
}

function setup (): { clock: FakeClock, pool: FakePool, live: LiveViews } {
  const clock = fakeClock()
  const pool = new FakePool()
  return { clock, pool, live: new LiveViews({ clock, pool, self: 'a' }) }
}

const ids = ({ text }: Screen): number[] => eventsIn<{ id: number }>({ text }, 'metrics').map(({ id }) => id)
const settle = async (): Promise<void> => await new Promise((resolve) => { setImmediate(resolve) })

t.test('while nobody looks there is nothing: no subscription, no timer, no frame asked for', async (t) => {
  const { clock, pool, live } = setup()
  pool.tick(clock, 60)
  t.strictSame([pool.looking, pool.asked, clock.pending, live.running], [0, 0, 0, false])
})

t.test('a view a second for who looks, with an id that rises with the seconds since the epoch', async (t) => {
  const { clock, pool, live } = setup()
  const screen = new Screen()
  live.watch(screen, { of: 'all' })
  for (let i = 0; i < 3; i++) {
    await settle()
    pool.tick(clock)
  }
  await settle()
  const first = Math.round(clock.wallTime() / 1000) - 2
  t.strictSame(ids(screen), [first, first + 1, first + 2])
  t.match(screen.text, /^retry: 2000\n\nevent: metrics\nid: \d+\ndata: \{/)
})

t.test('ids rise also when the wall clock is set back', async (t) => {
  const clock = fakeClock()
  const pool = new FakePool()
  let back = 0
  const live = new LiveViews({ clock: { ...clock, wallTime: () => clock.wallTime() - back }, pool, self: 'a' })
  const screen = new Screen()
  live.watch(screen, { of: 'all' })
  await settle()
  pool.tick(clock)
  await settle()
  back = 3_600_000
  pool.tick(clock)
  await settle()
  const [first = 0, next = 0] = ids(screen)
  t.equal(next, first + 1)
})

t.test('each second is built and serialised once for all who look at the same', async (t) => {
  const { clock, pool, live } = setup()
  for (let i = 0; i < 100; i++) live.watch(new Screen(), { of: i < 60 ? 'all' : 'a' })
  await settle()
  const serialised = t.capture(JSON, 'stringify', JSON.stringify)
  pool.tick(clock)
  t.equal(serialised().length, 2, 'one for all, one for the instance a')
})

t.test('ten seconds after the last has left everything ends, and begins again', async (t) => {
  const { clock, pool, live } = setup()
  const leave = live.watch(new Screen(), { of: 'all' })
  pool.tick(clock, 20)
  leave()
  leave()
  t.equal(live.viewers, 0)
  pool.tick(clock, LINGER_MS / 1000 - 1)
  t.equal(live.running, true)
  pool.tick(clock)
  t.strictSame([pool.looking, clock.pending, live.running], [0, 0, false])
  const screen = new Screen()
  live.watch(screen, { of: 'all' })
  await settle()
  pool.tick(clock)
  await settle()
  t.equal(ids(screen).length, 1)
})

t.test('who comes back is given what it missed, a minute of it; who comes new, the newest', async (t) => {
  const { clock, pool, live } = setup()
  live.watch(new Screen(), { of: 'all' })
  pool.tick(clock, 100)
  const latest = Math.round(clock.wallTime() / 1000)
  for (const [lastEventId, missed] of [[latest - 5, 5], [latest - 1000, 60], [latest, 1], [undefined, 1], [0, 60]] as const) {
    const screen = new Screen()
    live.watch(screen, { of: 'all', lastEventId })
    await settle()
    t.equal(ids(screen).length, missed, `after ${lastEventId}`)
    t.equal(ids(screen).at(-1), latest)
  }
})

t.test('an instance that comes or falls silent between two seconds is told at once', async (t) => {
  const { clock, pool, live } = setup()
  const screen = new Screen()
  live.watch(screen, { of: 'all' })
  await settle()
  pool.tick(clock)
  await settle()
  pool.observed = [...pool.observed, observed({ instance: 'b' }, true)]
  pool.change()
  await settle()
  pool.change()
  await settle()
  t.strictSame(eventsIn(screen, 'worker'), [{ instance: 'b', state: 'stale' }])
})

t.test('a question is answered with this second, or waits for it', async (t) => {
  const { clock, pool, live } = setup()
  const waiting = live.current('all')
  t.equal(live.running, true)
  pool.tick(clock)
  const { id } = await waiting
  t.equal((await live.current('all')).id, id)
  pool.tick(clock)
  t.equal((await live.current('all')).id, id + 1)
  pool.tick(clock, 20)
  t.equal(live.running, false, 'and is no viewer')
  t.equal(clock.pending, 0)
})

t.test('it waits a little for instances that begin to send when somebody looks', async (t) => {
  const { clock, pool, live } = setup()
  pool.unheard = ['b']
  const answers: unknown[] = []
  const waiting = live.current('all').then((view) => answers.push(view))
  pool.tick(clock)
  await settle()
  t.equal(answers.length, 0)
  pool.unheard = []
  pool.tick(clock)
  await waiting
  t.equal(answers.length, 1)
  const other = setup()
  other.pool.unheard = ['b']
  const patient = other.live.current('all')
  other.pool.tick(other.clock, 3)
  t.ok((await patient).id, 'but not for ever')
})

t.test('without figures there is an answer all the same, in time', async (t) => {
  const { clock, pool, live } = setup()
  const waiting = live.current('all')
  clock.advance(PATIENCE_MS)
  await t.rejects(waiting, { code: 'PLM_DASHBOARD_NO_FRAME', statusCode: 503, message: /after 5 s/ })
  pool.tick(clock, 20)
  t.equal(clock.pending, 0)
})

t.test('no more than 200 wait', async (t) => {
  const { clock, pool, live } = setup()
  const waiting = Array.from({ length: 200 }, async () => await live.current('all'))
  await t.rejects(live.current('all'), { code: 'PLM_DASHBOARD_NO_FRAME' })
  pool.tick(clock)
  t.equal((await Promise.all(waiting)).length, 200)
})

t.test('no more than 200 look, and a place that is left is given on', async (t) => {
  const { live } = setup()
  const leave = Array.from({ length: MAX_VIEWERS }, () => {
    live.admit('all')
    return live.watch(new Screen(), { of: 'all' })
  })
  t.throws(() => { live.admit('all') }, { code: 'PLM_DASHBOARD_TOO_MANY_VIEWERS', statusCode: 503 })
  t.equal(live.refused, 1)
  leave[0]?.()
  live.admit('all')
})

t.test('no more than 20 instances are looked at at a time, and one that nobody looks at any more makes room', async (t) => {
  const { clock, live } = setup()
  const leave = Array.from({ length: MAX_SELECTIONS }, (_, i) => live.watch(new Screen(), { of: `i${i}` }))
  t.throws(() => { live.admit('one more') }, { code: 'PLM_DASHBOARD_TOO_MANY_SELECTIONS', statusCode: 503 })
  await t.rejects(live.current('one more'), { code: 'PLM_DASHBOARD_TOO_MANY_SELECTIONS' })
  live.admit('i7')
  leave[7]?.()
  t.throws(() => { live.admit('one more') }, { code: 'PLM_DASHBOARD_TOO_MANY_SELECTIONS' }, 'it may come back')
  clock.advance(LINGER_MS)
  live.admit('one more')
})

t.test('to be admitted takes no place by itself', async (t) => {
  const { live } = setup()
  for (let i = 0; i < 10 * MAX_SELECTIONS; i++) live.admit(`i${i}`)
  t.equal(live.running, false)
})

t.test('a heartbeat every 15 s, and what was sent is counted', async (t) => {
  const { clock, live } = setup()
  const screen = new Screen()
  const leave = live.watch(screen, { of: 'all' })
  await settle()
  clock.advance(15_000)
  t.match(screen.text, /\n: here\n\n$/)
  t.equal(live.sent.bytes, screen.text.length)
  leave()
  t.equal(live.sent.bytes, screen.text.length)
  t.equal(live.sent.dropped, 0)
})

t.test('at the end streams end, who waits is told, and nobody is let in', async (t) => {
  const { clock, live, pool } = setup()
  const screen = new Screen()
  const leave = live.watch(screen, { of: 'all' })
  const waiting = live.current('a')
  live.close()
  await t.rejects(waiting, { code: 'PLM_DASHBOARD_NO_FRAME' })
  t.equal(screen.ended, true)
  leave()
  t.throws(() => { live.admit('all') }, { code: 'PLM_DASHBOARD_NO_FRAME' })
  await t.rejects(live.current('all'), { code: 'PLM_DASHBOARD_NO_FRAME' })
  t.strictSame([pool.looking, clock.pending, live.running], [0, 0, false])
})
