import t from 'tap'
import { conformance, conformanceCases, FaultyDriver, runCase } from '../../src/conformance/index.ts'
import type { ConformanceStore } from '../../src/conformance/index.ts'
import { Coordinator } from '../../src/coordinator/coordinator.ts'
import type { CoordinatorOptions } from '../../src/coordinator/coordinator.ts'
import type { Entry, WatchBatch } from '../../src/coordinator/driver.ts'
import type { ClaimedItem, NothingYet, QueueDriver } from '../../src/coordinator/queue-driver.ts'
import { SessionLost } from '../../src/coordinator/errors.ts'
import { untilAborted } from '../../src/conformance/election-cases.ts'
import { Bench, realTime } from '../../src/conformance/bench.ts'
import { Leadership } from '../../src/coordinator/leadership.ts'
import { Mirror } from '../../src/coordinator/mirror.ts'
import { revisionOf } from '../../src/coordinator/revision.ts'
import { LocalDriver } from '../../src/coordinator/local-driver.ts'
import { LocalStore } from '../../src/coordinator/local-store.ts'
import { Tenure } from '../../src/coordinator/tenure.ts'
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

t.test('a run that is stopped while it leads resigns at once, though its task goes on', async (t) => {
  const { time, make } = bench()
  const { coordinator } = await make('a')
  const stop = new AbortController()
  const goOn = Promise.withResolvers<void>()
  let held: boolean | undefined
  const run = coordinator.elect('boss').run(async (leadership) => {
    await untilAborted(leadership)
    held = leadership.isHeld()
    await goOn.promise
  }, { signal: stop.signal })
  await time.elapse(20)
  stop.abort()
  await time.elapse(5)
  t.equal(held, false)
  goOn.resolve()
  await time.elapse(5)
  await run
  await coordinator.close()
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
  t.same(verified, [true, false, true], 'and it campaigns again')
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

t.test('the signal of a delivery is aborted at its deadline, which an extension puts off, and never once it is acknowledged', async (t) => {
  const { time, make } = bench()
  const { coordinator } = await make('a')
  const queue = coordinator.queue<string>('q', { visibilityMs: 200 })
  await queue.push(['kept', 'done', 'unwatched'])
  const [kept, done, unwatched] = await queue.claim(3)
  if (kept === undefined || done === undefined || unwatched === undefined) throw new Error('nothing was claimed')
  const waiting = time.pending()
  const signals = [kept.signal, done.signal]
  t.equal(time.pending() - waiting, 2, 'a timer for whoever listens, and none for others')
  t.equal(kept.signal, signals[0])
  await time.elapse(100)
  t.equal(await kept.extend(200), true)
  t.equal(await unwatched.extend(150), true)
  t.equal(await done.ack(), true)
  await time.elapse(150)
  t.same(signals.map(({ aborted }) => aborted), [false, false])
  t.equal(unwatched.signal.aborted, true, 'asked after its end')
  await time.elapse(50)
  t.same(signals.map(({ aborted }) => aborted), [true, false])
  t.equal(done.signal.aborted, false)
  await coordinator.close()
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

t.test('what others wrote in its records is untrusted', async (t) => {
  const { time, store, make } = bench()
  const write = (key: string, text: string): void => { store.commit({ id: `junk ${key}`, checks: [], operations: [{ put: key, value: new TextEncoder().encode(text) }] }) }
  write('cap/db', '{"holders":{"x":7,"y":{"granted":-3,"wants":"all","total":9,"__proto__":1}}}')
  write('cap/other', '[]')
  write('in/odd', '{"id":7}')
  write('in/odder', '{"id":"x"}')
  write('in/oddest', 'no json')
  write('el/boss/leader', '{"id":7}')
  write('el/gone/leader', 'null')
  write('q/q/meta', '[]')
  write('rate/r/k', '{"tokens":"many","at":null}')
  const { coordinator } = await make('a')
  const shares = [coordinator.capacity('db', { total: 4 }), coordinator.capacity('other', { total: 4 })]
  coordinator.quota('r', { limit: 4, windowMs: 1_000 }).take('k')
  await time.elapse(600)
  t.same(shares.map((share) => share.granted), [4, 4])
  t.same((await coordinator.instances()).map(({ id }) => id), ['a'])
  t.same(coordinator.registry.lastSeen().map(({ id }) => id), ['a'])
  t.equal(await coordinator.elect('boss').leader(), undefined)
  const stop = new AbortController()
  const run = coordinator.elect('boss').run(async () => { t.fail('leads') }, { signal: stop.signal })
  await time.elapse(200)
  stop.abort()
  await run
  t.equal((await coordinator.queue('q').push(1)).durable, true)
})

t.test('more holders than a record takes are left without a share', async (t) => {
  const { time, store, make } = bench()
  const holders = Object.fromEntries(Array.from({ length: 1_024 }, (_, i) => [`s${i}`, { granted: 0, wants: 0, inUse: 0, total: 9, floor: 0 }]))
  const operations = [{ put: 'cap/db', value: new TextEncoder().encode(JSON.stringify({ holders })) }]
  for (const session of Object.keys(holders)) store.commit({ id: `live ${session}`, checks: [], operations: [{ put: `live/${session}`, value: new Uint8Array() }] })
  store.commit({ id: 'full', checks: [], operations })
  const { coordinator } = await make('a')
  const share = coordinator.capacity('db', { total: 9 })
  await time.elapse(50)
  t.equal(share.granted, 0)
})

t.test('one record that everybody writes at once is settled all the same', async (t) => {
  const { time, make } = bench()
  const all = await Promise.all(Array.from({ length: 24 }, (_, i) => make(`i${i}`)))
  for (const { driver } of all) driver.latencyMs = 2
  const shares = all.map(({ coordinator }) => coordinator.capacity('db', { total: 48 }))
  await time.elapse(2_000)
  t.same(shares.map((share) => share.granted), Array.from({ length: 24 }, () => 2))
  const quotas = all.map(({ coordinator }) => coordinator.quota('rate', { limit: 1_000, windowMs: 1_000 }))
  for (const quota of quotas) quota.take('one key')
  await time.elapse(500)
  t.ok(quotas.every((quota) => quota.take('one key').allowed))
  const leaving = Promise.all(shares.map((share) => share.close()))
  await time.elapse(2_000)
  await leaving
})

t.test('closing while a session is being opened revokes it', async (t) => {
  const { time, store } = bench()
  const driver = new FaultyDriver(new LocalDriver({ clock: time.clock, store }), time.clock)
  driver.latencyMs = 20
  const coordinator = new Coordinator({ id: 'a', driver, clock: time.clock, timings: { ttlMs: 300 } })
  const connecting = coordinator.connect()
  await time.elapse(70)
  const closing = coordinator.close()
  await time.elapse(200)
  await closing
  t.equal(await connecting, false)
  t.same(store.list('live/', 10).entries, [])
})

t.test('a driver that throws instead of rejecting is as good as one that rejects', async (t) => {
  const time = fakeTime()
  class Throws extends LocalDriver {
    override connect (): Promise<void> { throw new Error('thrown') }
  }
  const warned: string[] = []
  const coordinator = new Coordinator({ id: 'a', driver: new Throws({ clock: time.clock, store: new LocalStore(time.clock) }), clock: time.clock, journal: { record: ({ message }) => { warned.push(message) } } })
  t.equal(await coordinator.connect(), false)
  t.match(warned, [/thrown/])
  await coordinator.close()
  t.equal(await coordinator.connect(), false)
})

t.test('a share that was carried over and not confirmed lasts no longer than the lease that it came from', async (t) => {
  const { time, store, make } = bench()
  const { coordinator, driver } = await make('a')
  const share = coordinator.capacity('db', { total: 2 })
  await time.elapse(10)
  t.ok(share.tryAcquire())
  const { signal } = share
  const deadline = coordinator.tenure?.deadline ?? 0
  store.wipe(450)
  // A session again, and what the share reports is never answered.
  const { session } = coordinator.tenure ?? {}
  driver.latencyMs = 3
  while (coordinator.tenure === undefined || coordinator.tenure.session === session) await time.elapse(1)
  driver.loseReplies = Infinity
  t.equal(signal.aborted, false)
  store.wipe(450)
  await time.elapse(deadline - time.clock.now() + 200)
  t.equal(signal.aborted, true)
})

t.test('names that begin alike do not disturb one another, and a share may leave before it was granted', async (t) => {
  const { time, make } = bench()
  const { coordinator } = await make('a')
  const shares = ['db', 'db2'].map((name) => coordinator.capacity(name, { total: 2 }))
  await time.elapse(10)
  t.same(shares.map(({ granted }) => granted), [2, 2])
  const never = coordinator.capacity('never', { total: 0 })
  await never.close()
  await time.elapse(10)
})

t.test('delayed pushes, several items under one id, and extending what was lost', async (t) => {
  const { time, make } = bench()
  const { coordinator } = await make('a')
  const queue = coordinator.queue<string>('q', { visibilityMs: 100 })
  t.same((await queue.push(['x', 'y'], { id: 'pair', delayMs: 50 })).ids, ['pair.0', 'pair.1'])
  t.same(await queue.claim(2), [])
  await time.elapse(60)
  const [x] = await queue.claim(1)
  await time.elapse(120)
  t.equal(x?.isHeld(), false)
  await queue.claim(1)
  t.equal(await x?.extend(100), false)
  t.same((await queue.push([])).ids, [])
})

t.test('what is buffered waits while the queue is full, and is flushed by one at a time', async (t) => {
  const { time, make } = bench()
  const { coordinator, driver } = await make('a')
  const queue = coordinator.queue<number>('q', { maxLength: 2, buffer: { max: 5 } })
  await queue.push(1)
  driver.line = 'refuse'
  await time.elapse(400)
  await queue.push([2, 3])
  driver.line = 'open'
  driver.latencyMs = 10
  await time.elapse(400)
  t.equal(queue.buffered, 2)
  await Promise.all([queue.flush(), queue.flush(), time.elapse(100)])
  const claiming = queue.claim(1)
  await time.elapse(100)
  const acknowledged = (await claiming)[0]?.ack()
  await time.elapse(300)
  t.equal(await acknowledged, true)
  t.equal(queue.buffered, 0)
})

t.test('more items than a page may be held by others', async (t) => {
  const { make } = bench()
  const { coordinator } = await make('a')
  const queue = coordinator.queue<number>('q')
  await queue.push(Array.from({ length: 1_100 }, (_, i) => i))
  t.equal((await queue.claim(1_050)).length, 1_050)
  t.same((await queue.claim(100)).map(({ body }) => body), Array.from({ length: 50 }, (_, i) => 1_050 + i))
})

t.test('what a rate has admitted is owed when the backend has lost its data', async (t) => {
  const { time, store, make } = bench()
  const { coordinator } = await make('a')
  const quota = coordinator.quota('api', { limit: 100, windowMs: 10_000 })
  let admitted = 0
  const ask = async (ms: number): Promise<void> => {
    for (let i = 0; i < ms; i += 10) {
      while (quota.take('client').allowed) admitted += 1
      await time.elapse(10)
    }
  }
  await ask(100)
  const before = admitted
  store.wipe(450)
  await ask(12_000)
  // In twelve seconds the rate brings 120; a new store has another 100 for whoever owes nothing.
  t.ok(admitted - before <= 120, `${before}, then ${admitted - before}`)
})

t.test('a driver that cannot tell when there will be something is polled', async (t) => {
  const time = fakeTime()
  const store = new LocalStore(time.clock)
  const items: ClaimedItem[] = []
  class Polled extends LocalDriver {
    queue (): QueueDriver {
      const no = async (): Promise<boolean> => true
      return { push: no, claim: async () => items.splice(0), ack: no, extend: no, release: no, stats: async () => ({ ready: 0, leased: 0, delayed: 0, dead: 0, oldestMs: 0 }), dead: async () => [], revive: no, onReady: () => () => {} }
    }
  }
  const coordinator = new Coordinator({ id: 'a', driver: new Polled({ clock: time.clock, store }), clock: time.clock, timings: { ttlMs: 300 } })
  await coordinator.connect()
  const got: string[] = []
  const stop = new AbortController()
  const consuming = coordinator.queue<string>('q').consume(async ({ body }) => { got.push(body) }, { concurrency: 1, signal: stop.signal })
  await time.elapse(150)
  items.push({ id: 'x', attempt: 1, body: new TextEncoder().encode('"x"') })
  await time.elapse(110)
  t.same(got, ['x'])
  stop.abort()
  await consuming
  await coordinator.close()
})

t.test('a consumer looks for one half of what it can do while the other is on its way, and never for more', async (t) => {
  const time = fakeTime()
  /** Looks without an answer. */
  const looks: { readonly limit: number, readonly answer: (items: number) => void }[] = []
  const handled: (() => void)[] = []
  class Slow extends LocalDriver {
    queue (): QueueDriver {
      const yes = async (): Promise<boolean> => true
      const claim = async (operation: string, limit: number): Promise<readonly ClaimedItem[] | NothingYet> => {
        const { promise, resolve } = Promise.withResolvers<number>()
        looks.push({ limit, answer: resolve })
        const items = await promise
        return items === 0 ? { nextInMs: Infinity } : Array.from({ length: items }, (_, index) => ({ id: `${operation}.${index}`, attempt: 1, body: new Uint8Array([48]) }))
      }
      return { push: yes, claim, ack: yes, extend: yes, release: yes, stats: async () => ({ ready: 0, leased: 0, delayed: 0, dead: 0, oldestMs: 0 }), dead: async () => [], revive: yes, onReady: () => () => {} }
    }
  }
  const coordinator = new Coordinator({ id: 'a', driver: new Slow({ clock: time.clock, store: new LocalStore(time.clock) }), clock: time.clock, timings: { ttlMs: 300 } })
  await coordinator.connect()
  const stop = new AbortController()
  const queue = coordinator.queue('q')
  const consuming = queue.consume(() => new Promise((resolve) => { handled.push(resolve) }), { concurrency: 40, signal: stop.signal })
  const finish = async (works: number): Promise<void> => {
    for (const done of handled.splice(0, works)) done()
    await time.elapse(1)
  }
  const answer = async (...items: readonly number[]): Promise<void> => {
    for (const [index, { answer }] of looks.splice(0, items.length).entries()) answer(items[index]!)
    await time.elapse(1)
  }
  const looksFor = (limits: readonly number[], why: string): void => { t.same(looks.map(({ limit }) => limit), limits, why) }
  await time.elapse(1)
  looksFor([20], 'one until it is known that there is much')
  await answer(20)
  looksFor([20], 'no more than can be worked on')
  await answer(20)
  looksFor([], 'nor while all are at work')
  await finish(5)
  looksFor([5], 'for what has come free')
  await finish(20)
  looksFor([5, 20], 'while the other is under way')
  await finish(15)
  looksFor([5, 20], 'two at most')
  await answer(5, 20)
  looksFor([15], 'the rest')
  await finish(25)
  looksFor([15, 20], 'two again')
  await answer(0)
  looksFor([20], 'the other goes on')
  await answer(0)
  looksFor([], 'and then it waits')
  stop.abort()
  await consuming
  t.same(await queue.claim(1, { signal: stop.signal }), [])
  looksFor([], 'nor does who was stopped before')
  await coordinator.close()
})

t.test('a task that throws because it lost the leadership is answered by another campaign', async (t) => {
  const { time, store, make } = bench()
  const { coordinator } = await make('a')
  let terms = 0
  const run = coordinator.elect('boss').run(async ({ signal }) => {
    terms += 1
    if (terms === 2) return
    await untilAborted({ signal })
    throw new Error('aborted')
  })
  await time.elapse(20)
  store.commit({ id: 'operator', checks: [], operations: [{ delete: 'el/boss/leader' }] })
  await time.elapse(20)
  await run
  t.equal(terms, 2)
})

t.test('a coordinator that was closed does not connect', async (t) => {
  const { time } = bench()
  const coordinator = new Coordinator({ id: 'a', clock: time.clock })
  await coordinator.close()
  t.equal(await coordinator.connect(), false)
})

t.test('closing a driver ends what listens to it', async (t) => {
  const { time, store } = bench()
  const driver = new LocalDriver({ clock: time.clock, store })
  driver.watch(() => t.fail('told after the end'))
  await driver.close()
  store.commit({ id: 'op', checks: [], operations: [{ put: 'k', value: new Uint8Array() }] })
})

t.test('a second watcher of a prefix sees what is there, and pushes without values are read', async (t) => {
  const time = fakeTime()
  const store = new LocalStore(time.clock)
  class KeysOnly extends LocalDriver {
    override watch (listener: (batch: WatchBatch) => void): () => void {
      return super.watch(({ changes, ...batch }) => { listener({ ...batch, changes: changes.map(({ key, entry }) => entry === null ? { key, entry } : { key }) }) })
    }
  }
  const coordinator = new Coordinator({ id: 'a', driver: new KeysOnly({ clock: time.clock, store }), clock: time.clock, timings: { ttlMs: 300 } })
  await coordinator.connect()
  const seen: unknown[] = []
  const follow = async (): Promise<void> => { for await (const { value } of coordinator.watch('p/')) seen.push(value) }
  const first = follow()
  await coordinator.set('p/1', 'one')
  await time.elapse(10)
  const second = follow()
  await time.elapse(10)
  t.same(seen, ['one', 'one'])
  const got: number[] = []
  const stop = coordinator.broadcasts.receive('news', ({ length }) => { got.push(length) })
  await coordinator.broadcasts.send('news', new Uint8Array(3))
  stop()
  await coordinator.broadcasts.send('news', new Uint8Array(4))
  t.same(got, [3])
  await coordinator.close()
  await Promise.all([first, second])
})

t.test('a registration that is nobody\'s is waited for, and shown where it says who it is', async (t) => {
  const { time, store, make } = bench()
  const write = (key: string, text: string): void => { store.commit({ id: `by hand ${key}`, checks: [], operations: [{ put: key, value: new TextEncoder().encode(text) }] }) }
  write('in/a', 'by hand')
  write('in/b', '{"id":"b","incarnation":"x","meta":{},"health":{"status":"ok"}}')
  const { coordinator } = await make('a')
  await time.elapse(100)
  t.equal(coordinator.registry.registered, false)
  t.match(await coordinator.instances(), [{ id: 'b', seenAgoMs: 0 }])
  store.commit({ id: 'removed', checks: [], operations: [{ delete: 'in/a' }] })
  await time.elapse(10)
  t.equal(coordinator.registry.registered, true)
})

t.test('errors that say something else than away go through', async (t) => {
  const { coordinator } = await bench().make('a')
  await t.rejects(coordinator.link.mutate(() => Promise.reject(new SessionLost('s'))), { code: 'PLM_COORDINATOR_SESSION_LOST' })
})

t.test('a case that needs what the store of the test cannot do says so', async (t) => {
  const { time } = bench()
  const one = conformanceCases.find(({ needs }) => needs === 'wipe')
  t.ok(one)
  if (one === undefined) return
  const store = new LocalStore(time.clock)
  const createStore = async (): Promise<ConformanceStore> => ({ driver: () => new LocalDriver({ clock: time.clock, store }), close: async () => {} })
  await t.rejects(runCase(one, { createStore, time }), { message: /has no wipe\(\)/ })
  const skipped: string[] = []
  conformance({ createStore, time, test: () => {}, skip: (name, reason) => { skipped.push(`${name}: ${reason}`) }, skips: { 65: 'no data to lose' } })
  t.match(skipped, [/^65: .*no data to lose$/])
})

t.test('a candidate that is stopped while it is being elected leads nowhere, and resigns', async (t) => {
  const { time, store, make } = bench()
  const { coordinator, driver } = await make('a')
  driver.latencyMs = 10
  const stop = new AbortController()
  const run = coordinator.elect('boss').run(async () => { t.fail('leads') }, { signal: stop.signal })
  await time.elapse(32)
  stop.abort()
  await time.elapse(100)
  await run
  t.equal(store.get('el/boss/leader'), undefined)
  t.ok(store.get('el/boss/epoch'), 'it had been elected')
})

t.test('a mirror takes the deletion of what it never knew for nothing', async (t) => {
  const mirror = new Mirror('p')
  mirror.listeners.add(() => { t.fail('told') })
  t.equal(mirror.apply({ after: 0n, revision: 5n, changes: [{ key: 'p1', entry: null }] }), true)
  t.equal(mirror.revision, 5n)
})

t.test('what a mirror has learnt ahead of the watch is undone by what comes after it alone', async (t) => {
  const mirror = new Mirror('p')
  const told: (bigint | undefined)[] = []
  mirror.listeners.add(({ entry }) => { told.push(entry?.revision) })
  const entry = (revision: bigint): Entry => ({ key: 'p1', value: new Uint8Array(), revision })
  mirror.learn(entry(5n))
  mirror.replace([], 3n)
  t.equal(mirror.apply({ after: 3n, revision: 4n, changes: [{ key: 'p1', entry: null }] }), true)
  t.equal(mirror.get('p1')?.revision, 5n, 'a list and a push of the time before')
  mirror.replace([], 6n)
  t.equal(mirror.get('p1'), undefined)
  mirror.learn(entry(5n))
  t.equal(mirror.get('p1'), undefined, 'the watch is past it')
  mirror.learn(entry(7n))
  mirror.replace([], revisionOf(1, 1))
  t.equal(mirror.get('p1'), undefined, 'new data has nothing of the old')
  t.same(told, [5n, undefined, 7n, undefined])
})

t.test('the bench of the suite says what it waited for', async (t) => {
  const { time, store } = bench()
  const one = new Bench({ store: { driver: () => new LocalDriver({ clock: time.clock, store }), close: async () => {} }, time, ttlMs: 300, manyItems: 1, newCoordinator: (options) => new Coordinator(options) })
  await t.rejects(one.until('the moon', () => false, 5), { message: /5 ms for the moon/ })
  await t.rejects(one.untilAsync('the sun', async () => false, 5), { message: /5 ms for the sun/ })
  await t.rejects(one.rejects(Promise.resolve(), 'CONFLICT'), { message: /rejects with PLM_COORDINATOR_CONFLICT, not undefined/ })
  await t.rejects(one.rejects(Promise.reject(new Error('plain')), 'CONFLICT'), { message: /not Error: plain/ })
  await untilAborted({ signal: AbortSignal.abort() })
  const start = realTime.clock.now()
  realTime.block(2, () => { t.ok(realTime.clock.now() - start >= 2) })
  await one.close()
})

t.test('an answer on its way is lost with its line', async (t) => {
  const { time, make } = bench()
  const { coordinator, driver } = await make('a')
  driver.latencyMs = 10
  const asked = driver.get('k').then(() => { t.fail('answered') })
  t.ok(asked)
  await time.elapse(15)
  driver.line = 'hang'
  await time.elapse(50)
  driver.line = 'open'
  await Promise.all([coordinator.close(), time.elapse(200)])
})

t.test('a session that a late request has made anew in new data is not the old one', async (t) => {
  const { time, store, make } = bench()
  const { coordinator } = await make('a')
  const tenure = coordinator.tenure
  store.wipe(450)
  store.openSession(tenure?.session ?? '', 300)
  await time.elapse(150)
  t.equal(tenure?.isHeld(), false)
  t.not(coordinator.tenure?.session, tenure?.session)
  t.equal(coordinator.mode, 'cluster')
})

t.test('a session that is gone before it was announced is opened anew', async (t) => {
  const time = fakeTime()
  const driver = new LocalDriver({ clock: time.clock, store: new LocalStore(time.clock) })
  const commit = driver.commit.bind(driver)
  let refused = 0
  driver.commit = async (asked) => refused++ === 0 ? { ok: false, reason: 'session' } : await commit(asked)
  const coordinator = new Coordinator({ id: 'a', driver, clock: time.clock, timings: { ttlMs: 300 } })
  t.equal(await coordinator.connect(), false)
  await time.elapse(100)
  t.equal(coordinator.mode, 'cluster')
  await coordinator.close()
})

t.test('a leadership that was won as the lease ended is none', async (t) => {
  const tenure = new Tenure('s', 1_000, fakeTime().clock)
  tenure.end()
  const leadership = new Leadership({ fence: { scope: 'shared', name: 'boss', epoch: 1n, revision: 1n }, tenure, verify: async () => true, giveUp: async () => {} })
  t.equal(leadership.signal.aborted, true)
  t.equal(leadership.isHeld(), false)
})
