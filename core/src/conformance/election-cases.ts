import assert from 'node:assert/strict'
import { keys } from '../coordinator/keys.ts'
import type { Leadership } from '../coordinator/leadership.ts'
import { some } from './bench.ts'
import type { Bench, TestInstance } from './bench.ts'
import type { ConformanceCase } from './conformance-case.ts'

/** Leads until it is told to stop. */
export function untilAborted ({ signal }: { readonly signal: AbortSignal }): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => { resolve() }, { once: true })
  })
}

/** Campaigns until the end of the case; what it leads as is in `leading`. */
export function campaign (bench: Bench, { coordinator }: TestInstance, name = 'boss'): { leading: Leadership | undefined, terms: number } {
  const state: { leading: Leadership | undefined, terms: number } = { leading: undefined, terms: 0 }
  coordinator.elect(name).run(async (leadership) => {
    state.leading = leadership
    state.terms += 1
    await untilAborted(leadership)
  }, { signal: bench.signal }).catch(() => {})
  return state
}

export const electionCases: readonly ConformanceCase[] = [
  {
    number: 18,
    name: 'of 20 candidates one leads',
    run: async (bench) => {
      const candidates = (await bench.instances(20)).map((instance) => campaign(bench, instance))
      const leading = (): number => candidates.filter(({ leading }) => leading?.isHeld()).length
      await bench.until('a leader', () => leading() > 0, 3 * bench.ttlMs)
      for (let i = 0; i < 20; i++) {
        await bench.elapse(bench.ttlMs / 10)
        assert.equal(leading(), 1)
      }
    }
  },
  {
    number: 19,
    name: 'the epoch rises with each of 100 changes',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      const epochs: bigint[] = []
      for (let i = 0; i < 100; i++) {
        const { coordinator } = i % 2 === 0 ? a : b
        await bench.during(coordinator.elect('boss').run(async ({ fence }) => { epochs.push(fence.epoch) }))
      }
      assert.equal(epochs.length, 100)
      epochs.reduce((last, epoch) => {
        assert.ok(epoch > last)
        return epoch
      })
    }
  },
  {
    number: 20,
    name: 'after a resignation the next one leads at once',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      const first = campaign(bench, a)
      await bench.until('the first leader', () => first.leading?.isHeld() === true, 2 * bench.ttlMs)
      const second = campaign(bench, b)
      await bench.elapse(bench.ttlMs)
      await bench.during(a.coordinator.elect('boss').close())
      assert.equal(first.leading?.isHeld(), false)
      const took = await bench.until('the next leader', () => second.leading?.isHeld() === true, bench.ttlMs)
      assert.ok(took < bench.ttlMs / 3, `${took} ms`)
    }
  },
  {
    number: 21,
    name: 'close() resigns',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      const first = campaign(bench, a)
      await bench.until('the first leader', () => first.leading?.isHeld() === true, 2 * bench.ttlMs)
      await bench.during(a.coordinator.close())
      assert.equal(first.leading?.isHeld(), false)
      assert.equal(await bench.during(b.coordinator.elect('boss').leader()), undefined)
    }
  },
  {
    number: 22,
    name: 'the signal is aborted before the store lets another in',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      const first = campaign(bench, a)
      await bench.until('the first leader', () => first.leading?.isHeld() === true, 2 * bench.ttlMs)
      const second = campaign(bench, b)
      a.driver.line = 'hang'
      await bench.until('the next leader', () => {
        const led = second.leading?.isHeld() === true
        if (led) assert.equal(first.leading?.signal.aborted, true, 'the signal of the first')
        assert.ok(!(led && first.leading?.isHeld()), 'two leaders')
        return led
      }, 4 * bench.ttlMs)
    }
  },
  {
    number: 23,
    name: 'isHeld() is false right after the deadline, though the event loop was blocked and no timer ran',
    run: async (bench) => {
      const a = await bench.instance('a')
      const first = campaign(bench, a)
      await bench.until('the leader', () => first.leading?.isHeld() === true, 2 * bench.ttlMs)
      bench.block(bench.ttlMs, () => { assert.equal(first.leading?.isHeld(), false) })
    }
  },
  {
    number: 24,
    name: 'a stale fence is refused, the present one passes any number of times',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      let stale: Leadership | undefined
      await bench.during(a.coordinator.elect('boss').run(async (leadership) => {
        stale = leadership
        await a.coordinator.set('k', 1, { fence: leadership.fence })
        await a.coordinator.set('k', 2, { fence: leadership.fence })
      }))
      const held = campaign(bench, b)
      await bench.until('the next leader', () => held.leading?.isHeld() === true, 2 * bench.ttlMs)
      assert.ok(stale && held.leading)
      await bench.rejects(a.coordinator.set('k', 3, { fence: stale.fence }), 'FENCED')
      await bench.rejects(a.coordinator.delete('k', { fence: stale.fence }), 'FENCED')
      assert.equal((await bench.during(a.coordinator.get('k')))?.value, 2)
      await bench.during(a.coordinator.set('k', 4, { fence: held.leading.fence }))
    }
  },
  {
    number: 25,
    name: 'the fence of another election is refused',
    run: async (bench) => {
      const a = await bench.instance('a')
      const one = campaign(bench, a, 'one')
      const other = campaign(bench, a, 'other')
      await bench.until('both', () => one.leading !== undefined && other.leading !== undefined, 2 * bench.ttlMs)
      assert.ok(one.leading && other.leading)
      await bench.rejects(a.coordinator.set('k', 1, { fence: { ...one.leading.fence, name: 'other' } }), 'FENCED')
    }
  },
  {
    number: 26,
    name: 'the epoch rises across the loss of all data',
    needs: 'wipe',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      const first = campaign(bench, a)
      await bench.until('the first leader', () => first.leading?.isHeld() === true, 2 * bench.ttlMs)
      const before = first.leading?.fence
      assert.ok(before)
      await bench.store.wipe?.(bench.ttlMs + bench.graceMs)
      const second = campaign(bench, b)
      await bench.until('a leader again', () => second.leading?.isHeld() === true || (first.terms > 1 && first.leading?.isHeld() === true), 8 * bench.ttlMs)
      const after = second.leading?.isHeld() ? second.leading.fence : first.leading?.fence
      assert.ok(after && after.epoch > before.epoch)
      await bench.rejects(a.coordinator.set('k', 1, { fence: before }), 'FENCED')
    }
  },
  {
    number: 27,
    name: 'everybody names the same leader',
    run: async (bench) => {
      const instances = await bench.instances(3)
      const [a] = instances
      assert.ok(a)
      const { coordinator } = a
      const state = campaign(bench, a)
      await bench.until('the leader', () => state.leading?.isHeld() === true, 2 * bench.ttlMs)
      for (const instance of instances) {
        assert.deepEqual(await bench.during(instance.coordinator.elect('boss').leader()), { id: coordinator.id, epoch: state.leading?.fence.epoch })
      }
    }
  },
  {
    number: 28,
    name: 'what a leading task throws is rejected with, after it has resigned',
    run: async (bench) => {
      const a = await bench.instance('a')
      const run = a.coordinator.elect('boss').run(async () => { throw new Error('task') })
      await assert.rejects(bench.during(run), /task/)
      assert.equal(await bench.during(a.coordinator.elect('boss').leader()), undefined)
    }
  },
  {
    number: 29,
    name: 'a candidate that gives up leaves no key behind',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      const first = campaign(bench, a)
      await bench.until('the leader', () => first.leading?.isHeld() === true, 2 * bench.ttlMs)
      const driver = await bench.driver()
      const before = (await driver.list('', { limit: 100 })).entries.map(({ key }) => key)
      const stop = new AbortController()
      const run = b.coordinator.elect('boss').run(untilAborted, { signal: stop.signal })
      await bench.elapse(bench.ttlMs)
      stop.abort()
      await bench.during(run)
      assert.deepEqual((await driver.list('', { limit: 100 })).entries.map(({ key }) => key), before)
      await bench.during(a.coordinator.elect('boss').close())
      await bench.elapse(bench.ttlMs)
      assert.equal(await driver.get(keys.leader('boss')), undefined)
    }
  },
  {
    number: 86,
    name: 'who waits for leaders sends nothing but its renewals, however many they are',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      const names = Array.from({ length: 10 }, (_, i) => `boss ${i}`)
      const all = ({ coordinator }: TestInstance): void => {
        for (const name of names) coordinator.elect(name).run(untilAborted, { signal: bench.signal }).catch(() => {})
      }
      all(a)
      await bench.until('all leaderships', () => names.every((name) => a.coordinator.elect(name).leadership !== undefined), 4 * bench.ttlMs)
      all(b)
      await bench.elapse(2 * bench.ttlMs)
      const others = (): number => b.driver.commands - b.driver.calls.get('renew')!
      const before = others()
      await bench.elapse(4 * bench.ttlMs)
      assert.ok(others() - before <= 1, `${others() - before} commands beside the renewals of four leases`)
    }
  },
  {
    number: 88,
    name: 'a leader whose record goes before its watch has shown it leads no longer',
    run: async (bench) => {
      const a = await bench.instance('a')
      const operator = await bench.driver()
      a.driver.losePushes = true
      const first = campaign(bench, a)
      await bench.until('the leader', () => first.leading?.isHeld() === true, 2 * bench.ttlMs)
      const leadership = some(first.leading)
      await bench.during(operator.commit({ id: 'release', checks: [], operations: [{ delete: keys.leader('boss') }] }))
      await bench.until('its end', () => leadership.signal.aborted, bench.ttlMs)
      await bench.until('the next term', () => first.terms === 2, 2 * bench.ttlMs)
    }
  }
]
