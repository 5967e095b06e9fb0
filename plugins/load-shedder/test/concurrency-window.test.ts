import t from 'tap'
import { ConcurrencyWindow } from '../src/concurrency-window.ts'
import type { WindowSummary } from '../src/concurrency-window.ts'

/** A window of requests, a millisecond apart. */
function windowOf (requests: ReadonlyArray<readonly [workMs: number, baselineMs: number]>): WindowSummary | undefined {
  const window = new ConcurrencyWindow(100)
  requests.forEach(([workMs, baselineMs], index) => { window.finished(2000 + index, workMs, baselineMs, 4) })
  return window.close(3000, requests.length, false)
}

t.test('what the spread of durations may do to their mean is chance', async t => {
  t.match(windowOf(Array.from({ length: 40 }, () => [20, 10])), { inflation: 2, chance: 0, meanMs: 20, excessMs: 10 })
  // 1 or 39 ms, 20 on the average: the standard error of 40 of them is 19 / √40 ms, of 10 ms baseline.
  const { inflation = 0, chance = 0 } = windowOf(Array.from({ length: 40 }, (_, index) => [index % 2 === 0 ? 1 : 39, 10])) ?? {}
  t.equal(inflation, 2)
  t.equal(chance.toFixed(3), (2 * 19 / Math.sqrt(40) / 10).toFixed(3))
})

t.test('routes that differ in their baselines alone are no spread', async t => {
  const { chance = NaN } = windowOf(Array.from({ length: 40 }, (_, index) => index % 2 === 0 ? [2, 1] : [1000, 500])) ?? {}
  t.equal(chance.toFixed(3), '0.000')
})

t.test('without a sample there is neither inflation nor chance', async t => {
  t.match(windowOf([[5, 0], [5, -1]]), { inflation: 1, chance: 0, timeouts: 0.5, sampled: false })
})
