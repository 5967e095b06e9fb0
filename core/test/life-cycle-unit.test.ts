import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import t from 'tap'
import { ensureCore } from '../src/index.ts'
import type { JournalEvent } from '../src/journal.ts'
import { LifeCycle } from '../src/life-cycle.ts'
import type { ClosableApp } from '../src/life-cycle.ts'
import { fakeClock } from '../src/testing/index.ts'
import type { FakeClock } from '../src/testing/index.ts'

class FakeServer extends EventEmitter {
  readonly calls: string[] = []
  finish: () => void = () => {}

  close (done?: (error?: Error) => void): void {
    this.calls.push('close')
    this.finish = () => done?.()
  }

  closeIdleConnections (): void { this.calls.push('closeIdle') }

  closeAllConnections (): void { this.calls.push('closeAll') }
}

class FakeSession extends EventEmitter {
  readonly calls: string[] = []

  goaway (): void { this.calls.push('goaway') }

  close (): void { this.calls.push('close') }

  destroy (): void { this.calls.push('destroy') }
}

interface Bench {
  readonly clock: FakeClock
  readonly server: FakeServer
  readonly signals: EventEmitter
  readonly journal: JournalEvent[]
  readonly calls: string[]
  readonly lifeCycle: LifeCycle
}

function bench (app: Partial<ClosableApp> = {}): Bench {
  const clock = fakeClock()
  const server = new FakeServer()
  const signals = new EventEmitter()
  const journal: JournalEvent[] = []
  const calls: string[] = []
  const lifeCycle: LifeCycle = new LifeCycle({
    clock,
    journal: { record: (event) => { journal.push(event) } },
    process: signals,
    scopes: {
      inFlight: 1,
      openStreams: 2,
      of: () => { calls.push('of') },
      drain: () => { calls.push('drain') },
      endEventStreams: () => { calls.push('endEventStreams') },
      destroyStreams: () => { calls.push('destroyStreams') }
    },
    app: { server, routing: () => {}, close: async () => { await lifeCycle.closing() }, ...app }
  })
  return { clock, server, signals, journal, calls, lifeCycle }
}

async function settle (): Promise<void> {
  await new Promise((resolve) => { setImmediate(resolve) })
}

t.test('the delay, the phases and the sweep follow one another; afterwards nothing is left behind', async (t) => {
  const { clock, server, signals, lifeCycle, journal, calls } = bench()
  const order: string[] = []
  for (const phase of ['return-capacity', 'resign', 'drain'] as const) lifeCycle.on(phase, async () => { order.push(phase) })
  lifeCycle.on('drain', () => { order.push('never') })()
  t.equal(lifeCycle.state, 'starting')
  t.notOk(lifeCycle.ready)
  lifeCycle.start()
  lifeCycle.listen()
  t.ok(lifeCycle.ready)
  const session = new FakeSession()
  const gone = new FakeSession()
  server.emit('session', session)
  server.emit('session', gone)
  gone.emit('close')

  signals.emit('SIGTERM')
  t.notOk(lifeCycle.ready, 'readiness goes off at once')
  t.strictSame(session.calls, ['goaway'])
  server.emit('request', {}, {})
  t.strictSame(calls, ['drain', 'of'], 'requests that arrive now are scoped, so that their answers can say close')
  clock.advance(4999)
  await settle()
  t.strictSame(order, [])
  clock.advance(1)
  await settle()
  t.strictSame(order, ['drain'])
  t.strictSame(session.calls, ['goaway', 'close'])
  t.equal(calls.at(-1), 'endEventStreams')
  clock.advance(500)
  t.strictSame(server.calls, ['closeIdle'])

  let closed = false
  server.close(() => { closed = true })
  await settle()
  t.strictSame(order, ['drain'], 'what is in flight comes first')
  server.finish()
  t.notOk(closed)
  await settle()
  t.strictSame(order, ['drain', 'resign', 'return-capacity'])
  t.ok(closed, 'then come the onClose hooks')
  lifeCycle.closed()
  t.equal(lifeCycle.state, 'closed')
  t.equal(clock.pending, 0)
  t.equal(signals.listenerCount('SIGTERM'), 0)
  t.equal(server.listenerCount('session') + server.listenerCount('request'), 0)
  t.strictSame(gone.calls, [])
  t.strictSame(journal.map(({ event }) => event), ['draining'])
})

t.test('at the deadline everything left is destroyed, and no task is waited for any longer', async (t) => {
  const { clock, server, lifeCycle, journal, calls } = bench()
  lifeCycle.on('drain', async () => await new Promise(() => {}))
  lifeCycle.start({ closeDeadlineMs: 1000 })
  const session = new FakeSession()
  server.emit('session', session)
  let closing = true
  lifeCycle.closing().then(() => { closing = false }, () => {})
  clock.advance(999)
  await settle()
  t.ok(closing)
  clock.advance(1)
  await settle()
  t.notOk(closing)
  t.ok(server.calls.includes('closeAll'))
  t.ok(session.calls.includes('destroy'))
  t.ok(calls.includes('destroyStreams'))
  t.match(journal.at(-1), { event: 'deadline', severity: 'warning', message: /1000 ms: destroying 1 requests in flight and 2 streams/ })
  lifeCycle.closed()
})

t.test('a task that fails is journalled and stops nothing; a close that fails sets the exit code', async (t) => {
  const { clock, signals, lifeCycle, journal } = bench({ close: async () => { await lifeCycle.closing(); throw new Error('no way out') } })
  lifeCycle.on('drain', () => { throw new Error('at once') })
  lifeCycle.on('drain', async () => { throw new Error('later') })
  lifeCycle.start({ drainDelayMs: 0 })
  lifeCycle.listen()
  signals.emit('SIGTERM')
  clock.advance(1)
  await settle()
  t.strictSame(journal.map(({ event }) => event), ['draining', 'task-failed', 'task-failed', 'close-failed'])
  t.equal(process.exitCode, 1)
  process.exitCode = undefined
  lifeCycle.closed()
})

t.test('signals: SIGTERM unless somebody else listens; other applications under the same care don\'t count', (t) => {
  const alone = bench()
  alone.lifeCycle.listen()
  const second = new LifeCycle({ clock: alone.clock, journal: { record: () => {} }, process: alone.signals, scopes: { inFlight: 0, openStreams: 0, of: () => {}, drain: () => {}, endEventStreams: () => {}, destroyStreams: () => {} }, app: { server: alone.server, routing: () => {}, close: async () => {} } })
  second.listen()
  t.equal(alone.signals.listenerCount('SIGTERM'), 2, 'two applications in one process')

  const taken = bench()
  taken.signals.on('SIGTERM', () => {})
  taken.lifeCycle.listen()
  t.equal(taken.signals.listenerCount('SIGTERM'), 1, 'left to the application')

  const chosen = bench()
  chosen.lifeCycle.listen({ signals: ['SIGINT', 'SIGTERM'] })
  t.strictSame(chosen.signals.eventNames(), ['SIGINT', 'SIGTERM'])
  const none = bench()
  none.lifeCycle.listen({ signals: [] })
  t.strictSame(none.signals.eventNames(), [])
  t.end()
})

t.test('the second server of listen({ host: \'localhost\' }) is found, and a stranger\'s is not', async (t) => {
  const routing = (): void => {}
  const { lifeCycle } = bench({ routing })
  lifeCycle.start()
  const [own, stranger] = [createServer(routing), createServer(() => {})]
  for (const server of [own, stranger]) await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  await lifeCycle.closing()
  t.equal(own.listenerCount('request'), 2)
  t.equal(stranger.listenerCount('request'), 1)
  lifeCycle.closed()
  t.equal(own.listenerCount('request'), 1)
  own.close()
  stranger.close()
})

t.test('a connection that was opened in advance and never used does not hold the end up', async t => {
  const app = Fastify()
  ensureCore(app)
  app.get('/', async () => 'used')
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const unused = connect(port, '127.0.0.1')
  await once(app.server, 'connection')
  const closed = once(unused.resume(), 'close')
  await app.close()
  await closed
  t.equal(app.plimsoll.journal.entries().some(({ event }) => event === 'deadline'), false)
})
