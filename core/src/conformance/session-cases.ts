import assert from 'node:assert/strict'
import { keys } from '../coordinator/keys.ts'
import { some } from './bench.ts'
import type { ConformanceCase } from './conformance-case.ts'

export const sessionCases: readonly ConformanceCase[] = [
  {
    number: 12,
    name: 'an entry of a session dies with its ttl, and not before',
    run: async (bench) => {
      const driver = await bench.driver()
      const sentAt = bench.clock.now()
      await driver.openSession('s', bench.ttlMs)
      const written = await driver.commit({ id: 'op', checks: [{ session: 's' }], operations: [{ put: 'k', value: new Uint8Array(), session: 's' }] })
      assert.equal(written.ok, true)
      assert.ok(some(some(await driver.get('k')).expiresInMs) <= bench.ttlMs, 'an entry tells when it expires')
      await bench.untilAsync('the entry to die', async () => await driver.get('k') === undefined, 3 * bench.ttlMs)
      assert.ok(bench.clock.now() - sentAt >= bench.ttlMs, `it died after ${bench.clock.now() - sentAt} ms`)
      const late = await driver.commit({ id: 'op2', checks: [], operations: [{ put: 'k', value: new Uint8Array(), session: 's' }] })
      assert.deepEqual(late, { ok: false, reason: 'session' })
    }
  },
  {
    number: 13,
    name: 'revoking a session removes all its entries at once',
    run: async (bench) => {
      const driver = await bench.driver()
      const session = await driver.openSession('s', bench.ttlMs)
      const operations = Array.from({ length: 100 }, (_, i) => ({ put: `k${i}`, value: new Uint8Array(), session: 's' }))
      await driver.commit({ id: 'op', checks: [], operations })
      await session.revoke()
      assert.deepEqual((await driver.list('', { limit: 1_000 })).entries, [])
      await session.revoke()
    }
  },
  {
    number: 14,
    name: 'one command a renewal keeps 100 entries',
    run: async (bench) => {
      const { coordinator, driver } = await bench.instance('a')
      await bench.during(Promise.all(Array.from({ length: 100 }, (_, i) => coordinator.set(`k${i}`, i, { ephemeral: true }))))
      await bench.elapse(coordinator.timings.renewMs)
      const before = driver.commands
      const renewals = some(driver.calls.get('renew'))
      await bench.elapse(3 * bench.ttlMs)
      const renewed = some(driver.calls.get('renew')) - renewals
      assert.ok(renewed >= 7 && renewed <= 10, `${renewed} renewals in three ttls`)
      // The last change may be listed once by those who watch.
      assert.ok(driver.commands - before <= renewed + 2, `${driver.commands - before} commands for ${renewed} renewals`)
      for (const i of [0, 99]) assert.equal((await bench.during(coordinator.get(`k${i}`)))?.value, i)
    }
  },
  {
    number: 15,
    name: 'a session that was revoked or has expired cannot be renewed, and its signal is aborted',
    run: async (bench) => {
      const driver = await bench.driver()
      const session = await driver.openSession('s', bench.ttlMs)
      await session.revoke()
      await bench.rejects(session.renew([]), 'SESSION_LOST')
      const other = await driver.openSession('t', bench.ttlMs)
      await bench.elapse(2 * bench.ttlMs)
      await bench.rejects(other.renew([]), 'SESSION_LOST')

      const { coordinator } = await bench.instance('a')
      const tenure = coordinator.tenure
      assert.ok(tenure)
      await (await driver.openSession(tenure.session, bench.ttlMs)).revoke()
      await bench.until('the signal', () => tenure.signal.aborted, bench.ttlMs)
      assert.equal(tenure.isHeld(), false)
    }
  },
  {
    number: 16,
    name: 'the holder gives up before the store does, under latency too',
    run: async (bench) => {
      const a = await bench.instance('a')
      const observer = await bench.driver()
      a.driver.latencyMs = bench.ttlMs / 10
      await bench.elapse(2 * bench.ttlMs)
      const tenure = a.coordinator.tenure
      assert.ok(tenure !== undefined && tenure.isHeld())
      a.driver.line = 'hang'
      await bench.untilAsync('the store to give up', async () => {
        const gone = await observer.get(keys.live(tenure.session)) === undefined
        if (gone) assert.equal(tenure.isHeld(), false, 'the store gave up first')
        return gone
      }, 3 * bench.ttlMs)
    }
  },
  {
    number: 17,
    name: 'what an instance is registered as comes back after its session was lost',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      a.driver.line = 'hang'
      await bench.until('the loss', () => a.coordinator.mode === 'degraded', 2 * bench.ttlMs)
      await bench.untilAsync('the entry to go', async () => (await b.coordinator.instances()).length === 1, 3 * bench.ttlMs)
      a.driver.line = 'open'
      await bench.untilAsync('the entry to come back', async () => (await b.coordinator.instances()).length === 2, 3 * bench.ttlMs)
      assert.equal(a.coordinator.mode, 'cluster')
    }
  }
]
