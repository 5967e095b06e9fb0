import assert from 'node:assert/strict'
import { some } from './bench.ts'
import type { ConformanceCase } from './conformance-case.ts'

export const registryCases: readonly ConformanceCase[] = [
  {
    number: 30,
    name: 'an instance finds itself',
    run: async (bench) => {
      const { coordinator } = await bench.instance('a')
      await bench.untilAsync('itself', async () => (await coordinator.instances()).length === 1, bench.ttlMs)
      const [self] = await bench.during(coordinator.instances())
      assert.equal(self?.id, 'a')
      assert.equal(self?.incarnation, coordinator.incarnation)
      assert.deepEqual(self?.health, { status: 'ok' })
    }
  },
  {
    number: 31,
    name: 'an instance that closes is gone at once',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      await bench.untilAsync('both', async () => (await b.coordinator.instances()).length === 2, bench.ttlMs)
      await bench.during(a.coordinator.close())
      const took = await bench.untilAsync('one', async () => (await b.coordinator.instances()).length === 1, bench.ttlMs)
      // Sooner than a renewal could tell.
      assert.ok(took < bench.ttlMs / 3, `${took} ms`)
    }
  },
  {
    number: 32,
    name: 'an instance that crashes is gone after the ttl',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      await bench.untilAsync('both', async () => (await b.coordinator.instances()).length === 2, bench.ttlMs)
      a.driver.line = 'hang'
      const took = await bench.untilAsync('one', async () => (await b.coordinator.instances()).length === 1, 3 * bench.ttlMs)
      assert.ok(took <= bench.ttlMs + b.coordinator.capabilities.granularityMs + bench.slackMs, `${took} ms`)
    }
  },
  {
    number: 33,
    name: 'reported health rides on a renewal',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      await bench.elapse(bench.ttlMs)
      const commits = some(a.driver.calls.get('commit'))
      a.coordinator.report({ status: 'degraded', reason: 'warm-up' })
      await bench.untilAsync('the report', async () => {
        const seen = some((await b.coordinator.instances()).find(({ id }) => id === a.coordinator.id))
        return seen.health.reason === 'warm-up'
      }, bench.ttlMs)
      assert.equal(some(a.driver.calls.get('commit')), commits)
    }
  },
  {
    number: 34,
    name: 'a second living instance of one id is refused and told so',
    run: async (bench) => {
      const first = await bench.instance('same')
      await bench.untilAsync('the first', async () => (await first.coordinator.instances()).length === 1, bench.ttlMs)
      const second = await bench.instance('same')
      await bench.until('the warning', () => second.journal.some(({ event }) => event === 'duplicate-id'), 4 * bench.ttlMs)
      const [registered, ...others] = await bench.during(second.coordinator.instances())
      assert.equal(registered?.incarnation, first.coordinator.incarnation)
      assert.deepEqual(others, [])
    }
  }
]
