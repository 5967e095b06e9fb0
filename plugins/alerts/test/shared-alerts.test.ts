import { setImmediate } from 'node:timers/promises'
import plimsoll, { ensureCore, LocalDriver, LocalStore, Unavailable } from '@plimsoll/core'
import { FaultyDriver } from '@plimsoll/core/conformance'
import { fakeClock } from '@plimsoll/core/testing'
import type { FakeClock } from '@plimsoll/core/testing'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import alerts from '../src/index.ts'
import { whilePassing } from './app.ts'
import type { AlertsOptions, Notification } from '../src/index.ts'

interface Instance {
  readonly id: string
  readonly app: FastifyInstance
  readonly driver: FaultyDriver
  /** Whether its rule holds. */
  bad: boolean
  /** What its notifier does. */
  notifier: 'takes' | 'fails'
}

interface Cluster {
  readonly clock: FakeClock
  readonly store: LocalStore
  readonly instances: readonly Instance[]
  readonly told: Notification[]
  pass (seconds: number): Promise<void>
  leader (): Instance
}

async function cluster (t: { teardown (task: () => unknown): void }, size: number, options: AlertsOptions = {}): Promise<Cluster> {
  const clock = fakeClock({ now: 1000 })
  const store = new LocalStore(clock)
  const told: Notification[] = []
  const pass = async (seconds: number): Promise<void> => {
    for (let step = 0; step < 20 * seconds; step++) {
      clock.advance(50)
      await setImmediate()
      await setImmediate()
    }
  }
  const instances = Array.from({ length: size }, (_, index): Instance => {
    const id = `shop-${index + 1}`
    const app = Fastify()
    const driver = new FaultyDriver(new LocalDriver({ clock, store }), clock)
    const instance: Instance = { id, app, driver, bad: false, notifier: 'takes' }
    const core = ensureCore(app, { clock })
    core.offerBackend('memory', () => driver)
    app.register(plimsoll, { coordinator: { id } })
    app.register(alerts, {
      log: false,
      groupWaitMs: 1000,
      customRules: [{ name: 'bad', keepFiringForMs: 0, coolDownMs: 0, evaluate: () => instance.bad }],
      notifiers: [{
        type: 'function',
        notify (notification) {
          if (instance.notifier === 'fails') throw new Error('off')
          told.push(notification)
        }
      }],
      ...options
    })
    return instance
  })
  await Promise.all(instances.map(async ({ app }) => await app.ready()))
  t.teardown(async () => {
    await whilePassing(clock, Promise.all(instances.map(async ({ app }) => await app.close())))
  })
  await pass(1)
  return { clock, store, instances, told, pass, leader: () => instances.find(({ app }) => app.alerts.voice === 'all') ?? instances[0]! }
}

t.test('one of five notifies, of the alerts of all', async t => {
  const { instances, told, pass } = await cluster(t, 5)
  t.equal(instances.filter(({ app }) => app.alerts.voice === 'all').length, 1)
  for (const instance of instances) instance.bad = true
  await pass(5)
  t.equal(told.length, 1)
  t.match(told[0], { status: 'firing', title: '[FIRING] service: bad on 5 instances' })
  t.equal(instances[4]?.app.alerts.firing({ cluster: true }).length, 5)
  for (const instance of instances) instance.bad = false
  await pass(5)
  t.same(told.map(({ status }) => status), ['firing', 'resolved'])
})

t.test('the leader goes between firing and sending: the next one tells it, with the same fingerprint', async t => {
  const { instances, told, pass, leader } = await cluster(t, 3)
  const first = leader()
  first.notifier = 'fails'
  first.bad = true
  await pass(4)
  t.equal(told.length, 0)
  // As if killed: nothing of it gets through any more.
  first.driver.line = 'hang'
  await pass(30)
  const [notification] = told
  t.match(notification, { status: 'firing', alerts: [{ instance: first.id }] })
  t.not(notification?.sender, first.id)
  t.equal(told.length, 1)
  await pass(400)
  t.match(told[1], { status: 'resolved', fingerprint: notification?.fingerprint, alerts: [{ summary: `nothing is heard of ${first.id} any more` }] })
  t.ok(instances.length)
})

t.test('a leader that changes after telling does not tell it again', async t => {
  const { told, pass, leader } = await cluster(t, 3)
  const first = leader()
  const { app } = first
  first.bad = true
  await pass(4)
  t.equal(told.length, 1)
  const closing = app.close()
  await pass(5)
  await closing
  await pass(20)
  t.same(told.map(({ status }) => status), ['firing', 'resolved'], 'its instance has stopped, so it is over')
  t.not(leader().id, first.id)
})

t.test('isolated instances speak for themselves; back in the cluster one speaks for all again', async t => {
  const { instances, told, pass } = await cluster(t, 2)
  for (const { driver } of instances) driver.line = 'refuse'
  await pass(15)
  t.ok(instances.every(({ app }) => app.alerts.voice === 'itself'))
  for (const instance of instances) instance.bad = true
  await pass(10)
  t.same(told.map(({ sender, alerts }) => [sender, alerts.length]).sort(), [['shop-1', 1], ['shop-2', 1]])
  t.equal(told[0]?.fingerprint, told[1]?.fingerprint)
  for (const { driver } of instances) driver.line = 'open'
  await pass(30)
  t.equal(instances.filter(({ app }) => app.alerts.voice === 'all').length, 1)
  for (const instance of instances) instance.bad = false
  await pass(10)
  t.equal(told.at(-1)?.status, 'resolved')
})

t.test('where isolated instances are to follow, nobody speaks until the store is back', async t => {
  const { instances, told, pass } = await cluster(t, 2, { whenIsolated: 'follow' })
  for (const { driver } of instances) driver.line = 'refuse'
  await pass(15)
  for (const instance of instances) instance.bad = true
  await pass(10)
  t.same(told, [])
  t.ok(instances.every(({ app }) => app.alerts.voice === 'none'))
  for (const { driver } of instances) driver.line = 'open'
  await pass(30)
  t.equal(told.at(-1)?.alerts.length, 2)
})

t.test('a silence given to one instance holds on all, and so does its end', async t => {
  const { instances, told, pass } = await cluster(t, 3)
  const [one, two] = instances
  const silence = one?.app.alerts.silence({ rule: 'bad' })
  await pass(1)
  t.same(two?.app.alerts.silences(), [silence])
  for (const instance of instances) instance.bad = true
  await pass(5)
  t.same(told, [])
  two?.app.alerts.unsilence(silence?.id ?? '')
  await pass(5)
  t.equal(told.length, 1)
  t.same(one?.app.alerts.silences(), [])
})

t.test('records are renewed while they fire, and told of again when it lasts', async t => {
  const { instances, told, pass } = await cluster(t, 2, { repeatIntervalMs: 600_000 })
  const [one, two] = instances
  if (one === undefined || two === undefined) throw new Error('two')
  one.bad = true
  await pass(650)
  t.same(told.map(({ status, repeat }) => [status, repeat]), [['firing', 0], ['firing', 1]])
  t.equal(two.app.alerts.firing({ cluster: true }).length, 1)
})

t.test('what others have written is not trusted', async t => {
  const { instances, told, pass } = await cluster(t, 2)
  const [one] = instances
  const coordinator = one?.app.plimsoll.coordinator
  const fingerprint = '0123456789abcdef'
  const good = { fingerprint, rule: 'bad', severity: 'warning', labels: {}, instance: 'x', status: 'firing', startsAt: 1, endsAt: null, value: null, threshold: null, summary: '' }
  for (const [key, value] of [['active/x/nonsense', 'nonsense'], [`active/x/${fingerprint}`, { ...good, instance: 'y' }], ['active/', 5], ['told/x', 'nonsense'], ['told/y', { alerts: 5 }], ['told/z', { alerts: [['a', 1], 5], repeat: 'x' }], ['silences/x', 7], ['silences/y', undefined]] as const) {
    await coordinator?.set(`alerts/${key}`, value ?? null)
  }
  await pass(3)
  t.same(told, [])
  await coordinator?.set(`alerts/active/x/${fingerprint}`, good)
  await pass(3)
  t.match(told, [{ alerts: [{ instance: 'x' }] }])
  await coordinator?.set(`alerts/active/x/${fingerprint}`, 'broken')
  await pass(3)
  t.match(told[1], { status: 'resolved' })
})

t.test('a write that is refused is not tried again, and one that does not arrive is', async t => {
  const { instances, pass } = await cluster(t, 2)
  const [one, two] = instances
  if (one === undefined || two === undefined) throw new Error('two')
  const { coordinator } = one.app.plimsoll
  const set = coordinator.set.bind(coordinator)
  let refused = 0
  coordinator.set = async () => {
    refused++
    throw new Error('fenced')
  }
  one.app.alerts.silence({ rule: 'refused' })
  await pass(3)
  t.equal(refused, 1)
  coordinator.set = async () => { throw new Unavailable('away', { ambiguous: false }) }
  one.app.alerts.silence({ rule: 'late' })
  await pass(3)
  t.same(two.app.alerts.silences(), [])
  coordinator.set = set
  await pass(3)
  t.match(two.app.alerts.silences(), [{ rule: 'late' }])
})

t.test('writes that wait for the store are bounded', async t => {
  const { instances, pass } = await cluster(t, 2)
  const [one, two] = instances
  if (one === undefined || two === undefined) throw new Error('two')
  one.driver.line = 'refuse'
  await pass(15)
  for (let index = 0; index < 2100; index++) {
    const { id } = one.app.alerts.silence({ rule: `r${index}` })
    one.app.alerts.unsilence(id)
  }
  const last = one.app.alerts.silence({ rule: 'last' })
  one.driver.line = 'open'
  await pass(30)
  t.same(two.app.alerts.silences(), [last])
})

t.test('what is followed of others is bounded', async t => {
  const { instances, pass } = await cluster(t, 2)
  const [one, two] = instances
  if (one === undefined || two === undefined) throw new Error('two')
  for (let index = 0; index < 2100; index++) await one.app.plimsoll.coordinator.set(`alerts/active/x/${index.toString(16).padStart(16, '0')}`, { fingerprint: index.toString(16).padStart(16, '0'), rule: 'bad', severity: 'warning', labels: {}, instance: 'x', status: 'firing', startsAt: 1, endsAt: null, value: null, threshold: null, summary: '' })
  await pass(2)
  t.equal(two.app.alerts.firing({ cluster: true }).length, 2000)
})
