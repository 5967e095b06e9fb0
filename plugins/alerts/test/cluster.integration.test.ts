import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { skipWithout, startRedis } from '../../../tools/services.ts'
import type { Notification } from '../src/index.ts'

const INSTANCES = 5
const BOUND_MS = 30_000

interface Instance {
  readonly id: string
  readonly child: ChildProcess
  voice: string
  firing: number
}

async function until (condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + BOUND_MS
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${BOUND_MS} ms: ${what}`)
    await delay(20)
  }
}

t.test('five processes on one Redis: one notifies; when it is killed between firing and sending, the next one tells it', { timeout: 120_000 }, async t => {
  if (await skipWithout(t, 'redis-server')) return
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const taken: Notification[] = []
  const received: Notification[] = []
  let deaf = ''
  const hook = createServer((req, res) => {
    text(req).then(body => {
      const notification: Notification = JSON.parse(body)
      received.push(notification)
      // Who is to be killed while it sends gets no answer.
      if (notification.sender === deaf) return
      taken.push(notification)
      res.writeHead(204).end()
    })
  })
  await new Promise<void>(resolve => { hook.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => { hook.closeAllConnections(); hook.close() })
  const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`
  const program = fileURLToPath(new URL('./cluster/instance-process.ts', import.meta.url))
  const instances = Array.from({ length: INSTANCES }, (_, index): Instance => {
    const id = `shop-${index + 1}`
    const child = fork(program, [id, `redis://127.0.0.1:${redis.port}`, url], { execArgv: ['--conditions=plimsoll:source'], env: { ...process.env, NODE_OPTIONS: '' } })
    const instance: Instance = { id, child, voice: 'none', firing: 0 }
    child.on('message', message => { Object.assign(instance, message) })
    return instance
  })
  t.teardown(() => { for (const { child } of instances) child.kill('SIGKILL') })
  const alive = (): Instance[] => instances.filter(({ child }) => child.exitCode === null && child.signalCode === null)
  const leaders = (): Instance[] => alive().filter(({ voice }) => voice === 'all')
  const soleLeader = async (): Promise<Instance> => {
    await until(() => leaders().length === 1, 'one leader')
    return leaders()[0]!
  }

  await t.test('all five have the alert, one tells it, once', async t => {
    await soleLeader()
    for (const { child } of instances) child.send('bad')
    await until(() => taken.some(({ alerts }) => alerts.length === INSTANCES), 'a notification about all five')
    for (const { child } of instances) child.send('well')
    await until(() => taken.at(-1)?.status === 'resolved', 'its end')
    t.equal(new Set(taken.map(({ sender }) => sender)).size, 1)
    t.equal(new Set(taken.map(({ fingerprint }) => fingerprint)).size, 1)
    t.equal(new Set(taken.map(({ id }) => id)).size, taken.length, 'nothing was sent twice')
  })

  await t.test('the leader is killed between firing and sending', async t => {
    const leader = await soleLeader()
    await until(() => alive().every(({ firing }) => firing === 0), 'calm on all instances')
    const before = received.length
    leader.child.send('bad')
    // The others know of it, and the leader still waits for alerts of the same cause.
    await until(() => alive().some(({ id, firing }) => id !== leader.id && firing === 1), 'another instance knows of the alert')
    leader.child.kill('SIGKILL')
    await until(() => taken.some(({ status, alerts, sender }) => status === 'firing' && sender !== leader.id && alerts.some(({ instance }) => instance === leader.id)), 'the next leader tells it')
    const told = received.slice(before).filter(({ status }) => status === 'firing')
    t.ok(told.length >= 1, 'at least once')
    t.equal(new Set(told.map(({ fingerprint, startsAt }) => `${fingerprint} ${startsAt}`)).size, 1, 'a receiver can tell that it is one')
    t.notOk(told.some(({ sender }) => sender === leader.id))
  })

  await t.test('the leader is killed while it sends', async t => {
    const leader = await soleLeader()
    deaf = leader.id
    const before = received.length
    const takenBefore = taken.length
    const takenSince = (): readonly Notification[] => taken.slice(takenBefore)
    leader.child.send('bad')
    await until(() => received.slice(before).some(({ sender, status }) => sender === leader.id && status === 'firing'), 'the leader sends')
    leader.child.kill('SIGKILL')
    await until(() => takenSince().some(({ sender, status, alerts }) => sender !== leader.id && status === 'firing' && alerts.some(({ instance }) => instance === leader.id)), 'the next leader sends it again')
    const told = [...received.slice(before), ...takenSince()].filter(({ status, alerts }) => status === 'firing' && alerts.some(({ instance }) => instance === leader.id))
    t.equal(new Set(told.map(({ fingerprint }) => fingerprint)).size, 1)
    t.equal(new Set(told.map(({ alerts }) => alerts.find(({ instance }) => instance === leader.id)?.startsAt)).size, 1, 'a receiver can tell that it is one')
  })
})
