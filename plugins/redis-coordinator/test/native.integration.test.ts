import { fairShare, generationOf } from '@plimsoll/core'
import type { ClaimedItem, Commit, NothingYet, QueueLimits, ShareReport } from '@plimsoll/core'
import fc from 'fast-check'
import t from 'tap'
import type { Test } from 'tap'
import { skipWithout, startRedis } from '../../../tools/services.ts'
import { writeFields } from '../src/netstring.ts'
import { packStrings } from '../src/pack-strings.ts'
import type { RedisDriver } from '../src/redis-driver.ts'
import { redisStore } from './store.ts'
import type { TestStore } from './store.ts'
import { until } from './until.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)
const limits: QueueLimits = { visibilityMs: 60_000, maxAttempts: 3, maxLength: 1_000_000, dedupeMs: 60_000 }
/** What was claimed. */
const claimedOf = (claim: readonly ClaimedItem[] | NothingYet): readonly ClaimedItem[] => 'nextInMs' in claim ? [] : claim
const item = (id: string, body = '', deduplicate = false) => ({ id, body: bytes(body), deduplicate })
const report = (session: string, more: Partial<ShareReport> = {}): ShareReport => ({ session, wants: 10, has: 0, inUse: 0, total: 10, floor: 0, carriedUntil: 0, ...more })

let operations = 0
const op = (): string => `op${operations++}`
const put = (key: string): Commit => ({ id: op(), checks: [], operations: [{ put: key, value: bytes('v') }] })

if (!await skipWithout(t, 'redis-server')) {
  const redis = await startRedis()
  t.teardown(() => redis.stop())

  const onDriver = (name: string, test: (t: Test, driver: RedisDriver, store: TestStore) => Promise<void>): void => {
    t.test(name, async (t) => {
      const store = await redisStore(redis.port, { ttlMs: 1_000 })
      const driver = store.driver()
      t.teardown(async () => {
        await driver.close()
        await store.close()
      })
      await driver.connect(AbortSignal.timeout(60_000))
      await test(t, driver, store)
    })
  }

  onDriver('every mutation of a queue is done once for its operation id', async (t, driver) => {
    const queue = driver.queue('q', limits)
    t.equal(await queue.push('p1', [item('a', 'A'), item('b', 'B')], 0), true)
    t.equal(await queue.push('p1', [item('a', 'A'), item('b', 'B')], 0), true)
    t.match(await queue.stats(), { ready: 2 })
    const claimed = claimedOf(await queue.claim('c1', 1))
    t.same(claimedOf(await queue.claim('c1', 1)), claimed, 'a claim whose answer was lost gets the same')
    t.match(claimed, [{ id: 'a', attempt: 1, body: bytes('A') }])
    const receipt = { id: 'a', attempt: 1 }
    t.equal(await queue.extend('e1', receipt, 90_000), true)
    t.equal(await queue.release('r1', receipt, 0), true)
    t.equal(await queue.release('r1', receipt, 0), true)
    t.same(claimedOf(await queue.claim('c1', 1)), [], 'and nothing of what it has given back')
    t.equal(await queue.release('r2', receipt, 0), false, 'the receipt is over')
    const again = claimedOf(await queue.claim('c2', 1))
    t.match(again, [{ id: 'a', attempt: 2 }])
    t.equal(await queue.ack('a1', receipt), false)
    t.equal(await queue.ack('a2', { id: 'a', attempt: 2 }), true)
    t.equal(await queue.ack('a2', { id: 'a', attempt: 2 }), true)
    t.equal(await queue.ack('a3', { id: 'a', attempt: 2 }), false)
    t.equal(await queue.extend('e2', { id: 'never', attempt: 1 }, 1), false)
  })

  onDriver('a push of 5,000 items, one of a mebibyte, and any characters go through whole', async (t, driver, store) => {
    const queue = driver.queue('ž/{}*:\n🐎', limits)
    const items = [...Array.from({ length: 5_000 }, (_, i) => item(`i${i}`, String(i))), item('big', 'x'.repeat(1024 * 1024)), item('\u0000ž🐎', '\u0000')]
    await queue.push('p', items, 0)
    const claimed = claimedOf(await queue.claim('c', 6_000))
    t.equal(claimed.length, items.length)
    t.same(claimed.map(({ id }) => id), items.map(({ id }) => id), 'in their order')
    t.same(claimed.at(-1)?.body, bytes('\u0000'))
    t.equal(claimed.at(-2)?.body.length, 1024 * 1024)
    const acked = await Promise.all(claimed.map(({ id, attempt }) => queue.ack(`a${id}`, { id, attempt })))
    t.ok(acked.every(Boolean))
    t.same((await store.client.keys(`*{${store.namespace.name}}:queue:*`)), [], 'nothing is left of it')
  })

  onDriver('a queue remembers a given id, and one twice in a push is one', async (t, driver, store) => {
    const queue = driver.queue('q', { ...limits, dedupeMs: 30_000 })
    await queue.push('p1', [item('a', '1', true), item('a', '2', true)], 0)
    const [one, more] = claimedOf(await queue.claim('c1', 5))
    t.match(one?.body, bytes('1'))
    t.equal(more, undefined)
    await queue.ack('a1', { id: 'a', attempt: 1 })
    await queue.push('p2', [item('a', '3', true)], 0)
    t.same(claimedOf(await queue.claim('c2', 5)), [])
    await store.jumpClock(31_000)
    await queue.push('p3', [item('a', '4', true)], 0)
    t.match(claimedOf(await queue.claim('c3', 5)), [{ id: 'a', attempt: 1 }])
  })

  onDriver('a claim of nothing tells when there may be something; a push tells who waits, of its own queue alone', async (t, driver) => {
    const queue = driver.queue('q', limits)
    t.same(await queue.claim(op(), 1), { nextInMs: Infinity })
    await queue.push(op(), [item('later')], 5_000)
    const delayed = await queue.claim(op(), 1)
    t.ok('nextInMs' in delayed && delayed.nextInMs > 4_500 && delayed.nextInMs <= 5_001, JSON.stringify(delayed))
    await queue.push(op(), [item('now')], 0)
    await queue.claim(op(), 1)
    await driver.queue('q', { ...limits }).extend(op(), { id: 'now', attempt: 1 }, 1_000)
    const leased = await queue.claim(op(), 1)
    t.ok('nextInMs' in leased && leased.nextInMs > 500 && leased.nextInMs <= 1_001, JSON.stringify(leased))
    const heard: string[] = []
    const stops = [1, 2].map((listener) => queue.onReady(() => { heard.push(`q${listener}`) }))
    const other = driver.queue('other', limits)
    const stopOther = other.onReady(() => { heard.push('other') })
    await until('the subscription', async () => {
      await other.push(op(), [item(op())], 0)
      return heard.includes('other')
    })
    t.notOk(heard.includes('q1') || heard.includes('q2'))
    await queue.push(op(), [item('x')], 0)
    await until('the message', () => heard.includes('q1') && heard.includes('q2'))
    for (const stop of [...stops, stopOther]) stop()
  })

  onDriver('a queue of many dead items buries them in claims of a bounded length', async (t, driver) => {
    const queue = driver.queue('q', { ...limits, maxAttempts: 1 })
    await queue.push(op(), Array.from({ length: 3_000 }, (_, i) => item(`i${i}`)), 0)
    const claimed = claimedOf(await queue.claim(op(), 3_000))
    await Promise.all(claimed.map((receipt) => queue.release(op(), receipt, 0)))
    let dead = 0
    for (let claims = 0; claims < 4 && dead < 3_000; claims++) {
      t.same(claimedOf(await queue.claim(op(), 10)), [])
      dead = (await queue.stats()).dead
    }
    t.equal(dead, 3_000)
    t.equal((await queue.dead(10)).length, 10)
    t.equal(await driver.queue('q', { ...limits, maxLength: 1 }).revive('r1', 'i0'), true)
    t.equal(await driver.queue('q', { ...limits, maxLength: 1 }).revive('r1', 'i0'), true, 'once for its id')
    t.equal(await driver.queue('q', { ...limits, maxLength: 1 }).revive('r2', 'i1'), false, 'no room')
    t.equal(await queue.revive('r3', 'never'), false)
  })

  onDriver('targets are core\'s fair shares, exactly, and the granted never sum to more than the total', async (t, driver) => {
    const demand = fc.record({ wants: fc.nat(30), floor: fc.nat(6) })
    let capacities = 0
    await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: 60 }), fc.array(demand, { minLength: 1, maxLength: 7 }), async (total, demands) => {
      const capacity = driver.capacity(`c${capacities++}`)
      const sessions = demands.map((_, i) => `s${i}`)
      await Promise.all(sessions.map((session) => driver.openSession(session, 60_000)))
      const ask = async (i: number, has: number): Promise<{ readonly granted: number, readonly total: number, readonly target: number }> => {
        const { wants = 0, floor = 0 } = demands[i] ?? {}
        const grant = await capacity.report(op(), report(`s${i}`, { wants, floor, total, has }))
        if (grant === undefined) throw new Error('no session')
        return grant
      }
      const granted = demands.map(() => 0)
      const want = fairShare(total, demands.map(({ wants, floor }, i) => ({ key: `s${i}`, wants, floor })))
      // Three rounds: all are known, the greedy give back, the others get it.
      for (let round = 0; round < 3; round++) {
        for (const i of demands.keys()) {
          const first = await ask(i, granted[i] ?? 0)
          granted[i] = first.granted > first.target ? (await ask(i, first.target)).granted : first.granted
          if (granted.reduce((sum, one) => sum + one, 0) > total) return false
        }
      }
      return demands.every((_, i) => granted[i] === want.get(`s${i}`))
    }), { numRuns: 60 })
    t.pass('60 sets of demands')
  })

  onDriver('a report is done once for its operation id, and one of a session that is over is none', async (t, driver) => {
    const capacity = driver.capacity('c')
    const session = await driver.openSession('a', 60_000)
    await driver.openSession('b', 60_000)
    t.match(await capacity.report('r1', report('a')), { granted: 10 })
    t.match(await capacity.report('r2', report('a', { has: 4, wants: 4 })), { granted: 4 })
    t.match(await capacity.report('r3', report('b')), { granted: 6 })
    t.match(await capacity.report('r1', report('a')), { granted: 10 }, 'the first answer')
    t.match(await capacity.report('r4', report('b', { has: 6 })), { granted: 6 }, 'without a second effect')
    await capacity.leave('l1', 'a')
    t.match(await capacity.report('r5', report('b', { has: 6 })), { granted: 10 })
    await capacity.leave('l1', 'a')
    await capacity.leave('l2', 'never there')
    await session.revoke()
    t.equal(await capacity.report('r6', report('a')), undefined)
    await capacity.leave('l3', 'b')
    t.same(await driver.inspection.holders('c'), { granted: 0, total: 0, holders: [] })
  })

  onDriver('a report is told of only where it concerns others', async (t, driver, store) => {
    const capacity = driver.capacity('c')
    for (const session of ['a', 'b']) await driver.openSession(session, 60_000)
    let last = 0
    /** Messages that a report led to. */
    const messages = async (session: string, more: Partial<ShareReport>): Promise<number> => {
      await capacity.report(op(), report(session, more))
      const before = last
      last = Number(await store.client.hget(store.namespace.meta, 'shares'))
      return last - before
    }
    t.equal(await messages('a', {}), 1, 'the first tells the total')
    t.equal(await messages('b', {}), 1, 'it has to share')
    t.equal(await messages('a', { has: 5 }), 1, 'there is room')
    t.equal(await messages('b', {}), 0, 'which is taken')
    t.equal(await messages('a', { has: 5, wants: 7 }), 0, 'still more than its share')
    t.equal(await messages('a', { has: 3, wants: 3 }), 1, 'it gives back')
    t.equal(await messages('b', { has: 5 }), 0)
    t.equal(await messages('a', { has: 3, wants: 4 }), 1, 'it wants more, and b has to give')
    t.equal(await messages('b', { has: 7, total: 8 }), 1, 'a total that is lower')
    t.equal(await messages('b', { has: 4, total: 8, floor: 6 }), 1, 'a floor')
    t.equal(await messages('a', { has: 4, wants: 4, floor: 6 }), 1, 'floors that are more than the total')
    t.equal(await messages('a', { has: 4, wants: 4, floor: 6 }), 0, 'nobody answers anybody for ever')
    t.equal(await messages('b', { has: 4, total: 8, floor: 5 }), 1, 'who gets its floor may have changed')
    t.equal(await messages('b', { has: 1, total: 8, floor: 5 }), 1, 'it gives back')
    t.equal(await messages('b', { has: 2, total: 8, floor: 5 }), 0)
  })

  onDriver('strangers on our channels are not listened to', async (t, driver, store) => {
    const heard: string[] = []
    driver.subscribe((channel, bytes) => { heard.push(`${channel} ${String(bytes)}`) })
    driver.watch(({ changes }) => { for (const { key } of changes) heard.push(key) })
    driver.capacity('c').onChange(() => { heard.push('told') })
    await until('the subscriptions', async () => {
      await driver.broadcast('news', bytes('1'))
      await driver.commit({ id: op(), checks: [], operations: [{ put: 'k', value: bytes('v') }] })
      return heard.includes('news 1') && heard.includes('k')
    })
    heard.length = 0
    for (const channel of ['changes', 'broadcasts', 'ready', 'shares'] as const) {
      for (const text of ['nonsense', '1:a', '0:']) await store.client.publish(store.namespace.channel(channel), text)
    }
    await driver.commit({ id: op(), checks: [], operations: [{ delete: 'k' }, { put: 'last', value: bytes('v') }] })
    await until('the last', () => heard.includes('last'))
    // What it sent itself may come late.
    t.same(heard.filter((one) => one !== 'k' && one !== 'news 1'), ['last'])
  })

  onDriver('a message about shares that was lost is made good by the next renewal', async (t, driver, store) => {
    const session = await driver.openSession('s', 60_000)
    let told = 0
    driver.capacity('c').onChange(() => { told += 1 })
    await session.renew([])
    const before = told
    await session.renew([])
    t.equal(told, before, 'nothing has moved')
    await store.client.hincrby(store.namespace.meta, 'shares', 1)
    await session.renew([])
    t.equal(told, before + 1)
  })

  onDriver('a message about a push that was lost is made good by the next renewal', async (t, driver, store) => {
    const session = await driver.openSession('s', 60_000)
    let told = 0
    const stop = driver.queue('q', limits).onReady(() => { told += 1 })
    await session.renew([])
    const before = told
    await session.renew([])
    t.equal(told, before, 'nothing was pushed')
    await store.client.hincrby(store.namespace.meta, 'pushes', 1)
    await session.renew([])
    t.equal(told, before + 1)
    stop()
  })

  onDriver('a message about shares that comes after one that was lost tells every capacity', async (t, driver, store) => {
    const told: string[] = []
    for (const name of ['one', 'other']) driver.capacity(name).onChange(() => { told.push(name) })
    const channel = store.namespace.channel('shares')
    const message = (version: number): Buffer => writeFields([String(version), 'one', 's', '10', '5', '', '5', '0'].map((field) => Buffer.from(field)))
    await until('the subscription', async () => await store.client.publish(channel, message(7)) > 0)
    await until('the first', () => told.includes('one'))
    await until('both', () => told.includes('other'))
    told.length = 0
    await store.client.publish(channel, message(8))
    await until('the next', () => told.includes('one'))
    t.same(told, ['one'], 'of its own capacity alone')
    await store.client.publish(channel, message(10))
    await until('the one after a gap', () => told.includes('other'))
  })

  onDriver('acknowledgements and claims of one turn are one command, in which what is given back is there to be had', async (t, driver, store) => {
    const queue = driver.queue('q', limits)
    await queue.push(op(), [item('a'), item('b'), item('c')], 0)
    const [first, second] = claimedOf(await queue.claim(op(), 2))
    if (first === undefined || second === undefined) throw new Error('nothing was claimed')
    const calls = async (): Promise<number> => Number(/cmdstat_evalsha:calls=(\d+)/.exec(await store.client.info('commandstats'))?.[1])
    const before = await calls()
    const [acknowledged, released, one, more, none] = await Promise.all([queue.ack(op(), first), queue.release(op(), second, 0), queue.claim(op(), 1), queue.claim(op(), 5), queue.claim(op(), 1)])
    t.equal(await calls() - before, 1)
    t.same([acknowledged, released], [true, true])
    t.match(claimedOf(one), [{ id: 'b', attempt: 2 }])
    t.match(claimedOf(more), [{ id: 'c', attempt: 1 }])
    t.ok('nextInMs' in none && none.nextInMs > 50_000, JSON.stringify(none))
  })

  onDriver('strings of any length and kind are unpacked by the server as they were packed', async (t, _driver, store) => {
    const fields = ['', 'a', 'ž🐎\u0000', 'x'.repeat(70_000), '1']
    const unpacked = await store.client.callBuffer('eval', 'return cmsgpack.unpack(ARGV[1])', 0, packStrings([...fields, Buffer.from([0, 255, 128])]))
    if (!Array.isArray(unpacked)) throw new Error('no list')
    t.same(unpacked.slice(0, -1).map(String), fields)
    t.same(unpacked.at(-1), Buffer.from([0, 255, 128]))
    t.same(await store.client.callBuffer('eval', 'return cmsgpack.unpack(ARGV[1])', 0, packStrings([])), [])
  })

  onDriver('what instances beyond 1,024 report is granted nothing', async (t, driver) => {
    const capacity = driver.capacity('c')
    const ids = Array.from({ length: 1_025 }, (_, i) => `s${i}`)
    for (const id of ids) await driver.openSession(id, 60_000)
    for (const id of ids.slice(0, 1_024)) await capacity.report(op(), report(id, { wants: 0 }))
    t.match(await capacity.report(op(), report('s1024')), { granted: 0, target: 0 })
    await capacity.leave(op(), 's5')
    t.match(await capacity.report(op(), report('s1024')), { granted: 10 })
  })

  onDriver('a bucket gives what it has, refills by the server\'s time, and is gone when it has been full', async (t, driver, store) => {
    const quota = driver.quota('rate')
    const rate = { limit: 10, windowMs: 1_000_000, burst: 10 }
    t.same(await quota.take('o1', 'k', 4, rate), { granted: 4, retryAfterMs: 0 })
    t.same(await quota.take('o1', 'k', 4, rate), { granted: 4, retryAfterMs: 0 }, 'the same operation takes nothing')
    t.match(await quota.take('o2', 'k', 40, rate), { granted: 6, retryAfterMs: Number })
    const empty = await quota.take('o3', 'k', 1, rate)
    t.equal(empty.granted, 0)
    t.ok(empty.retryAfterMs > 90_000 && empty.retryAfterMs <= 100_000, `${empty.retryAfterMs} ms`)
    await store.jumpClock(200_000)
    t.match(await quota.take('o4', 'k', 5, rate), { granted: 2 })
    const [key] = await store.client.keys(`*{${store.namespace.name}}:quota:*`)
    const ttl = await store.client.pttl(String(key))
    t.ok(ttl > 999_000 && ttl <= 1_001_000, `${ttl} ms`)
  })

  onDriver('a server that knows less than an instance has seen has lost data: another generation, and quarantine', async (t, driver, store) => {
    await driver.openSession('s', 60_000)
    for (let i = 0; i < 5; i++) await driver.commit(put('k'))
    const before = await driver.commit(put('k'))
    t.ok(before.ok)
    // A restart without the tail of its file, or a replica that was behind.
    await store.client.hincrby(store.namespace.meta, 'counter', -3)
    const after = await driver.commit(put('k'))
    t.ok(before.ok && after.ok && generationOf(after.revision) > generationOf(before.revision))
    t.match(await driver.commit({ id: op(), checks: [{ calm: true }], operations: [] }), { ok: false, reason: 'quarantine' })
    t.ok(await driver.inspection.quarantineMs() > 1_000)
    t.match(await driver.commit({ id: op(), checks: [{ key: 'k', revision: before.ok ? before.revision : 0n }], operations: [] }), { ok: false, reason: 'conflict' }, 'no old revision matches')
    const kept = store.driver({ firstUse: true })
    t.teardown(() => kept.close())
    await kept.connect(AbortSignal.timeout(60_000))
    await store.wipe()
    t.match(await kept.commit({ id: op(), checks: [{ calm: true }], operations: [] }), { ok: true }, 'by firstUse nothing was lost')
  })

  onDriver('time that goes back ends nothing early, and keeps nothing for ever', async (t, driver, store) => {
    const session = await driver.openSession('s', 60_000)
    await driver.commit({ id: op(), checks: [], operations: [{ put: 'k', value: bytes('v'), ttlMs: 150 }] })
    const { serverTime } = await session.renew([])
    await store.jumpClock(-3_600_000)
    const later = await session.renew([])
    t.ok(later.serverTime >= serverTime, 'the time of the store does not go back')
    t.equal(later.quarantineMs, 0)
    await until('its expiry', async () => await driver.get('k') === undefined, 2_000)
  })

  onDriver('a clock that is set on by less than a ttl ends no lease', async (t, driver, store) => {
    const session = await driver.openSession('s', 1_000)
    for (let i = 0; i < 3; i++) {
      await store.jumpClock(800)
      t.match(await session.renew([]), { quarantineMs: 0 })
      await store.jumpClock(800)
      await driver.get('k')
    }
    await store.jumpClock(1_500)
    await t.rejects(session.renew([]), { code: 'PLM_COORDINATOR_SESSION_LOST' }, 'one of more than a ttl may be a night in which nobody was there')
    t.ok((await driver.openSession('t', 1_000)).pulse.quarantineMs > 1_000, 'or a jump: whoever held something may still believe it')
  })

  onDriver('a session leaves nothing in the store, and those who watch are told', async (t, driver, store) => {
    const session = await driver.openSession('s', 60_000)
    const gone: string[] = []
    driver.watch(({ changes }) => { for (const { key, entry } of changes) if (entry === null) gone.push(key) })
    await until('the subscription', async () => {
      await driver.commit(put('probe'))
      await driver.commit({ id: op(), checks: [], operations: [{ delete: 'probe' }] })
      return gone.includes('probe')
    })
    await driver.commit({ id: op(), checks: [], operations: ['a', 'b'].map((key) => ({ put: key, value: bytes('v'), ttlMs: 60_000, session: 's' })) })
    await session.revoke()
    await until('the messages', () => gone.includes('a') && gone.includes('b'))
    t.same(await store.client.exists(...store.namespace.entries.slice(3, 9)), 0)
  })

  onDriver('sessions that have ended are forgotten after an hour', async (t, driver, store) => {
    await (await driver.openSession('a', 60_000)).revoke()
    const ended = store.namespace.entries[9] ?? ''
    t.equal(await store.client.zcard(ended), 1)
    await store.jumpClock(3_700_000)
    await (await driver.openSession('b', 60_000)).revoke()
    t.same(await store.client.zrange(ended, '0', '-1'), ['b'])
  })

  onDriver('what is asked for at once goes in few commands, each with its own answer', async (t, driver) => {
    const outcomes = await Promise.allSettled(Array.from({ length: 300 }, () => driver.queue('q', limits).push(op(), [item(op())], 0)))
    t.ok(outcomes.every(({ status }) => status === 'fulfilled'))
    const queue = driver.queue('many', limits)
    t.same(new Set(await Promise.all(Array.from({ length: 300 }, (_, i) => queue.push(op(), [item(`i${i}`)], 0)))), new Set([true]))
    t.match(await queue.stats(), { ready: 300 })
    const dead = driver.queue('wrong', limits)
    await driver.close()
    await Promise.all([t.rejects(dead.push(op(), [item('a')], 0)), t.rejects(dead.push(op(), [item('b')], 0))])
  })

  onDriver('what was asked is remembered for a minute at least, and the memory is bounded', async (t, driver, store) => {
    const first = { ...put('k'), id: 'first' }
    const outcome = await driver.commit(first)
    await driver.commit(put('k'))
    t.same(await driver.commit(first), outcome)
    await store.jumpClock(61_000)
    await driver.commit(put('k'))
    t.same(await driver.commit(first), outcome, 'of the last minute')
    await store.jumpClock(61_000)
    await driver.commit(put('k'))
    t.notSame(await driver.commit(first), outcome, 'of the minute before that no more')
  })
}
