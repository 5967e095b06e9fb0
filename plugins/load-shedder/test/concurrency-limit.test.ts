import t from 'tap'
import { ConcurrencyLimit } from '../src/concurrency-limit.ts'
import { LatencyBaseline } from '../src/latency-baseline.ts'
import type { GateState, Outcome, StrategyChange } from '../src/strategy.ts'

type Mutable = { -readonly [K in keyof GateState]: GateState[K] }

/** A service with latency by concurrency, driven window by window: what is offered runs up to the limit, the rest queues. */
class Driver {
  readonly changes: StrategyChange[] = []
  readonly baseline = new LatencyBaseline()
  readonly limit = new ConcurrencyLimit(this.baseline, change => this.changes.push(change))
  readonly state: Mutable = { now: 0, queued: 0, queuedByRank: new Uint32Array(6), inFlight: 0, stalled: 0, oldestWaitMs: 0, busyMs: 0 }

  /** For `ms`, so many want to be in flight; each takes `workMs(inFlight)`. */
  run (ms: number, wanted: (elapsed: number) => number, workMs: (inFlight: number) => number, outcome: Outcome = 'ok', overloaded = false): void {
    const { state } = this
    const from = state.now
    while (state.now - from < ms) {
      const demand = wanted(state.now - from)
      state.inFlight = Math.max(1, Math.min(demand, this.limit.value))
      state.queued = Math.max(0, demand - state.inFlight)
      const work = workMs(state.inFlight)
      const finished = Math.max(1, Math.round(state.inFlight * 25 / work))
      for (let count = 1; count <= finished; count++) {
        state.now += 25 / finished
        this.limit.started(state)
        this.limit.finished(0, work, outcome, state, overloaded)
      }
      this.limit.tick(state, overloaded)
    }
  }

  get reasons (): string[] { return this.changes.map(change => change.reason) }
}

const POOL = 10
const pool = (inFlight: number): number => 20 * Math.max(1, inFlight / POOL)
const intrinsic = (ms: number) => (): number => ms

t.test('is open until there is evidence, however many are in flight', async t => {
  const driver = new Driver()
  driver.run(10_000, () => 800, intrinsic(500))
  t.equal(driver.limit.value, Infinity)
  t.ok(driver.limit.open)
  t.equal(driver.limit.stalledAfterMs, Infinity)
  t.same(driver.changes, [])
})

t.test('what another check refuses in no time raises no limit and is no latency', async t => {
  const driver = new Driver()
  driver.run(5000, () => 5, pool)
  driver.run(10_000, elapsed => 20 + elapsed / 2, pool)
  const { value } = driver.limit
  const { typicalMs } = driver.baseline
  // As many as the limit lets in at a time, a thousand times a second: an open circuit.
  driver.run(1000, () => 1000, () => 1, 'refused')
  t.equal(driver.baseline.typicalMs, typicalMs)
  t.ok(driver.limit.value <= value, `${driver.limit.value} after ${value}`)
})

t.test('finds a pool behind the handlers, settles near its size, and is taken away when nothing presses', async t => {
  const driver = new Driver()
  driver.run(5000, () => 5, pool)
  driver.run(10_000, elapsed => 20 + elapsed / 2, pool)
  t.ok(driver.limit.value >= POOL && driver.limit.value <= 2 * POOL, String(driver.limit.value))
  t.ok(driver.limit.stalledAfterMs >= 2000 && driver.limit.stalledAfterMs < Infinity)
  const settled = driver.changes.length
  driver.run(20_000, () => 1000, pool)
  t.ok(driver.changes.length - settled < 20, 'no flapping')
  driver.run(3000, () => 2, pool)
  t.equal(driver.limit.value, Infinity)
  t.equal(driver.reasons.at(-1), 'recovered')
})

t.test('recovers by ticks alone, without a request', async t => {
  const driver = new Driver()
  driver.run(5000, () => 5, pool)
  driver.run(5000, elapsed => 20 + elapsed / 2, pool)
  t.notOk(driver.limit.open)
  driver.state.queued = driver.state.inFlight = 0
  for (let tick = 0; tick < 15; tick++) {
    driver.state.now += 100
    driver.limit.tick(driver.state, false)
  }
  t.ok(driver.limit.open)
})

t.test('a service that has become slower, not fuller, is left alone', async t => {
  const driver = new Driver()
  driver.run(5000, () => 3, intrinsic(10))
  driver.run(10_000, () => 300, intrinsic(1000))
  t.ok(driver.limit.open)
  t.ok(driver.changes.length <= 2, String(driver.reasons))
})

t.test('a step down that costs throughput is taken back, the latency learned, and none tried for a while', async t => {
  const driver = new Driver()
  driver.run(5000, () => 10, intrinsic(20))
  driver.run(20_000, () => 40, intrinsic(80), 'ok', true)
  t.equal(driver.reasons[0], 'queue')
  t.equal(driver.reasons[1], 'latency-intrinsic')
  t.ok(driver.limit.open)
  t.ok(driver.baseline.of(0) > 60)
  t.equal(driver.changes.length, 2)
})

t.test('a limit that has gone too far goes back one step', async t => {
  const driver = new Driver()
  driver.run(5000, () => 5, pool)
  driver.run(6000, elapsed => 20 + elapsed / 2, pool)
  t.notOk(driver.limit.open)
  // Now the pool is larger, and each call slower: less in flight is less done.
  const slower = (): number => 60
  driver.run(3000, () => 1000, slower)
  t.ok(driver.reasons.includes('throughput-lost'), String(driver.reasons))
  t.notOk(driver.limit.open)
})

t.test('goes down to two, and no further, where only one can be served at a time', async t => {
  const driver = new Driver()
  const single = (inFlight: number): number => 8 * inFlight
  driver.run(5000, () => 1, single)
  driver.run(10_000, elapsed => 20 + elapsed / 2, single, 'ok', true)
  t.equal(driver.limit.value, 2)
  const settled = driver.changes.length
  driver.run(10_000, () => 1000, single, 'ok', true)
  t.equal(driver.limit.value, 2)
  t.equal(driver.changes.length, settled)
})

t.test('probes upwards when there is room again', async t => {
  const driver = new Driver()
  driver.run(5000, () => 5, pool)
  driver.run(6000, elapsed => 20 + elapsed / 2, pool)
  const before = driver.limit.value
  driver.run(20_000, () => 1000, intrinsic(20))
  t.ok(driver.limit.value > 3 * before)
  t.ok(driver.reasons.includes('probe'))
})

t.test('after a probe that led to a queue it waits before the next', async t => {
  const driver = new Driver()
  driver.run(5000, () => 5, pool)
  driver.run(6000, elapsed => 20 + elapsed / 2, pool)
  driver.run(2000, () => 1000, intrinsic(20))
  t.equal(driver.reasons.at(-1), 'probe')
  driver.run(2000, () => 1000, pool)
  t.equal(driver.reasons.at(-1), 'queue')
  const { length } = driver.changes
  driver.run(2500, () => 1000, intrinsic(20))
  t.equal(driver.changes.length, length)
  driver.run(2500, () => 1000, intrinsic(20))
  t.equal(driver.reasons[length], 'probe')
})

t.test('timeouts are drops, not latencies: a constant timeout does not look like a steady service', async t => {
  const driver = new Driver()
  driver.run(5000, () => 5, intrinsic(20))
  const baseline = driver.baseline.of(0)
  driver.run(10_000, () => 100, intrinsic(1000), 'timeout')
  t.ok(driver.limit.value < 50)
  t.ok(driver.limit.value >= 2)
  t.equal(driver.reasons[0], 'timeouts')
  t.equal(driver.baseline.of(0), baseline)
  driver.run(5000, () => 100, intrinsic(20))
  t.ok(driver.limit.value >= 100, 'and back soon')
})

t.test('aborted requests that were short say nothing', async t => {
  const driver = new Driver()
  driver.run(5000, () => 5, intrinsic(20))
  const baseline = driver.baseline.of(0)
  driver.run(5000, () => 5, intrinsic(1), 'aborted')
  t.equal(driver.baseline.of(0), baseline)
})

t.test('aborted requests that took long all the same show a pool', async t => {
  const driver = new Driver()
  driver.run(5000, () => 5, pool)
  driver.run(10_000, elapsed => 20 + elapsed / 2, pool, 'aborted')
  t.ok(driver.limit.value <= 2 * POOL)
})

t.test('an experiment without samples ends', async t => {
  const driver = new Driver()
  driver.run(5000, () => 5, pool)
  for (let step = 0; driver.limit.open && step < 400; step++) driver.run(25, () => 20 + step * 12, pool)
  t.notOk(driver.limit.open)
  driver.state.queued = 10
  for (let tick = 0; tick < 300; tick++) {
    driver.state.now += 100
    driver.limit.tick(driver.state, false)
  }
  t.ok(driver.limit.open)
  t.equal(driver.reasons.at(-1), 'no-samples')
})
