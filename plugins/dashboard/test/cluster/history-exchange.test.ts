import { deflateRawSync } from 'node:zlib'
import { Coordinator, LocalDriver, LocalStore } from '@plimsoll/core'
import type { HistoryQuery } from '@plimsoll/core'
import { FaultyDriver } from '@plimsoll/core/conformance'
import { fakeClock } from '@plimsoll/core/testing'
import type { FakeClock } from '@plimsoll/core/testing'
import t from 'tap'
import type { Test } from 'tap'
import { HistoryExchange } from '../../src/cluster/history-exchange.ts'
import { writeHistoryReply } from '../../src/cluster/history-message.ts'
import type { HistoryAnswer } from '../../src/view/history-answer.ts'
import { until } from './instances.ts'

const FROM = 1_700_000_000_000

function historyOf (instance: string, points: number = 3, noise: () => number = () => 0): (query: HistoryQuery) => HistoryAnswer {
  return ({ step = 1000, of }) => {
    const at = Array.from({ length: Math.ceil(points * 1000 / step) }, (_, i) => FROM + i * step)
    const columns = Object.fromEntries(['requests', 'errors', 'p99'].map((name) => [name, at.map((_, i) => i === 0 ? null : i + noise())]))
    const heat = at.map(() => [3, 4])
    return { instance, step, at, columns, ...(of === undefined && { heat, marks: [{ at: FROM, kind: 'journal', severity: 'info', instance, component: 'pool', event: 'full', text: 'full' }] }) }
  }
}

interface Member {
  readonly coordinator: Coordinator
  readonly exchange: HistoryExchange
  readonly driver: FaultyDriver
}

async function cluster (t: Test, histories: Readonly<Record<string, (query: HistoryQuery) => HistoryAnswer | undefined>>): Promise<{ readonly clock: FakeClock, readonly of: (id: string) => Member }> {
  const clock = fakeClock({ now: 1000 })
  const store = new LocalStore(clock)
  const members = new Map<string, Member>()
  for (const [id, historyOf] of Object.entries(histories)) {
    const driver = new FaultyDriver(new LocalDriver({ clock, store }), clock)
    const coordinator = new Coordinator({ id, clock, driver })
    const exchange = new HistoryExchange({ instance: id, coordinator, clock, historyOf })
    await coordinator.connect()
    exchange.open()
    members.set(id, { coordinator, exchange, driver })
    t.teardown(async () => {
      exchange.close()
      await coordinator.close()
    })
  }
  await until(() => [...members.values()].every(({ coordinator }) => coordinator.registry.lastSeen().length === members.size))
  return { clock, of: (id) => members.get(id)! }
}

t.test('the history of another instance is that which it keeps', async (t) => {
  const { clock, of } = await cluster(t, { a: historyOf('a'), b: historyOf('b'), c: historyOf('c') })
  const idle = clock.pending
  t.strictSame(await of('a').exchange.ask('b', { from: FROM, to: FROM + 5000, step: 2000 }), historyOf('b')({ step: 2000 }))
  for (const series of [{ method: 'GET', route: '/' }, { origin: 'http://stock' }, { figure: 'carts' }]) t.strictSame(await of('a').exchange.ask('c', { of: series }), historyOf('c')({ of: series }))
  t.strictSame([of('a'), of('b'), of('c')].map(({ exchange }) => exchange.counters), [{ answered: 0, refused: 0 }, { answered: 1, refused: 0 }, { answered: 3, refused: 0 }])
  t.equal(clock.pending, idle, 'nothing is left running')
})

t.test('an instance that nobody knows is not asked; one that keeps none, or does not answer, has none after two seconds', async (t) => {
  const { clock, of } = await cluster(t, { a: historyOf('a'), b: () => undefined, c: () => { throw new Error('a question that it can not take') } })
  const { coordinator, exchange } = of('a')
  t.equal(await exchange.ask('ghost', {}), undefined)
  t.equal(coordinator.broadcasts.sent, 0)
  for (const id of ['b', 'c']) {
    const asked = exchange.ask(id, {})
    await until(() => of(id).exchange.counters.refused === 1)
    clock.advance(2000)
    t.equal(await asked, undefined)
  }
})

t.test('what is asked when it is closed ends, and alone nobody is asked', async (t) => {
  const { of } = await cluster(t, { a: historyOf('a'), b: () => undefined })
  const asked = of('a').exchange.ask('b', {})
  of('a').exchange.close()
  t.equal(await asked, undefined)
  const clock = fakeClock()
  const coordinator = new Coordinator({ id: 'a', clock, driver: new LocalDriver({ clock }) })
  t.teardown(() => coordinator.close())
  const alone = new HistoryExchange({ instance: 'a', coordinator, clock, historyOf: historyOf('a') })
  alone.open()
  t.equal(await alone.ask('a', {}), undefined)
})

t.test('what does not fit into a broadcast has coarser steps; what does not fit even then is not sent', async (t) => {
  const { clock, of } = await cluster(t, { a: historyOf('a'), b: historyOf('b', 6000, Math.random), c: historyOf('c', 60_000, Math.random) })
  t.match(await of('a').exchange.ask('b', {}), undefined, 'more points than there may be')
  t.match(await of('a').exchange.ask('b', { step: 10_000 }), { step: 10_000 })
  const asked = of('a').exchange.ask('c', {})
  await until(() => of('c').exchange.counters.refused === 1)
  clock.advance(2000)
  t.equal(await asked, undefined)
})

t.test('at most ten are answered at once and five a second, whoever asks; and fifty wait at most', async (t) => {
  const { clock, of } = await cluster(t, { a: historyOf('a'), b: historyOf('b') })
  const { exchange } = of('a')
  const got: Array<HistoryAnswer | undefined> = []
  const asked = Array.from({ length: 60 }, async () => { got.push(await exchange.ask('b', {})) })
  await until(() => got.length === 20)
  t.equal(got.filter((answer) => answer !== undefined).length, 10, 'and ten had no place to wait')
  t.strictSame(of('b').exchange.counters, { answered: 10, refused: 40 })
  clock.advance(2000)
  await Promise.all(asked)
  t.ok(await exchange.ask('b', {}), 'two seconds later others are')
})

t.test('a reply that is none, or that nobody waits for, harms nobody', async (t) => {
  const { of } = await cluster(t, { a: historyOf('a'), b: () => undefined })
  const { exchange, coordinator: { incarnation: to } } = of('a')
  const { broadcasts, incarnation: life } = of('b').coordinator
  const replies: readonly Uint8Array[] = [Buffer.from('no deflated bytes'), deflateRawSync('no JSON'), deflateRawSync('{"instance":"c"}'), deflateRawSync(Buffer.alloc(5_000_000))]
  for (const [index, bytes] of replies.entries()) {
    const asked = exchange.ask('b', {})
    await broadcasts.send('dashboard.history.replies', writeHistoryReply({ life, to, id: 999, bytes }))
    await broadcasts.send('dashboard.history.replies', Buffer.from('no message'))
    await broadcasts.send('dashboard.history.requests', Buffer.from('no message'))
    await broadcasts.send('dashboard.history.replies', writeHistoryReply({ life, to: 'somebody else', id: index + 1, bytes }))
    await broadcasts.send('dashboard.history.replies', writeHistoryReply({ life, to, id: index + 1, bytes }))
    t.equal(await asked, undefined)
  }
  t.equal(await of('b').exchange.ask('a', {}).then((answer) => answer?.instance), 'a')
})
