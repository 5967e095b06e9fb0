import assert from 'node:assert/strict'
import { some } from './bench.ts'
import type { ConformanceCase } from './conformance-case.ts'

export const queueCases: readonly ConformanceCase[] = [
  {
    number: 35,
    name: 'one consumer gets items in their order',
    run: async (bench) => {
      const queue = (await bench.instance('a')).coordinator.queue<number>('q')
      for (let i = 0; i < 30; i += 3) await bench.during(queue.push([i, i + 1, i + 2]))
      const got: number[] = []
      while (got.length < 30) {
        for (const delivery of await bench.during(queue.claim(4))) {
          got.push(delivery.body)
          assert.equal(delivery.attempt, 1)
          assert.equal(await bench.during(delivery.ack()), true)
        }
      }
      assert.deepEqual(got, Array.from({ length: 30 }, (_, i) => i))
    }
  },
  {
    number: 36,
    name: 'eight consumers get each item once',
    run: async (bench) => {
      const instances = await bench.instances(8)
      const total = 200
      const seen = new Map<number, number>()
      const stop = new AbortController()
      const consuming = instances.map(({ coordinator }) => coordinator.queue<number>('q').consume(async ({ body }) => {
        seen.set(body, (seen.get(body) ?? 0) + 1)
      }, { concurrency: 4, signal: stop.signal }))
      const [first] = instances
      assert.ok(first)
      await bench.during(first.coordinator.queue<number>('q').push(Array.from({ length: total }, (_, i) => i)))
      const stats = instances[1]?.coordinator.queue('q')
      assert.ok(stats)
      await bench.untilAsync('the end', async () => seen.size === total && (await stats.stats()).leased === 0, 20 * bench.ttlMs)
      stop.abort()
      await bench.during(Promise.all(consuming))
      assert.deepEqual([...seen.values()].filter((times) => times !== 1), [])
    }
  },
  {
    number: 37,
    name: 'an item that is not acknowledged comes back after its visibility, with the next attempt',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      const options = { visibilityMs: bench.ttlMs }
      await bench.during(a.coordinator.queue<string>('q', options).push('x'))
      const claimedAt = bench.clock.now()
      const [first] = await bench.during(a.coordinator.queue<string>('q', options).claim(1))
      assert.equal(some(first).attempt, 1)
      const [second] = await bench.during(b.coordinator.queue<string>('q', options).claim(1, { waitMs: 4 * bench.ttlMs }))
      assert.equal(some(second).attempt, 2)
      assert.equal(some(second).body, 'x')
      const took = bench.clock.now() - claimedAt
      assert.ok(took >= bench.ttlMs && took <= bench.ttlMs + b.coordinator.capabilities.granularityMs + bench.slackMs, `back after ${took} ms`)
      assert.equal(some(first).signal.aborted, true)
    }
  },
  {
    number: 38,
    name: 'an acknowledgement after the visibility is false, and the item stays',
    run: async (bench) => {
      const queue = (await bench.instance('a')).coordinator.queue<string>('q', { visibilityMs: bench.ttlMs / 2 })
      await bench.during(queue.push('x'))
      const [late] = await bench.during(queue.claim(1))
      await bench.elapse(bench.ttlMs)
      assert.equal(await bench.during(some(late).ack()), false)
      const [again] = await bench.during(queue.claim(1, { waitMs: bench.ttlMs }))
      assert.equal(some(again).body, 'x')
      assert.equal(await bench.during(some(late).ack()), false)
      assert.equal(await bench.during(some(again).ack()), true)
    }
  },
  {
    number: 39,
    name: 'an extended item stays with its consumer',
    run: async (bench) => {
      const queue = (await bench.instance('a')).coordinator.queue<string>('q', { visibilityMs: bench.ttlMs / 2 })
      await bench.during(queue.push('x'))
      const [delivery] = await bench.during(queue.claim(1))
      assert.ok(delivery)
      assert.equal(await bench.during(delivery.extend(3 * bench.ttlMs)), true)
      await bench.elapse(1.5 * bench.ttlMs)
      assert.deepEqual(await bench.during(queue.claim(1)), [])
      assert.equal(delivery.isHeld(), true)
      assert.equal(await bench.during(delivery.ack()), true)
    }
  },
  {
    number: 40,
    name: 'a released item comes back after the delay that was asked for',
    run: async (bench) => {
      const queue = (await bench.instance('a')).coordinator.queue<string>('q')
      await bench.during(queue.push('x'))
      const [delivery] = await bench.during(queue.claim(1))
      const releasedAt = bench.clock.now()
      assert.equal(await bench.during(some(delivery).release(bench.ttlMs / 2)), true)
      assert.deepEqual(await bench.during(queue.claim(1)), [])
      assert.equal((await bench.during(queue.stats())).delayed, 1)
      const [again] = await bench.during(queue.claim(1, { waitMs: 3 * bench.ttlMs }))
      assert.equal(some(again).attempt, 2)
      assert.ok(bench.clock.now() - releasedAt >= bench.ttlMs / 2)
    }
  },
  {
    number: 41,
    name: 'an item without an attempt left is put with the dead, and can be revived',
    run: async (bench) => {
      const queue = (await bench.instance('a')).coordinator.queue<string>('q', { maxAttempts: 2 })
      await bench.during(queue.push('x', { id: 'poison' }))
      for (const attempt of [1, 2]) {
        const [delivery] = await bench.during(queue.claim(1))
        assert.equal(some(delivery).attempt, attempt)
        await bench.during(some(delivery).release())
      }
      assert.deepEqual(await bench.during(queue.claim(1)), [])
      assert.deepEqual(await bench.during(queue.dead()), [{ id: 'poison', attempt: 2, body: 'x' }])
      const stats = await bench.during(queue.stats())
      assert.deepEqual([stats.ready, stats.leased, stats.dead], [0, 0, 1])
      assert.equal(await bench.during(queue.revive('poison')), true)
      assert.equal(some((await bench.during(queue.claim(1)))[0]).attempt, 1)
      assert.equal(await bench.during(queue.revive('poison')), false)
    }
  },
  {
    number: 42,
    name: 'a push beyond the maximum length is refused whole, and there is room again after acknowledgements',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      const one = a.coordinator.queue<number>('q', { maxLength: 10 })
      const other = b.coordinator.queue<number>('q', { maxLength: 10 })
      const pushes = Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? one : other).push([i, i, i]))
      const outcomes = await bench.during(Promise.allSettled(pushes))
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 3)
      await bench.rejects(one.push([1, 2]), 'QUEUE_FULL')
      const deliveries = await bench.during(one.claim(5))
      for (const delivery of deliveries) await bench.during(delivery.ack())
      await bench.during(other.push([1, 2, 3, 4, 5, 6]))
      await bench.rejects(other.push(7), 'QUEUE_FULL')
    }
  },
  {
    number: 43,
    name: 'an id is pushed once, also just after it was acknowledged',
    run: async (bench) => {
      const queue = (await bench.instance('a')).coordinator.queue<string>('q')
      await bench.during(queue.push('x', { id: 'once' }))
      await bench.during(queue.push('x', { id: 'once' }))
      const [delivery, more] = await bench.during(queue.claim(2))
      assert.equal(more, undefined)
      assert.equal(some(delivery).id, 'once')
      await bench.during(some(delivery).ack())
      await bench.during(queue.push('x', { id: 'once' }))
      assert.deepEqual(await bench.during(queue.claim(1)), [])
    }
  },
  {
    number: 44,
    name: 'a waiting claim wakes at a push',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      const waiting = b.coordinator.queue<string>('q').claim(1, { waitMs: 5 * bench.ttlMs })
      await bench.elapse(bench.ttlMs / 2)
      const pushedAt = bench.clock.now()
      await bench.during(a.coordinator.queue<string>('q').push('x'))
      const [delivery] = await bench.during(waiting)
      assert.equal(some(delivery).body, 'x')
      // Well before it would look by itself, and not so soon that a busy machine is taken for a deaf backend.
      const bound = b.coordinator.capabilities.watch === 'push' ? bench.ttlMs / 10 + 20 : b.coordinator.timings.syncMs + 20
      assert.ok(bench.clock.now() - pushedAt <= bound, `${bench.clock.now() - pushedAt} ms`)
    }
  },
  {
    number: 45,
    name: 'the abort of a waiting claim loses nothing',
    run: async (bench) => {
      const queue = (await bench.instance('a')).coordinator.queue<number>('q')
      for (let i = 0; i < 10; i++) {
        const stop = new AbortController()
        const waiting = queue.claim(1, { waitMs: bench.ttlMs, signal: stop.signal })
        const pushing = queue.push(i)
        if (i % 2 === 0) await bench.during(pushing)
        stop.abort()
        const [claimed] = await bench.during(waiting)
        await bench.during(pushing)
        const delivery = claimed ?? (await bench.during(queue.claim(1)))[0]
        assert.equal(some(delivery).body, i)
        assert.equal(await bench.during(some(delivery).ack()), true)
      }
    }
  },
  {
    number: 46,
    name: 'a claim of an empty queue is empty',
    run: async (bench) => {
      const queue = (await bench.instance('a')).coordinator.queue('q')
      assert.deepEqual(await bench.during(queue.claim(10)), [])
      assert.deepEqual(await bench.during(queue.stats()), { ready: 0, leased: 0, delayed: 0, dead: 0, oldestMs: 0 })
    }
  },
  {
    number: 47,
    name: 'many items leave no keys behind',
    run: async (bench) => {
      const { coordinator } = await bench.instance('a')
      const queue = coordinator.queue<number>('q')
      const driver = await bench.driver()
      const keysNow = async (): Promise<string[]> => (await driver.list('', { limit: 1_000 })).entries.map(({ key }) => key).filter((key) => !key.startsWith('live/'))
      await bench.during(queue.push(0))
      await bench.during(some((await bench.during(queue.claim(1)))[0]).ack())
      const before = await keysNow()
      let left = bench.manyItems
      while (left > 0) {
        const batch = Math.min(500, left)
        await bench.during(queue.push(Array.from({ length: batch }, (_, i) => i)))
        const deliveries = await bench.during(queue.claim(batch))
        assert.equal(deliveries.length, batch)
        const acks = await bench.during(Promise.all(deliveries.map((delivery) => delivery.ack())))
        assert.ok(acks.every(Boolean))
        left -= batch
      }
      assert.deepEqual(await keysNow(), before)
    }
  },
  {
    number: 87,
    name: 'an idle consumer looks once a visibility, and has what another one dropped when its time is up',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      const visibilityMs = 8 * bench.ttlMs
      const queue = a.coordinator.queue<string>('q', { visibilityMs })
      await bench.during(queue.push('dropped'))
      const claimedAt = bench.clock.now()
      assert.equal((await bench.during(queue.claim(1))).length, 1)
      await bench.elapse(bench.ttlMs / 2)
      let gotAt = 0
      b.coordinator.queue<string>('q', { visibilityMs }).consume(async () => { gotAt = bench.clock.now() }, { concurrency: 4, signal: bench.signal }).catch(() => {})
      await bench.elapse(bench.ttlMs / 2)
      const others = (): number => b.driver.commands - b.driver.calls.get('renew')!
      const before = others()
      await bench.elapse(6 * bench.ttlMs)
      assert.ok(others() - before <= 3, `${others() - before} commands beside the renewals of six leases`)
      await bench.until('what was dropped', () => gotAt > 0, 2 * bench.ttlMs)
      assert.ok(gotAt - claimedAt <= visibilityMs + bench.slackMs, `after ${gotAt - claimedAt} ms`)
    }
  },
  {
    number: 89,
    name: 'a push that a waiting consumer did not hear of is found by its next renewal',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      const waiting = b.coordinator.queue<string>('q').claim(1, { waitMs: 5 * bench.ttlMs })
      await bench.elapse(bench.ttlMs / 2)
      b.driver.losePushes = true
      const pushedAt = bench.clock.now()
      await bench.during(a.coordinator.queue<string>('q').push('x'))
      assert.equal(some((await bench.during(waiting))[0]).body, 'x')
      assert.ok(bench.clock.now() - pushedAt <= bench.ttlMs, `after ${bench.clock.now() - pushedAt} ms`)
    }
  }
]
