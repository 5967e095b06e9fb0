import { fakeClock } from '@plimsoll/core/testing'
import t from 'tap'
import { HealthChecker } from '../src/health-check.ts'

t.test('closed during its first run, a health check is not scheduled', async t => {
  const clock = fakeClock()
  const checker = new HealthChecker(() => true, () => {})
  const started = checker.start(clock, 10)
  checker.close()
  await started
  t.equal(clock.pending, 0)
})

t.test('each result is told, and the interval counts from the end of a run', async t => {
  const clock = fakeClock()
  const told: unknown[] = []
  const results = [{ fine: true }, false, new Error('down')]
  let runs = 0
  const checker = new HealthChecker<object | boolean>(() => {
    const result = results[runs++] ?? true
    if (result instanceof Error) throw result
    return result
  }, (healthy, error) => told.push([healthy, error instanceof Error ? error.message : error]))
  await checker.start(clock, 10)
  for (let i = 0; i < 2; i++) {
    clock.advance(10)
    await null
    await null
    await null
  }
  t.strictSame(told, [[true, undefined], [false, undefined], [false, 'down']])
  checker.close()
  t.equal(clock.pending, 0)
})
