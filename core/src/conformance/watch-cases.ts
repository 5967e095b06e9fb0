import assert from 'node:assert/strict'
import type { Change } from '../coordinator/value-watch.ts'
import type { Bench, TestInstance } from './bench.ts'
import type { ConformanceCase } from './conformance-case.ts'

/** Reads a watch until the end of the case. */
function follow (bench: Bench, { coordinator }: TestInstance, prefix: string): { readonly changes: Change<unknown>[], readonly state: Map<string, unknown> } {
  const changes: Change<unknown>[] = []
  const state = new Map<string, unknown>()
  const read = async (): Promise<void> => {
    for await (const change of coordinator.watch(prefix, { signal: bench.signal })) {
      changes.push(change)
      if ('value' in change) state.set(change.key, change.value)
      else state.delete(change.key)
    }
  }
  read()
  return { changes, state }
}

export const watchCases: readonly ConformanceCase[] = [
  {
    number: 57,
    name: 'a watch shows what is there, then writes and deletions in order',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      await bench.during(a.coordinator.set('p/1', 'before'))
      await bench.during(a.coordinator.set('other', 'not shown'))
      const { changes } = follow(bench, b, 'p/')
      await bench.until('what is there', () => changes.length === 1, bench.ttlMs)
      for (const step of ['one', 'two']) {
        await bench.during(a.coordinator.set('p/2', step))
        await bench.until(step, () => changes.at(-1)?.value === step, bench.ttlMs)
      }
      await bench.during(a.coordinator.delete('p/1'))
      await bench.until('the deletion', () => changes.length === 4, bench.ttlMs)
      assert.deepEqual(changes.map(({ key, value }) => [key, value]), [['p/1', 'before'], ['p/2', 'one'], ['p/2', 'two'], ['p/1', undefined]])
    }
  },
  {
    number: 58,
    name: 'after 10,000 fast writes the last state is seen',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      const { state } = follow(bench, b, 'p/')
      const writes = Math.min(10_000, bench.manyItems)
      for (let i = 0; i < writes; i += 100) {
        await bench.during(Promise.all(Array.from({ length: 100 }, (_, j) => a.coordinator.set(`p/${(i + j) % 7}`, i + j))))
      }
      const last = (key: number): number | undefined => Array.from({ length: 7 }, (_, i) => writes - 1 - i).find((i) => i % 7 === key)
      await bench.until('the last state', () => [0, 1, 2, 3, 4, 5, 6].every((key) => state.get(`p/${key}`) === last(key)), 2 * bench.ttlMs)
    }
  },
  {
    number: 59,
    name: 'a watch goes on after the backend was away',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      const { state } = follow(bench, b, 'p/')
      await bench.during(a.coordinator.set('p/1', 1))
      await bench.during(a.coordinator.set('p/2', 1))
      await bench.until('the first', () => state.size === 2, bench.ttlMs)
      b.driver.line = 'hang'
      await bench.until('the loss', () => b.coordinator.mode === 'degraded', 2 * bench.ttlMs)
      await bench.during(a.coordinator.set('p/1', 2))
      await bench.during(a.coordinator.delete('p/2'))
      b.driver.line = 'open'
      await bench.until('what was missed', () => state.get('p/1') === 2 && !state.has('p/2'), 3 * bench.ttlMs)
    }
  },
  {
    number: 60,
    name: '100 watchers share one subscription, and leave none',
    run: async (bench) => {
      const { coordinator } = await bench.instance('a')
      const before = coordinator.hub.watching
      const stop = new AbortController()
      const ended = Array.from({ length: 100 }, async (_, i) => {
        for await (const change of coordinator.watch(`p/${i % 10}`, { signal: stop.signal })) assert.ok(change.key)
      })
      await bench.during(coordinator.set('p/1', 1))
      assert.equal(coordinator.hub.watching, before + 10)
      stop.abort()
      await bench.during(Promise.all(ended))
      assert.equal(coordinator.hub.watching, before)
    }
  },
  {
    number: 79,
    name: 'the last push may be lost: the next renewal tells, with deletions',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      const { state } = follow(bench, b, 'p/')
      await bench.during(a.coordinator.set('p/gone', 1))
      await bench.until('the first', () => state.size === 1, bench.ttlMs)
      b.driver.losePushes = true
      await bench.during(a.coordinator.delete('p/gone'))
      await bench.during(a.coordinator.set('p/last', 2))
      const took = await bench.until('the last state', () => state.get('p/last') === 2 && !state.has('p/gone'), bench.ttlMs)
      assert.ok(took <= bench.ttlMs / 3 + bench.slackMs, `${took} ms`)
    }
  },
  {
    number: 80,
    name: 'an expiry is told to watchers like a deletion',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      const { state } = follow(bench, b, 'p/')
      await bench.during(a.coordinator.set('p/1', 1, { ttlMs: bench.ttlMs / 2 }))
      await bench.until('the value', () => state.size === 1, bench.ttlMs)
      await bench.until('its expiry', () => state.size === 0, 2 * bench.ttlMs + b.coordinator.capabilities.granularityMs)
    }
  }
]
