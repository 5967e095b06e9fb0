import assert from 'node:assert/strict'
import { ABSENT } from '../coordinator/revision.ts'
import { some } from './bench.ts'
import type { ConformanceCase } from './conformance-case.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

export const keyValueCases: readonly ConformanceCase[] = [
  {
    number: 1,
    name: 'an absent key is undefined',
    run: async (bench) => {
      const { coordinator } = await bench.instance('a')
      assert.equal(await bench.during(coordinator.get('nothing')), undefined)
    }
  },
  {
    number: 2,
    name: 'JSON, UTF-8, a mebibyte and the empty string come back as they were written',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      for (const value of [{ nested: [1, null, true, { deep: 'yes' }] }, 'žluťoučký kůň 🐎 \u0000', 'x'.repeat(1024 * 1024), '', 0, null, []]) {
        await bench.during(a.coordinator.set('k', value))
        assert.deepEqual((await bench.during(b.coordinator.get('k')))?.value, value)
      }
    }
  },
  {
    number: 3,
    name: 'a value with a ttl lives at least that long, and not much longer',
    run: async (bench) => {
      const { coordinator } = await bench.instance('a')
      const ttlMs = bench.ttlMs
      const sentAt = bench.clock.now()
      await bench.during(coordinator.set('k', 1, { ttlMs }))
      const writtenAt = bench.clock.now()
      let lastSeen = sentAt
      await bench.untilAsync('the value to expire', async () => {
        const askedAt = bench.clock.now()
        const there = await coordinator.get('k') !== undefined
        if (there) lastSeen = askedAt
        return !there
      }, 3 * ttlMs + coordinator.capabilities.granularityMs)
      const goneAt = bench.clock.now()
      assert.ok(goneAt - sentAt >= ttlMs, `gone ${goneAt - sentAt} ms after it was sent`)
      assert.ok(lastSeen - writtenAt <= ttlMs + coordinator.capabilities.granularityMs, `seen ${lastSeen - writtenAt} ms after it was written`)
    }
  },
  {
    number: 4,
    name: 'a write without a ttl clears the ttl of the last one',
    run: async (bench) => {
      const { coordinator } = await bench.instance('a')
      await bench.during(coordinator.set('k', 1, { ttlMs: bench.ttlMs / 2 }))
      await bench.during(coordinator.set('k', 2))
      await bench.elapse(2 * bench.ttlMs)
      assert.equal((await bench.during(coordinator.get('k')))?.value, 2)
    }
  },
  {
    number: 5,
    name: 'the revision of a key rises with every write',
    run: async (bench) => {
      const { coordinator } = await bench.instance('a')
      let last = 0n
      for (let i = 0; i < 20; i++) {
        if (i === 10) await bench.during(coordinator.delete('k'))
        const revision = await bench.during(coordinator.set('k', i))
        assert.ok(revision > last)
        assert.equal((await bench.during(coordinator.get('k')))?.revision, revision)
        last = revision
      }
    }
  },
  {
    number: 6,
    name: 'ifRevision writes at that revision only, and a Conflict carries what is there',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      const first = await bench.during(a.coordinator.set('k', 1))
      const second = await bench.during(b.coordinator.set('k', 2, { ifRevision: first }))
      const conflict = await bench.rejects(a.coordinator.set('k', 3, { ifRevision: first }), 'CONFLICT')
      assert.ok('current' in conflict && (conflict.current as { revision: bigint }).revision === second)
      assert.equal((await bench.during(a.coordinator.get('k')))?.value, 2)
    }
  },
  {
    number: 7,
    name: 'of 50 that create a key, one does',
    run: async (bench) => {
      const instances = await bench.instances(5)
      const racers = Array.from({ length: 50 }, (_, i) => some(instances[i % 5]).coordinator.set('k', i, { ifRevision: ABSENT }))
      const outcomes = await bench.during(Promise.allSettled(racers))
      const won = outcomes.flatMap((outcome, i) => outcome.status === 'fulfilled' ? [i] : [])
      assert.equal(won.length, 1)
      assert.equal((await bench.during(some(instances[0]).coordinator.get('k')))?.value, won[0])
    }
  },
  {
    number: 8,
    name: 'a delete is idempotent, and refused at a stale revision',
    run: async (bench) => {
      const { coordinator } = await bench.instance('a')
      const first = await bench.during(coordinator.set('k', 1))
      await bench.during(coordinator.set('k', 2))
      await bench.rejects(coordinator.delete('k', { ifRevision: first }), 'CONFLICT')
      assert.equal((await bench.during(coordinator.get('k')))?.value, 2)
      assert.equal(await bench.during(coordinator.delete('k')), true)
      assert.equal(await bench.during(coordinator.delete('k')), false)
    }
  },
  {
    number: 9,
    name: 'a commit of three keys is applied whole or not at all',
    run: async (bench) => {
      const driver = await bench.driver()
      const put = (key: string): { put: string, value: Uint8Array } => ({ put: key, value: bytes(key) })
      const refused = await driver.commit({ id: 'op1', checks: [{ key: 'b', revision: 1n }], operations: [put('a'), put('b'), put('c')] })
      assert.equal(refused.ok, false)
      assert.deepEqual((await driver.list('', { limit: 10 })).entries, [])
      const applied = await driver.commit({ id: 'op2', checks: [{ key: 'b', revision: ABSENT }], operations: [put('a'), put('b'), put('c')] })
      assert.equal(applied.ok, true)
      const { entries } = await driver.list('', { limit: 10 })
      assert.deepEqual(entries.map(({ key, revision }) => [key, revision]), ['a', 'b', 'c'].map((key) => [key, applied.ok && applied.revision]))
    }
  },
  {
    number: 10,
    name: 'a prefix shows its own keys only, in order and in pages',
    run: async (bench) => {
      const driver = await bench.driver()
      for (const key of ['a/2', 'ab/1', 'a/1', 'a', 'A/1', 'a/10']) await driver.commit({ id: `op${key}`, checks: [], operations: [{ put: key, value: bytes(key) }] })
      const keysOf = async (prefix: string, limit: number, after?: string): Promise<string[]> => (await driver.list(prefix, { limit, ...(after === undefined ? {} : { after }) })).entries.map(({ key }) => key)
      assert.deepEqual(await keysOf('a/', 10), ['a/1', 'a/10', 'a/2'])
      assert.deepEqual(await keysOf('a/', 2), ['a/1', 'a/10'])
      assert.deepEqual(await keysOf('a/', 2, 'a/10'), ['a/2'])
      assert.deepEqual(await keysOf('ab', 10), ['ab/1'])
    }
  },
  {
    number: 11,
    name: 'keys may hold any characters',
    run: async (bench) => {
      const { coordinator } = await bench.instance('a')
      const odd = ['a:b', 'a/b', '{a}', 'a*', 'a\nb', 'a b', 'a%2Fb', '__proto__', 'ž🐎', '?', '[a]', "'; --"]
      for (const key of odd) await bench.during(coordinator.set(key, key))
      for (const key of odd) assert.equal((await bench.during(coordinator.get(key)))?.value, key)
      assert.equal(await bench.during(coordinator.get('a')), undefined)
    }
  }
]
