import assert from 'node:assert/strict'
import type { ConformanceCase } from './conformance-case.ts'

export const lifeCycleCases: readonly ConformanceCase[] = [
  {
    number: 61,
    name: 'connect() to a backend that is away is false in time, with one warning, and rejoins by itself',
    run: async (bench) => {
      for (const line of ['hang', 'refuse'] as const) {
        const { coordinator, driver, journal } = await bench.instance(line, { connect: false, timings: { connectTimeoutMs: bench.ttlMs } })
        driver.line = line
        const start = bench.clock.now()
        assert.equal(await bench.during(coordinator.connect()), false)
        assert.ok(bench.clock.now() - start <= 1.1 * bench.ttlMs + 20, `${bench.clock.now() - start} ms`)
        assert.equal(coordinator.mode, 'degraded')
        await bench.elapse(3 * bench.ttlMs)
        assert.equal(journal.filter(({ severity }) => severity === 'warning').length, 1)
        driver.line = 'open'
        await bench.until('the cluster', () => coordinator.mode === 'cluster', 2 * bench.ttlMs)
      }
    }
  },
  {
    number: 62,
    name: 'close() may be called twice, and before connect()',
    run: async (bench) => {
      const { coordinator } = await bench.instance('a')
      await bench.during(Promise.all([coordinator.close(), coordinator.close()]))
      await bench.during(coordinator.close())
      const { coordinator: other } = await bench.instance('b', { connect: false })
      await bench.during(other.close())
    }
  },
  {
    number: 63,
    name: 'close() ends within its bound though the backend hangs, and leaves no watch',
    run: async (bench) => {
      const { coordinator, driver } = await bench.instance('a')
      coordinator.capacity('db', { total: 3 })
      await bench.elapse(5)
      driver.line = 'hang'
      const start = bench.clock.now()
      await bench.during(coordinator.close({ drainMs: bench.ttlMs / 2 }))
      assert.ok(bench.clock.now() - start <= bench.ttlMs + 50, `${bench.clock.now() - start} ms`)
      assert.equal(coordinator.hub.watching, 0)
      const commands = driver.commands
      await bench.elapse(3 * bench.ttlMs)
      assert.equal(driver.commands, commands)
    }
  },
  {
    number: 64,
    name: 'no rejection is left unhandled while everything is in use and the line fails',
    run: async (bench) => {
      const unhandled: unknown[] = []
      const note = unhandled.push.bind(unhandled)
      process.on('unhandledRejection', note)
      try {
        const { coordinator, driver } = await bench.instance('a')
        coordinator.elect('boss').run(async () => {}, { signal: bench.signal })
        coordinator.capacity('db', { total: 3 })
        const quota = coordinator.quota('rate', { limit: 10, windowMs: 1_000 })
        coordinator.queue('q').consume(async () => {}, { concurrency: 2, signal: bench.signal }).catch(() => {})
        await bench.during(coordinator.queue('q').push('x'))
        await bench.elapse(bench.ttlMs / 3)
        for (const line of ['hang', 'refuse', 'open', 'refuse', 'open'] as const) {
          driver.line = line
          quota.take('k')
          await bench.elapse(bench.ttlMs)
        }
        await bench.during(coordinator.close())
        await bench.elapse(5)
      } finally {
        process.off('unhandledRejection', note)
      }
      assert.deepEqual(unhandled, [])
    }
  }
]
