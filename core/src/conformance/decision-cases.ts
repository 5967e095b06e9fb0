import assert from 'node:assert/strict'
import { keys } from '../coordinator/keys.ts'
import { ABSENT, generationOf } from '../coordinator/revision.ts'
import { some } from './bench.ts'
import type { ConformanceCase } from './conformance-case.ts'
import { campaign, untilAborted } from './election-cases.ts'

/** The decisions of section 11 of the reference, which win over the rest. */
export const decisionCases: readonly ConformanceCase[] = [
  {
    number: 65,
    name: 'after data loss nobody is elected, and no capacity granted, until the longest lease is over',
    needs: 'wipe',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      // Cut off just before: it goes on believing for as long as its lease lasts.
      const first = campaign(bench, a)
      const share = a.coordinator.capacity('db', { total: 4 })
      await bench.until('the leader', () => first.leading?.isHeld() === true && share.granted === 4, 2 * bench.ttlMs)
      a.driver.line = 'hang'
      const quarantineMs = bench.ttlMs + bench.graceMs
      const wipedAt = bench.clock.now()
      await bench.store.wipe?.(quarantineMs)
      const second = campaign(bench, b)
      const other = b.coordinator.capacity('db', { total: 4 })
      await bench.until('the next leader and its share', () => {
        if (bench.clock.now() - wipedAt < quarantineMs - 20) {
          assert.equal(second.leading, undefined, 'elected in quarantine')
          assert.equal(other.granted, 0, 'granted in quarantine')
        }
        return second.leading?.isHeld() === true && other.granted === 4
      }, 6 * bench.ttlMs)
      assert.equal(first.leading?.isHeld(), false)
    }
  },
  {
    number: 66,
    name: 'who held capacity when the data was lost keeps it through the quarantine',
    needs: 'wipe',
    run: async (bench) => {
      const a = await bench.instance('a')
      const share = a.coordinator.capacity('db', { total: 4 })
      await bench.until('the share', () => share.granted === 4, 2 * bench.ttlMs)
      assert.ok(share.tryAcquire())
      const { signal } = share
      const session = a.coordinator.tenure?.session
      await bench.store.wipe?.(bench.ttlMs + bench.graceMs)
      await bench.until('another session', () => a.coordinator.tenure !== undefined && a.coordinator.tenure.session !== session, 2 * bench.ttlMs)
      await bench.elapse(bench.ttlMs / 2)
      assert.equal(share.granted, 4)
      await bench.elapse(3 * bench.ttlMs)
      assert.equal(share.granted, 4)
      assert.equal(signal.aborted, false)
    }
  },
  {
    number: 67,
    name: 'a revision of data that was lost never matches new data',
    needs: 'wipe',
    run: async (bench) => {
      const { coordinator } = await bench.instance('a')
      const old = await bench.during(coordinator.set('k', 1))
      await bench.store.wipe?.(bench.ttlMs)
      await bench.untilAsync('a session', async () => coordinator.mode === 'cluster' && await coordinator.set('other', 1).then(() => true, () => false), 4 * bench.ttlMs)
      const fresh = await bench.during(coordinator.set('k', 2))
      assert.notEqual(generationOf(fresh), generationOf(old))
      await bench.rejects(coordinator.set('k', 3, { ifRevision: old }), 'CONFLICT')
    }
  },
  {
    number: 68,
    name: 'an epoch is above all that this instance and those it knows have seen',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      // An epoch from the far future, as a store with a wrong clock would have issued it.
      const future = Math.floor(bench.clock.wallTime()) + 10 ** 9
      const driver = await bench.driver()
      await driver.commit({ id: 'future', checks: [{ key: keys.epoch('one'), revision: ABSENT }], operations: [{ put: keys.epoch('one'), value: new TextEncoder().encode(JSON.stringify({ id: 'x', epoch: future })) }] })
      const one = campaign(bench, a, 'one')
      await bench.until('the first', () => one.leading !== undefined, 2 * bench.ttlMs)
      assert.ok(one.leading && one.leading.fence.epoch > BigInt(future))
      a.coordinator.report({ status: 'ok' })
      await bench.elapse(bench.ttlMs)
      const other = campaign(bench, b, 'other')
      await bench.until('the other', () => other.leading !== undefined, 2 * bench.ttlMs)
      assert.ok(other.leading && other.leading.fence.epoch > one.leading.fence.epoch)
    }
  },
  {
    number: 69,
    name: 'a fence that an isolated leader issued is refused by the shared store',
    run: async (bench) => {
      const { coordinator, driver } = await bench.instance('a')
      driver.line = 'hang'
      await bench.until('the loss', () => coordinator.mode === 'degraded', 2 * bench.ttlMs)
      const terms: string[] = []
      let local
      const run = coordinator.elect('boss', { whenIsolated: 'lead' }).run(async (leadership) => {
        terms.push(leadership.fence.scope)
        local ??= leadership.fence
        await untilAborted(leadership)
      }, { signal: bench.signal })
      run.catch(() => {})
      await bench.until('the isolated leader', () => terms.length === 1, 2 * bench.ttlMs)
      driver.line = 'open'
      await bench.until('the shared election', () => terms.length === 2, 6 * bench.ttlMs)
      assert.deepEqual(terms, ['local', 'shared'])
      assert.ok(local)
      await bench.rejects(coordinator.set('k', 1, { fence: local }), 'FENCED')
    }
  },
  {
    number: 70,
    name: 'a jump of the store\'s clock makes neither two leaders nor a leader for ever',
    needs: 'jumpClock',
    run: async (bench) => {
      for (const jump of [3_600_000, -3_600_000]) {
        const [a, b] = await Promise.all([bench.instance(`a${jump}`), bench.instance(`b${jump}`)])
        const name = `boss${jump}`
        const first = campaign(bench, a, name)
        await bench.until('the leader', () => first.leading?.isHeld() === true, 6 * bench.ttlMs)
        const second = campaign(bench, b, name)
        await bench.elapse(bench.ttlMs / 2)
        a.driver.line = 'hang'
        await bench.store.jumpClock?.(jump)
        await bench.until('the next leader', () => {
          const led = second.leading?.isHeld() === true
          assert.ok(!(led && first.leading?.isHeld()), 'two leaders')
          return led
        }, 8 * bench.ttlMs)
        await bench.during(b.coordinator.close())
      }
    }
  },
  {
    number: 71,
    name: 'a holder that is cut off stops at its deadline, and its share is granted anew only after the grace',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      const mine = a.coordinator.capacity('db', { total: 4 })
      await bench.until('the share', () => mine.granted === 4, 2 * bench.ttlMs)
      for (let i = 0; i < 4; i++) assert.ok(mine.tryAcquire())
      const { signal } = mine
      const other = b.coordinator.capacity('db', { total: 4 })
      const { session } = some(a.coordinator.tenure)
      const observer = await bench.driver()
      a.driver.line = 'hang'
      // Not when its end was seen, which may be late: when it was last asked for and there.
      let lastAliveAt = bench.clock.now()
      await bench.untilAsync('the share to be granted anew', async () => {
        const askedAt = bench.clock.now()
        if (await observer.get(keys.live(session)) !== undefined) lastAliveAt = askedAt
        if (other.granted > 0) {
          assert.equal(signal.aborted, true, 'told to stop first')
          assert.equal(mine.granted, 0)
        }
        return other.granted === 4
      }, 6 * bench.ttlMs)
      assert.ok(bench.clock.now() - lastAliveAt >= bench.graceMs - 10, `granted ${bench.clock.now() - lastAliveAt} ms after the holder was there`)
    }
  },
  {
    number: 72,
    name: 'floors that cannot be reserved for good are refused with the figures',
    run: async (bench) => {
      const { coordinator } = await bench.instance('a')
      assert.throws(() => coordinator.capacity('x', { total: 10, floor: 3, isolated: 'floor', maxInstances: 4 }), /12/)
      assert.throws(() => coordinator.capacity('y', { total: 10, floor: 3, isolated: 'floor' }), { code: 'PLM_COORDINATOR_INVALID_OPTION' })
      assert.throws(() => coordinator.capacity('z', { total: 10, floor: 11 }), { code: 'PLM_COORDINATOR_INVALID_OPTION' })
    }
  },
  {
    number: 73,
    name: 'where totals differ the lowest rules, with one warning',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      const high = a.coordinator.capacity('db', { total: 20 })
      const low = b.coordinator.capacity('db', { total: 8 })
      await bench.until('shares of the lowest', () => high.granted === 4 && low.granted === 4, 4 * bench.ttlMs)
      await bench.elapse(bench.ttlMs)
      assert.equal(a.journal.filter(({ event }) => event === 'total-differs').length, 1)
      assert.equal(b.journal.filter(({ event }) => event === 'total-differs').length, 0)
    }
  },
  {
    number: 74,
    name: 'a rate holds for all instances together, and divides when the backend is away',
    run: async (bench) => {
      const instances = await bench.instances(3)
      await bench.elapse(bench.ttlMs)
      const windowMs = 10 * bench.ttlMs
      const quotas = instances.map(({ coordinator }) => coordinator.quota('rate', { limit: 30, windowMs }))
      const start = bench.clock.now()
      let admitted = 0
      for (let step = 0; step < 40; step++) {
        for (const quota of quotas) for (let i = 0; i < 30; i++) if (quota.take('client').allowed) admitted += 1
        await bench.elapse(bench.ttlMs / 20)
      }
      const refilled = 30 * (bench.clock.now() - start) / windowMs
      assert.ok(admitted >= 28, `${admitted} admitted`)
      // One burst, what came in meanwhile, and a batch an instance.
      assert.ok(admitted <= 30 + refilled + 3 * 5, `${admitted} admitted`)
      for (const { driver } of instances) driver.line = 'hang'
      await bench.until('the loss', () => instances.every(({ coordinator }) => coordinator.mode === 'degraded'), 2 * bench.ttlMs)
      const alone = Array.from({ length: 60 }, () => quotas[0]?.take('another').allowed).filter(Boolean).length
      assert.equal(alone, 10)
    }
  },
  {
    number: 75,
    name: 'while the backend is away reads are stale and writes are Unavailable, at once',
    run: async (bench) => {
      const { coordinator, driver } = await bench.instance('a')
      const revision = await bench.during(coordinator.set('k', 1))
      await bench.until('its own registration', () => coordinator.registry.lastSeen().length === 1, 2 * bench.ttlMs)
      driver.line = 'hang'
      await bench.until('the loss', () => coordinator.mode === 'degraded', 2 * bench.ttlMs)
      const start = bench.clock.now()
      assert.deepEqual(await bench.during(coordinator.get('k')), { value: 1, revision, stale: true })
      assert.equal(await bench.during(coordinator.get('never seen')), undefined)
      assert.equal((await bench.rejects(coordinator.set('k', 2), 'UNAVAILABLE')).ambiguous, false)
      await bench.rejects(coordinator.set('k', 2, { ifRevision: revision }), 'UNAVAILABLE')
      await bench.rejects(coordinator.queue('q').push(1), 'UNAVAILABLE')
      assert.equal((await bench.during(coordinator.instances())).length, 1)
      assert.ok(bench.clock.now() - start < bench.ttlMs / 4, 'nothing waits for the backend')
      driver.line = 'open'
      await bench.until('the cluster', () => coordinator.mode === 'cluster', 3 * bench.ttlMs)
      assert.equal((await bench.during(coordinator.get('k')))?.stale, false)
    }
  },
  {
    number: 76,
    name: 'a buffered push says that it is not durable, and is replayed once',
    run: async (bench) => {
      const { coordinator, driver } = await bench.instance('a')
      const queue = coordinator.queue<number>('q', { buffer: { max: 3 } })
      // The answer of this one is lost, though it arrives: it must not be there twice.
      driver.loseReplies = Infinity
      const ambiguous = await bench.during(queue.push(0))
      assert.equal(ambiguous.durable, false)
      driver.loseReplies = 0
      driver.line = 'hang'
      await bench.until('the loss', () => coordinator.mode === 'degraded', 2 * bench.ttlMs)
      assert.equal((await queue.push([1, 2])).durable, false)
      await bench.rejects(queue.push(3), 'QUEUE_FULL')
      driver.line = 'open'
      await bench.until('the replay', () => queue.buffered === 0, 4 * bench.ttlMs)
      assert.deepEqual((await bench.during(queue.claim(10))).map(({ body }) => body), [0, 1, 2])
    }
  },
  {
    number: 77,
    name: 'a write whose answer was lost is retried without a second effect, and says when it cannot know',
    run: async (bench) => {
      const { coordinator, driver } = await bench.instance('a')
      const first = await bench.during(coordinator.set('k', 1))
      driver.loseReplies = 1
      await bench.during(coordinator.set('k', 2, { ifRevision: first }))
      assert.equal((await bench.during(coordinator.get('k')))?.value, 2)
      driver.loseReplies = Infinity
      const lost = await bench.rejects(coordinator.set('k', 3), 'UNAVAILABLE')
      assert.equal(lost.ambiguous, true)
      driver.loseReplies = 0
      await bench.untilAsync('an answer', async () => (await coordinator.get('k'))?.value === 3, 3 * bench.ttlMs)
    }
  },
  {
    number: 78,
    name: 'an acknowledgement whose answer was lost tells when it is repeated',
    run: async (bench) => {
      const { coordinator, driver } = await bench.instance('a', { timings: { commandTimeoutMs: bench.ttlMs / 20 } })
      const queue = coordinator.queue<string>('q', { visibilityMs: 20 * bench.ttlMs })
      await bench.during(queue.push('x'))
      const [delivery] = await bench.during(queue.claim(1))
      assert.ok(delivery)
      driver.loseReplies = Infinity
      const lost = await bench.rejects(delivery.ack(), 'UNAVAILABLE')
      assert.equal(lost.ambiguous, true)
      driver.loseReplies = 0
      await bench.until('the cluster', () => coordinator.mode === 'cluster', 4 * bench.ttlMs)
      assert.equal(await bench.during(delivery.ack()), true)
      assert.equal((await bench.during(queue.stats())).ready, 0)
    }
  },
  {
    number: 81,
    name: 'a broadcast reaches who listens, up to a size; one that is lost fails nobody',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      const got: string[] = []
      const stop = b.coordinator.broadcasts.receive('news', (bytes) => { got.push(new TextDecoder().decode(bytes)) })
      b.coordinator.broadcasts.receive('other', () => { got.push('wrong') })
      const send = (text: string): Promise<void> => bench.during(a.coordinator.broadcasts.send('news', new TextEncoder().encode(text)))
      await bench.untilAsync('the first', async () => {
        await send('one')
        return got.includes('one')
      }, bench.ttlMs)
      await bench.rejects(a.coordinator.broadcasts.send('news', new Uint8Array(a.coordinator.capabilities.maxBroadcastBytes + 1)), 'INVALID_VALUE')
      b.driver.losePushes = true
      await send('lost')
      await bench.elapse(b.coordinator.capabilities.granularityMs + 20)
      b.driver.losePushes = false
      a.driver.line = 'refuse'
      await send('refused')
      a.driver.line = 'open'
      stop()
      await send('after')
      await bench.elapse(20)
      assert.deepEqual(got.filter((text) => text !== 'one'), [])
    }
  },
  {
    number: 82,
    name: 'nobody campaigns again before a task that ignores its signal has ended',
    run: async (bench) => {
      const { coordinator, driver } = await bench.instance('a')
      let finish: (() => void) | undefined
      let terms = 0
      let running = 0
      const run = coordinator.elect('boss').run(async ({ signal }) => {
        terms += 1
        running += 1
        assert.equal(running, 1)
        await new Promise<void>((resolve) => {
          finish = resolve
          if (terms > 1) signal.addEventListener('abort', () => { resolve() })
        })
        running -= 1
      }, { signal: bench.signal })
      run.catch(() => {})
      await bench.until('the first term', () => terms === 1, 2 * bench.ttlMs)
      driver.line = 'hang'
      await bench.until('the loss', () => coordinator.mode === 'degraded', 2 * bench.ttlMs)
      driver.line = 'open'
      await bench.elapse(4 * bench.ttlMs)
      assert.equal(terms, 1)
      finish?.()
      await bench.until('the second term', () => terms === 2, 3 * bench.ttlMs)
    }
  },
  {
    number: 83,
    name: 'a process that was killed and comes back under its name is not locked out',
    run: async (bench) => {
      const killed = await bench.instance('same')
      const before = campaign(bench, killed)
      await bench.until('the leader', () => before.leading?.isHeld() === true, 2 * bench.ttlMs)
      killed.driver.line = 'hang'
      const back = await bench.instance('same')
      const share = back.coordinator.capacity('db', { total: 2 })
      await bench.until('its share', () => share.granted === 2, bench.ttlMs)
      const after = campaign(bench, back)
      await bench.until('its election', () => after.leading?.isHeld() === true, 3 * bench.ttlMs)
      await bench.untilAsync('its registration', async () => (await back.coordinator.instances())[0]?.incarnation === back.coordinator.incarnation, 3 * bench.ttlMs)
      assert.equal(back.journal.some(({ event }) => event === 'duplicate-id'), false)
    }
  },
  {
    number: 84,
    name: 'an operation id is answered once: what was refused stays refused',
    run: async (bench) => {
      const driver = await bench.driver()
      const put = { put: 'k', value: new Uint8Array([1]) }
      const refused = { id: 'op1', checks: [{ key: 'other', revision: 5n }], operations: [put] }
      assert.equal((await driver.commit(refused)).ok, false)
      assert.equal((await driver.commit({ ...refused, checks: [] })).ok, false, 'overtaken by its own retry')
      const applied = await driver.commit({ id: 'op2', checks: [], operations: [put] })
      await driver.commit({ id: 'op3', checks: [], operations: [{ delete: 'k' }] })
      assert.deepEqual(await driver.commit({ id: 'op2', checks: [], operations: [put] }), applied)
      assert.equal(await driver.get('k'), undefined, 'a repeated request has no effect')
    }
  },
  {
    number: 85,
    name: 'an isolated instance follows unless it was told to lead',
    run: async (bench) => {
      const { coordinator, driver } = await bench.instance('a')
      driver.line = 'refuse'
      await bench.until('the loss', () => coordinator.mode === 'degraded', 2 * bench.ttlMs)
      const terms: string[] = []
      const note = (name: string, whenIsolated: 'follow' | 'lead'): void => {
        coordinator.elect(name, { whenIsolated }).run(async (leadership) => {
          terms.push(name)
          await untilAborted(leadership)
        }, { signal: bench.signal }).catch(() => {})
      }
      note('follows', 'follow')
      note('leads', 'lead')
      await bench.elapse(3 * bench.ttlMs)
      assert.deepEqual(terms, ['leads'])
    }
  }
]
