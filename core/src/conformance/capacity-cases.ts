import assert from 'node:assert/strict'
import type { CapacityShare } from '../coordinator/capacity-share.ts'
import type { Bench, TestInstance } from './bench.ts'
import type { ConformanceCase } from './conformance-case.ts'

const granted = (shares: readonly CapacityShare[]): number[] => shares.map((share) => share.granted)
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** Waits for these grants; fails at once where they sum to more than the total. */
async function settled (bench: Bench, shares: readonly CapacityShare[], wanted: readonly number[], total: number): Promise<void> {
  await bench.until(`shares of ${wanted.join()}, not ${granted(shares).join()}`, () => {
    assert.ok(sum(granted(shares)) <= total, `${granted(shares).join()} of ${total}`)
    return granted(shares).join() === wanted.join()
  }, 4 * bench.ttlMs).catch((error: unknown) => { assert.fail(`${String(error)}; they are ${granted(shares).join()}`) })
}

function sharesOf (instances: readonly TestInstance[], total: number, floor = 0): CapacityShare[] {
  return instances.map(({ coordinator }) => coordinator.capacity('db', { total, floor }))
}

export const capacityCases: readonly ConformanceCase[] = [
  {
    number: 48,
    name: 'of 50 racers no more get a permit than there are',
    run: async (bench) => {
      const shares = sharesOf(await bench.instances(5), 12)
      await bench.until('all permits, divided', () => sum(granted(shares)) === 12 && granted(shares).every((one) => one > 0), 4 * bench.ttlMs)
      const got = Array.from({ length: 50 }, (_, i) => shares[i % 5]?.tryAcquire() === true).filter(Boolean).length
      assert.equal(got, 12)
    }
  },
  {
    number: 49,
    name: 'shares are max-min fair',
    run: async (bench) => {
      const shares = sharesOf(await bench.instances(3), 120)
      for (const [i, wants] of [1_000, 50, 10].entries()) shares[i]?.want(wants)
      // The worked example of Doorman's documentation.
      await settled(bench, shares, [60, 50, 10], 120)
    }
  },
  {
    number: 50,
    name: 'what an idle instance does not need goes to the hungry one, but its floor',
    run: async (bench) => {
      const shares = sharesOf(await bench.instances(2), 10, 2)
      await settled(bench, shares, [5, 5], 10)
      shares[0]?.want(0)
      await settled(bench, shares, [2, 8], 10)
    }
  },
  {
    number: 51,
    name: 'an instance that comes back gets its part as permits are released, never by taking those in use',
    run: async (bench) => {
      const shares = sharesOf(await bench.instances(2), 10)
      const [a, b] = shares
      assert.ok(a && b)
      a.want(0)
      await settled(bench, shares, [0, 10], 10)
      for (let i = 0; i < 10; i++) assert.ok(b.tryAcquire())
      a.want(10)
      await bench.elapse(bench.ttlMs)
      assert.deepEqual(granted(shares), [0, 10])
      for (let i = 1; i <= 5; i++) {
        b.release()
        assert.equal(b.granted - b.inUse <= 1, true)
        await settled(bench, shares, [i, 10 - i], 10)
      }
    }
  },
  {
    number: 52,
    name: 'the share of an instance that crashed comes back',
    run: async (bench) => {
      const [a, b] = await bench.instances(2)
      assert.ok(a && b)
      const shares = sharesOf([a, b], 10)
      await settled(bench, shares, [5, 5], 10)
      a.driver.line = 'hang'
      await bench.until('the whole', () => shares[1]?.granted === 10, 4 * bench.ttlMs)
      assert.equal(shares[0]?.granted, 0)
    }
  },
  {
    number: 53,
    name: 'a total lowered at run time takes effect as permits come back',
    run: async (bench) => {
      const shares = sharesOf(await bench.instances(2), 10)
      const [a, b] = shares
      assert.ok(a && b)
      await settled(bench, shares, [5, 5], 10)
      for (let i = 0; i < 5; i++) assert.ok(b.tryAcquire())
      a.resize(4)
      await bench.until('the shrunk', () => b.granted === 5 && a.granted === 0, 2 * bench.ttlMs)
      for (let i = 0; i < 5; i++) b.release()
      await settled(bench, shares, [2, 2], 10)
    }
  },
  {
    number: 54,
    name: 'rounding gives everything away',
    run: async (bench) => {
      const shares = sharesOf(await bench.instances(3), 100)
      await bench.until('33 + 33 + 34', () => granted(shares).sort().join(' + ') === '33 + 33 + 34', 4 * bench.ttlMs)
    }
  },
  {
    number: 55,
    name: 'an isolated instance has none, its floor, or the whole, as chosen',
    run: async (bench) => {
      const { coordinator, driver } = await bench.instance('a')
      const none = coordinator.capacity('none', { total: 10 })
      const floor = coordinator.capacity('floor', { total: 10, floor: 2, isolated: 'floor', maxInstances: 4 })
      const local = coordinator.capacity('local', { total: 10, isolated: 'local' })
      await settled(bench, [none, floor, local], [10, 4, 10], 24)
      driver.line = 'hang'
      await bench.until('the loss', () => coordinator.mode === 'degraded', 2 * bench.ttlMs)
      assert.deepEqual(granted([none, floor, local]), [0, 2, 10])
      assert.equal(none.tryAcquire(), false)
      assert.equal(floor.tryAcquire() && floor.tryAcquire() && !floor.tryAcquire(), true)
      driver.line = 'open'
      await bench.until('all back', () => none.granted === 10, 6 * bench.ttlMs)
    }
  },
  {
    number: 56,
    name: 'taking a permit does no I/O',
    run: async (bench) => {
      const { coordinator, driver } = await bench.instance('a')
      const share = coordinator.capacity('db', { total: 10 })
      await bench.until('the share', () => share.granted === 10, 2 * bench.ttlMs)
      await bench.elapse(5)
      const before = driver.commands
      for (let i = 0; i < 10_000; i++) {
        assert.ok(share.tryAcquire())
        share.release()
      }
      assert.equal(driver.commands, before)
    }
  }
]
