import fc from 'fast-check'
import t from 'tap'
import type { PriorityRank } from '@plimsoll/core'
import { AdaptiveStrategy } from '../src/strategies/adaptive.ts'
import type { Arrival, GateState, Outcome, RefusalReason, StrategyChange } from '../src/strategy.ts'
import { SeededRandom } from './simulation/seeded-random.ts'

type Mutable = { -readonly [K in keyof GateState]: K extends 'queuedByRank' ? Uint32Array : GateState[K] }

const arrivalOf = (rank: PriorityRank, cohort = 0): Arrival => ({ rank, cohort, routeId: 0, arrivedAt: 0 })

class Driver {
  readonly changes: StrategyChange[] = []
  readonly strategy: AdaptiveStrategy
  readonly state: Mutable = { now: 1000, queued: 0, queuedByRank: new Uint32Array(6), inFlight: 0, stalled: 0, oldestWaitMs: 0, busyMs: 0 }

  constructor (seed = 1) {
    this.strategy = new AdaptiveStrategy({ random: new SeededRandom(seed).next, onChange: change => this.changes.push(change) })
  }

  queue (rank: PriorityRank, by: number): void {
    this.state.queued += by
    this.state.queuedByRank[rank] = (this.state.queuedByRank[rank] ?? 0) + by
  }

  /** Requests of 5 ms of busy time each, one after the other. */
  serve (count: number): void {
    for (let index = 0; index < count; index++) {
      this.strategy.arrive(arrivalOf(3), this.state)
      this.state.inFlight++
      this.strategy.started(arrivalOf(3), 0, this.state)
      this.state.now += 10
      this.state.busyMs += 5
      this.state.inFlight--
      this.strategy.finished(arrivalOf(3), 5, 'ok', this.state)
      if (index % 10 === 9) this.strategy.tick(this.state)
    }
  }

  /** Arrivals at ten times the capacity until it is an overload; a few are waiting. */
  overload (): void {
    this.queue(3, 1)
    this.state.oldestWaitMs = 50
    for (let count = 0; count < 1000 && !this.strategy.overloaded; count++) {
      this.state.now += 0.5
      this.strategy.arrive(arrivalOf(3), this.state)
    }
  }
}

t.test('calm, it queues everything, in the order of arrival, and is patient', async t => {
  const driver = new Driver()
  driver.serve(100)
  driver.queue(3, 500)
  for (const rank of [0, 1, 2, 3, 4, 5] as const) t.equal(driver.strategy.arrive(arrivalOf(rank), driver.state), undefined)
  t.equal(driver.strategy.order, 'fifo')
  t.equal(driver.strategy.limit, Infinity)
  t.equal(driver.strategy.tickMs, 100)
  t.ok(driver.strategy.maxWaitMs(3) >= 100)
  t.ok(driver.strategy.maxWaitMs(4) > driver.strategy.maxWaitMs(3), 'low is served last')
})

t.test('overloaded, it serves the newest first, lets nobody wait for long, and refuses the least important first', async t => {
  const driver = new Driver()
  driver.serve(100)
  driver.overload()
  const { strategy, state } = driver
  t.ok(strategy.overloaded)
  t.equal(strategy.order, 'lifo')
  t.equal(strategy.tickMs, 25)
  t.ok(strategy.maxWaitMs(3) <= 40)
  t.ok(strategy.maxWaitMs(1) > strategy.maxWaitMs(3))
  t.same(driver.changes[0], { what: 'state', from: 'calm', to: 'overloaded', reason: 'arrivals-above-capacity' })
  driver.queue(3, 50)
  driver.queue(4, 2)
  driver.queue(5, 2)
  t.equal(strategy.arrive(arrivalOf(3), state), 'threshold')
  t.equal(strategy.arrive(arrivalOf(4), state), 'threshold')
  t.equal(strategy.arrive(arrivalOf(0), state), undefined, 'system is never refused')
  t.equal(strategy.arrive(arrivalOf(1), state), undefined, 'nothing critical waits ahead')
})

t.test('low and batch keep a place each in the queue', async t => {
  const driver = new Driver()
  driver.serve(100)
  driver.overload()
  driver.queue(3, 50)
  t.equal(driver.strategy.arrive(arrivalOf(4), driver.state), undefined)
  t.equal(driver.strategy.arrive(arrivalOf(5), driver.state), undefined)
})

t.test('an empty queue takes whatever comes, overloaded or not: the service is kept busy', async t => {
  const driver = new Driver()
  driver.serve(100)
  driver.overload()
  driver.queue(3, -driver.state.queued)
  for (let count = 0; count < 100; count++) t.equal(driver.strategy.arrive(arrivalOf(3), driver.state), undefined)
})

t.test('critical requests are refused as well, but only for those like them, and behind a longer queue', async t => {
  const driver = new Driver()
  driver.serve(100)
  driver.overload()
  const refusals = (rank: PriorityRank): number => {
    let refused = 0
    for (let count = 0; count < 100; count++) if (driver.strategy.arrive(arrivalOf(rank), driver.state) === 'threshold') refused++
    return refused
  }
  driver.queue(3, 50)
  driver.queue(1, 3)
  t.equal(refusals(1), 0)
  t.equal(refusals(3), 100)
  driver.queue(3, -50)
  t.ok(refusals(3) > 0, 'three are too many for normal requests')
  driver.queue(1, 10)
  t.ok(refusals(1) > 80)
})

t.test('as soon as fewer come than can be served, a short queue ahead keeps nobody out, not even a heavy client', async t => {
  const driver = new Driver()
  const { strategy, state } = driver
  const heavy = 7
  driver.serve(100)
  driver.overload()
  for (let tick = 0; tick < 20; tick++) {
    for (let count = 0; count < 40; count++) strategy.arrive(arrivalOf(3, count < 20 ? heavy : 100 + count), state)
    state.now += 25
    strategy.tick(state)
  }
  driver.queue(1, 1)
  t.equal(strategy.arrive(arrivalOf(1, heavy), state), 'threshold', 'a heavy client, while far more come than can be served')
  t.equal(strategy.arrive(arrivalOf(1, 100), state), undefined, 'an ordinary one')
  state.now += 100
  strategy.tick(state)
  t.ok(strategy.overloaded)
  t.equal(strategy.arrive(arrivalOf(1, heavy), state), undefined)
})

t.test('with a queue standing, a request costs the time from one start to the next, however little the loop was busy', async t => {
  const driver = new Driver()
  driver.serve(200)
  t.equal(driver.strategy.snapshot()['costMs'], 5)
  driver.queue(3, 5)
  driver.serve(1000)
  t.match(Number(driver.strategy.snapshot()['costMs']).toFixed(2), '10.00')
  driver.queue(3, -5)
  driver.serve(1000)
  t.match(Number(driver.strategy.snapshot()['costMs']).toFixed(2), '5.00')
})

t.test('it gets calm by ticks, without a request, and then asks for no more of them', async t => {
  const driver = new Driver()
  driver.serve(100)
  driver.overload()
  driver.queue(3, -driver.state.queued)
  let ticks = 0
  for (; driver.strategy.tickMs > 0 && ticks < 100; ticks++) {
    driver.state.now += driver.strategy.tickMs
    driver.strategy.tick(driver.state)
  }
  t.ok(ticks < 20)
  t.notOk(driver.strategy.overloaded)
  t.match(driver.changes.at(-1), { from: 'overloaded', to: 'calm', reason: 'arrivals-within-capacity' })
  driver.serve(1)
  t.equal(driver.strategy.tickMs, 100, 'until the next arrival')
})

t.test('a standstill adds to the patience until the queue has been empty again', async t => {
  const driver = new Driver()
  driver.serve(100)
  const patience = driver.strategy.maxWaitMs(3)
  driver.state.now += 200
  driver.strategy.arrive(arrivalOf(3), driver.state)
  t.equal(driver.strategy.maxWaitMs(3), patience + 200)
  driver.strategy.arrive(arrivalOf(3), driver.state)
  t.equal(driver.strategy.maxWaitMs(3), patience + 200, 'its burst may still be coming')
  driver.state.now += 5000
  driver.strategy.arrive(arrivalOf(3), driver.state)
  t.ok(driver.strategy.maxWaitMs(3) <= patience + 500, 'bounded')
  for (let count = 0; count < 10; count++) {
    driver.state.now += 10
    driver.strategy.arrive(arrivalOf(3), driver.state)
  }
  t.equal(driver.strategy.maxWaitMs(3), patience)
})

t.test('an overload that serves everybody in time when it is put to the test was none', async t => {
  const driver = new Driver()
  driver.serve(100)
  driver.overload()
  driver.state.oldestWaitMs = 5
  t.equal(driver.strategy.order, 'lifo')
  const trial = (ms: number): void => {
    for (let tick = 0; tick * 25 < ms; tick++) {
      driver.state.now += 25
      for (let count = 0; count < 50; count++) driver.strategy.arrive(arrivalOf(3), driver.state)
      driver.strategy.tick(driver.state)
    }
  }
  trial(1000)
  t.equal(driver.strategy.order, 'fifo', 'the trial has begun')
  t.equal(driver.strategy.arrive(arrivalOf(3), driver.state), undefined)
  trial(100)
  t.notOk(driver.strategy.overloaded)
  t.match(driver.changes.at(-1), { from: 'overloaded', to: 'calm', reason: 'served-in-time' })
})

t.test('slow work, started in one tick and finished in another, costs what both took', async t => {
  const { strategy, state } = new Driver()
  for (let count = 0; count < 300; count++) {
    strategy.arrive(arrivalOf(3), state)
    for (const step of [() => strategy.started(arrivalOf(3), 0, state), () => strategy.finished(arrivalOf(3), 120, 'ok', state)]) {
      step()
      state.now += 100
      state.busyMs += 25
      strategy.tick(state)
    }
  }
  t.equal(Math.round(Number(strategy.snapshot()['costMs'])), 50)
})

t.test('health checks do not make the other requests seem cheap', async t => {
  const { strategy, state } = new Driver()
  for (let count = 0; count < 300; count++) {
    for (const rank of [3, 0, 0, 0] as const) {
      strategy.arrive(arrivalOf(rank), state)
      strategy.started(arrivalOf(rank), 0, state)
      state.now += 50
      if (rank === 3) state.busyMs += 50
      strategy.finished(arrivalOf(rank), rank === 3 ? 50 : 0, 'ok', state)
      strategy.tick(state)
    }
  }
  const { costMs, baselineMs } = strategy.snapshot()
  t.equal(Math.round(Number(costMs)), 50)
  t.equal(baselineMs, 50)
})

t.test('where requests are slow, a trial lasts for several of them', async t => {
  const driver = new Driver()
  const { strategy, state } = driver
  for (let count = 0; count < 100; count++) {
    strategy.arrive(arrivalOf(3), state)
    strategy.started(arrivalOf(3), 0, state)
    state.now += 100
    state.busyMs += 50
    strategy.finished(arrivalOf(3), 50, 'ok', state)
    strategy.tick(state)
  }
  driver.overload()
  state.oldestWaitMs = 5
  const spend = (ms: number): void => {
    for (const until = state.now + ms; state.now < until;) {
      state.now += 25
      strategy.arrive(arrivalOf(3), state)
      strategy.arrive(arrivalOf(3), state)
      strategy.tick(state)
    }
  }
  spend(1000)
  t.equal(strategy.order, 'fifo', 'the trial has begun')
  spend(350)
  t.ok(strategy.overloaded, 'seven requests were no proof')
  spend(100)
  t.notOk(strategy.overloaded)
})

t.test('an overload that is one ends its trial as soon as somebody waits, and the pauses between trials get longer', async t => {
  const driver = new Driver()
  driver.serve(100)
  driver.overload()
  driver.queue(3, 20)
  const begins: number[] = []
  let trying = false
  for (const from = driver.state.now; driver.state.now < from + 40_000;) {
    driver.state.now += 1
    driver.state.oldestWaitMs = 5
    const was = trying
    driver.strategy.tick(driver.state)
    trying = driver.strategy.order === 'fifo'
    if (trying && !was) begins.push(Math.round(driver.state.now - from))
    driver.state.oldestWaitMs = 50
    for (let count = 0; count < 5; count++) driver.strategy.arrive(arrivalOf(3), driver.state)
    trying = driver.strategy.order === 'fifo'
  }
  const pauses = begins.map((at, index) => at - (begins[index - 1] ?? 0))
  t.ok(driver.strategy.overloaded)
  t.ok(pauses.length >= 5 && pauses.slice(1).every((pause, index) => pause >= (pauses[index] ?? 0) - 5), String(pauses))
  t.ok(Math.max(...pauses) <= 8010)
})

t.test('stalled requests are added to the limit', async t => {
  const driver = new Driver()
  driver.serve(50)
  driver.state.stalled = 3
  driver.strategy.tick(driver.state)
  t.equal(driver.strategy.limit, Infinity)
  t.equal(driver.strategy.stalledAfterMs, Infinity)
})

t.test('says what it goes by', async t => {
  const driver = new Driver()
  driver.serve(100)
  const snapshot = driver.strategy.snapshot()
  t.equal(snapshot['costMs'], 5)
  t.equal(snapshot['baselineMs'], 5)
  t.equal(snapshot['overloaded'], false)
})

t.test('whatever happens, its figures stay in their bounds, and system is never refused', async () => {
  const step = fc.record({
    what: fc.constantFrom('arrive', 'start', 'finish', 'tick', 'wait'),
    rank: fc.integer({ min: 0, max: 5 }),
    cohort: fc.integer({ min: 0, max: 1023 }),
    ms: fc.double({ min: 0, max: 3000, noNaN: true }),
    outcome: fc.constantFrom<Outcome[]>('ok', 'error', 'timeout', 'aborted', 'refused')
  })
  fc.assert(fc.property(fc.array(step, { maxLength: 400 }), fc.integer({ min: 1, max: 1000 }), (steps, seed) => {
    const driver = new Driver(seed)
    const { strategy, state } = driver
    for (const { what, rank, cohort, ms, outcome } of steps) {
      const arrival: Arrival = { rank: rank as PriorityRank, cohort, routeId: rank - 1, arrivedAt: state.now }
      let reason: RefusalReason | undefined
      if (what === 'wait') { state.now += ms; state.busyMs += ms / 2 }
      if (what === 'arrive') {
        state.now += ms / 1000
        reason = strategy.arrive(arrival, state)
        if (reason === undefined) driver.queue(arrival.rank, 1)
      }
      if (what === 'start' && (state.queuedByRank[rank] ?? 0) > 0) {
        driver.queue(arrival.rank, -1)
        state.inFlight++
        strategy.started(arrival, ms, state)
      }
      if (what === 'finish' && state.inFlight > 0) { state.inFlight--; strategy.finished(arrival, ms, outcome, state) }
      if (what === 'tick') strategy.tick(state)
      if (rank === 0 && reason !== undefined) return false
      if (!(strategy.limit >= 2) || !(strategy.maxWaitMs(3) > 0) || ![0, 25, 100].includes(strategy.tickMs)) return false
      if (!strategy.overloaded && reason !== undefined) return false
    }
    return true
  }), { seed: 11, numRuns: 300 })
})
