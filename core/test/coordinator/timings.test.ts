import t from 'tap'
import { longestLease, resolveTimings, validityOf } from '../../src/coordinator/timings.ts'

t.test('defaults follow the ttl', async (t) => {
  t.match(resolveTimings(), { ttlMs: 10_000, renewMs: 10_000 / 3, commandTimeoutMs: 2_000, graceMs: 5_000, connectTimeoutMs: 1_000, reconnectMs: 500 })
  t.equal(resolveTimings({}, 15_000).ttlMs, 15_000)
  t.equal(longestLease(resolveTimings()), 15_000)
  t.equal(validityOf(1_000), 940)
})

t.test('impossible combinations are refused with the figures', async (t) => {
  t.throws(() => resolveTimings({ ttlMs: -1 }), { code: 'PLM_COORDINATOR_INVALID_OPTION', message: /ttlMs = -1/ })
  t.throws(() => resolveTimings({ graceMs: NaN }), { message: /graceMs = NaN/ })
  t.throws(() => resolveTimings({ ttlMs: 500 }, 1_000), { message: /500.*below 1000 ms/ })
  t.throws(() => resolveTimings({ ttlMs: 1_000, renewMs: 600 }), { message: /940 ms.*renewMs 600.*1053\.3 ms/ })
  t.throws(() => resolveTimings({ ttlMs: 1_000, reconnectMs: 600 }), { message: /reconnectMs = 600.*half of ttlMs 1000/ })
})
