import t from 'tap'
import { FaultyDriver } from '../../src/conformance/index.ts'
import { Coordinator } from '../../src/coordinator/coordinator.ts'
import type { CoordinatorOptions } from '../../src/coordinator/coordinator.ts'
import { LocalDriver } from '../../src/coordinator/local-driver.ts'
import { LocalStore } from '../../src/coordinator/local-store.ts'
import { fakeTime } from './fake-time.ts'

function bench (): { time: ReturnType<typeof fakeTime>, store: LocalStore, make: (id: string, options?: Partial<CoordinatorOptions>) => Promise<{ coordinator: Coordinator, driver: FaultyDriver }> } {
  const time = fakeTime()
  const store = new LocalStore(time.clock)
  return {
    time,
    store,
    make: async (id, options = {}) => {
      const driver = new FaultyDriver(new LocalDriver({ clock: time.clock, store }), time.clock)
      const coordinator = new Coordinator({ id, driver, clock: time.clock, timings: { ttlMs: 300 }, ...options })
      await coordinator.connect()
      return { coordinator, driver }
    }
  }
}

t.test('a lease does not come back after its deadline, though a late renewal is answered', async (t) => {
  const { time, make } = bench()
  const { coordinator, driver } = await make('a')
  const tenure = coordinator.tenure
  // The renewal is on its way when the process is stopped; its answer is the first thing seen afterwards.
  driver.latencyMs = 40
  await time.elapse(110)
  t.equal(tenure?.isHeld(), true)
  time.block(300, () => { t.equal(tenure?.isHeld(), false) })
  time.ahead(300)
  await time.elapse(80)
  t.equal(tenure?.isHeld(), false)
  t.equal(tenure?.signal.aborted, true)
})

t.test('verify() asks the store, and a record that an operator deletes ends the leadership', async (t) => {
  const { time, store, make } = bench()
  const { coordinator } = await make('a')
  const verified: boolean[] = []
  coordinator.elect('boss').run(async (leadership) => {
    verified.push(await leadership.verify())
    await new Promise<void>((resolve) => { leadership.signal.addEventListener('abort', () => { resolve() }) })
    verified.push(await leadership.verify())
  }).catch(() => {})
  await time.elapse(20)
  store.commit({ id: 'operator', checks: [], operations: [{ delete: 'el/boss/leader' }] })
  await time.elapse(5)
  t.same(verified, [true, false])
  await coordinator.close()
})

t.test('an isolated leader is verified by itself, and resigns to itself', async (t) => {
  const { time, make } = bench()
  const { coordinator, driver } = await make('a')
  driver.line = 'refuse'
  await time.elapse(400)
  const verified: boolean[] = []
  const run = coordinator.elect('boss', { whenIsolated: 'lead' }).run(async (leadership) => { verified.push(await leadership.verify()) })
  await time.elapse(50)
  await run
  t.same(verified, [true])
  t.equal((await coordinator.elect('boss').leader()), undefined)
})

t.test('a watch of more keys than it keeps track of ends with an error', async (t) => {
  const { time, store, make } = bench()
  const { coordinator } = await make('a')
  for (let i = 0; i < 10_001; i++) store.commit({ id: `op${i}`, checks: [], operations: [{ put: `kv/p/${i}`, value: new Uint8Array() }] })
  const reading = (async () => { for await (const change of coordinator.watch('p/')) t.ok(change) })()
  const failed = t.rejects(reading, { code: 'PLM_COORDINATOR_WATCH_TOO_WIDE' })
  await time.elapse(50)
  await failed
})

t.test('ephemeral values need a session, and a fence of an unknown election is refused', async (t) => {
  const { time, store, make } = bench()
  const { coordinator, driver } = await make('a')
  const fence = { name: 'never held', epoch: 1n, scope: 'shared', revision: 5n } as const
  await t.rejects(coordinator.set('k', 1, { fence }), { code: 'PLM_COORDINATOR_FENCED', message: /no epoch/ })
  store.revoke(coordinator.tenure?.session ?? '')
  await t.rejects(coordinator.set('k', 1, { ephemeral: true }), { code: 'PLM_COORDINATOR_SESSION_LOST' })
  driver.line = 'refuse'
  await time.elapse(400)
  await t.rejects(coordinator.set('k', 1, { ephemeral: true }), { code: 'PLM_COORDINATOR_UNAVAILABLE' })
})

t.test('values that are too large to be remembered, and more than a thousand, are not stale but gone', async (t) => {
  const { time, make } = bench()
  const { coordinator, driver } = await make('a')
  await coordinator.set('large', 'x'.repeat(20_000))
  for (let i = 0; i <= 1_000; i++) await coordinator.set(`k${i}`, i)
  driver.line = 'refuse'
  await time.elapse(400)
  t.equal(await coordinator.get('large'), undefined)
  t.equal(await coordinator.get('k0'), undefined)
  t.match(await coordinator.get('k1000'), { value: 1_000, stale: true })
})

t.test('a delete that is overtaken by a write looks again', async (t) => {
  const { store, make } = bench()
  const { coordinator } = await make('a')
  await coordinator.set('k', 1)
  const deleting = coordinator.delete('k')
  store.commit({ id: 'other', checks: [], operations: [{ put: 'kv/k', value: new TextEncoder().encode('2') }] })
  t.equal(await deleting, true)
  t.equal(store.get('kv/k'), undefined)
})

t.test('a handler that throws gets its item again, later each time', async (t) => {
  const { time, make } = bench()
  const { coordinator } = await make('a')
  const queue = coordinator.queue<string>('q', { maxAttempts: 3 })
  await queue.push('x')
  const at: number[] = []
  const stop = new AbortController()
  const consuming = queue.consume(async () => {
    at.push(time.clock.now())
    throw new Error('handler')
  }, { concurrency: 1, signal: stop.signal })
  await time.elapse(3_000)
  stop.abort()
  await consuming
  t.equal(at.length, 3)
  t.equal((await queue.stats()).dead, 1)
  const [delivery] = await queue.claim(1)
  t.equal(delivery, undefined)
})

t.test('a delivery that is settled cannot be settled otherwise', async (t) => {
  const { make } = bench()
  const { coordinator } = await make('a')
  const queue = coordinator.queue<string>('q')
  await queue.push(['x', 'y'])
  const [x, y] = await queue.claim(2)
  t.equal(await x?.ack(), true)
  t.equal(await x?.ack(), true)
  t.equal(await x?.extend(100), false)
  t.equal(await x?.release(), false)
  t.equal(await y?.release(), true)
  t.equal(await y?.ack(), false)
  t.throws(() => coordinator.queue('bad', { maxLength: 0 }), { code: 'PLM_COORDINATOR_INVALID_OPTION' })
})

t.test('a quota keeps a bounded number of keys, refuses what is no rate, and says when to come back', async (t) => {
  const { time, make } = bench()
  const { coordinator, driver } = await make('a')
  t.throws(() => coordinator.quota('bad', { limit: 0, windowMs: 1_000 }), { code: 'PLM_COORDINATOR_INVALID_OPTION' })
  const quota = coordinator.quota('rate', { limit: 2, windowMs: 1_000, maxKeys: 3 })
  for (let i = 0; i < 10; i++) quota.take(`client${i}`)
  t.equal(quota.keys, 3)
  await time.elapse(20)
  const decisions = Array.from({ length: 4 }, () => quota.take('client9'))
  t.equal(decisions[0]?.allowed, true)
  t.equal(decisions[3]?.allowed, false)
  t.ok((decisions[3]?.retryAfterMs ?? 0) > 0)
  await time.elapse(20)
  t.equal(quota.take('client9').allowed, false)
  driver.loseReplies = Infinity
  quota.take('another')
  await time.elapse(400)
  driver.loseReplies = 0
  await time.elapse(1_500)
  t.equal(quota.take('client9').allowed, true)
})

t.test('overcommit lets work run on; numbers that are none are refused', async (t) => {
  const { time, make } = bench()
  const { coordinator, driver } = await make('a')
  const share = coordinator.capacity('db', { total: 2, onLoss: 'overcommit' })
  await time.elapse(10)
  t.ok(share.tryAcquire())
  const { signal } = share
  driver.line = 'hang'
  await time.elapse(400)
  t.equal(signal.aborted, false)
  t.equal(share.inUse, 1)
  share.release()
  share.release()
  t.equal(share.inUse, 0)
  t.equal(share.wants, 2)
  for (const wrong of [-1, 0.5, NaN]) {
    t.throws(() => { share.want(wrong) }, { code: 'PLM_COORDINATOR_INVALID_OPTION' })
    t.throws(() => { share.resize(wrong) }, { code: 'PLM_COORDINATOR_INVALID_OPTION' })
  }
  t.throws(() => coordinator.capacity('bad', { total: 1.5 }), { code: 'PLM_COORDINATOR_INVALID_OPTION' })
  await share.close()
  await share.close()
  t.equal(share.tryAcquire(), false)
})
