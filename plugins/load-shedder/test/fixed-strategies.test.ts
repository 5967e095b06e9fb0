import fc from 'fast-check'
import t from 'tap'
import type { PriorityRank } from '@plimsoll/core'
import { ClassQueue } from '../src/class-queue.ts'
import { OldestStrategy } from '../src/strategies/oldest.ts'
import { PriorityStrategy } from '../src/strategies/priority.ts'
import { RandomStrategy } from '../src/strategies/random.ts'
import type { Arrival, GateState } from '../src/strategy.ts'
import { runOverload } from './simulation/overload-run.ts'
import { SeededRandom } from './simulation/seeded-random.ts'
import { cpuAwaitCpu, trafficOf } from './simulation/services.ts'

const arrivalOf = (rank: PriorityRank): Arrival => ({ rank, cohort: 0, routeId: 0, arrivedAt: 0 })
const stateOf = (queued: number, inFlight = 0): GateState => ({ now: 0, queued, queuedByRank: new Uint32Array(6), inFlight, stalled: 0, oldestWaitMs: 0, busyMs: 0 })

class Entry {
  readonly rank: PriorityRank
  readonly arrivedAt: number
  older: Entry | undefined
  newer: Entry | undefined
  listed = false
  constructor (rank: PriorityRank, arrivedAt: number) {
    this.rank = rank
    this.arrivedAt = arrivedAt
  }
}

t.test('priority: 0 inversions among 100,000 requests', async t => {
  const random = new SeededRandom(4)
  const strategy = new PriorityStrategy({ limit: 20, maxQueue: 1000 })
  const queue = new ClassQueue<Entry>()
  const waiting = new Set<Entry>()
  let refusals = 0
  let refusedOnArrival = 0
  let inversions = 0
  const refuse = (entry: Entry): void => {
    refusals++
    for (const other of waiting) if (other.rank > entry.rank) inversions++
  }
  for (let now = 0; now < 100_000; now++) {
    const entry = new Entry(Math.floor(random.next() * 6) as PriorityRank, now)
    if (strategy.arrive(arrivalOf(entry.rank), stateOf(queue.size)) !== undefined) refusedOnArrival++
    if (queue.size >= strategy.maxQueued) {
      const victim = strategy.eviction === 'least-important' ? queue.lessImportantThan(entry.rank) : queue.oldestOfAll()
      if (victim === undefined) { refuse(entry); continue }
      queue.remove(victim)
      waiting.delete(victim)
      waiting.add(entry)
      queue.push(entry)
      refuse(victim)
      continue
    }
    queue.push(entry)
    waiting.add(entry)
    if (random.next() < 0.5) {
      const started = queue.take(false, 5)
      if (started !== undefined) waiting.delete(started)
    }
  }
  t.ok(refusals > 10_000, `${refusals} refusals`)
  t.equal(refusedOnArrival, 0, 'the strategy gives up who waits, and not who arrives')
  t.equal(inversions, 0)
})

t.test('random: refuses with the stated probability, within 2 points, whatever the class but system', async t => {
  const random = new SeededRandom(8)
  const strategy = new RandomStrategy({ limit: 100, maxQueue: 1000 }, { random: random.next })
  for (const queued of [0, 10, 25, 50, 75, 90, 100, 200]) {
    for (const rank of [1, 3, 5] as const) {
      let refused = 0
      for (let count = 0; count < 20_000; count++) if (strategy.arrive(arrivalOf(rank), stateOf(queued)) === 'probability') refused++
      t.ok(Math.abs(refused / 20_000 - Math.min(1, queued / 100)) < 0.02, `${queued} queued, rank ${rank}`)
      t.equal(strategy.probability(queued), Math.min(1, queued / 100))
    }
    t.equal(strategy.arrive(arrivalOf(0), stateOf(queued)), undefined)
  }
})

t.test('oldest: gives up only the longest wait', async t => {
  const strategy = new OldestStrategy({ limit: 10, maxQueue: 1000 })
  t.equal(strategy.eviction, 'oldest')
  fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.boolean()), { maxLength: 300 }), steps => {
    const queue = new ClassQueue<Entry>()
    const waiting: Entry[] = []
    for (const [now, [rank, starts]] of steps.entries()) {
      const entry = new Entry(rank as PriorityRank, now)
      if (strategy.arrive(arrivalOf(entry.rank), stateOf(queue.size)) !== undefined) return false
      if (queue.size >= strategy.maxQueued) {
        const victim = queue.oldestOfAll()
        if (victim === undefined || waiting.some(other => other.arrivedAt < victim.arrivedAt)) return false
        queue.remove(victim)
        waiting.splice(waiting.indexOf(victim), 1)
      }
      queue.push(entry)
      waiting.push(entry)
      const started = starts ? queue.take(false, 5) : undefined
      if (started !== undefined) waiting.splice(waiting.indexOf(started), 1)
      if (queue.size > 10) return false
    }
    return true
  }), { seed: 2 })
})

t.test('a fixed limit: as many may wait as may run, nothing ticks, and it is overloaded when all permits are taken', async t => {
  const strategy = new PriorityStrategy({ limit: 5, maxQueue: 3 })
  t.equal(strategy.maxQueued, 3)
  strategy.limit = 2
  t.equal(strategy.maxQueued, 2)
  t.equal(strategy.maxWaitMs(), Infinity)
  t.equal(strategy.tickMs, 0)
  strategy.tick()
  t.notOk(strategy.overloaded)
  strategy.started(arrivalOf(3), 0, stateOf(0, 2))
  t.ok(strategy.overloaded)
  t.same(strategy.snapshot(), { limit: 2, maxQueued: 2, overloaded: true })
  strategy.finished(arrivalOf(3), 1, 'ok', stateOf(0, 1))
  t.notOk(strategy.overloaded)
})

t.test('behind the gate, each keeps its limit at ten times the capacity, and low classes keep a share', async t => {
  const service = cpuAwaitCpu(5, 20)
  const settings = { limit: 8, maxQueue: 1000 }
  for (const strategy of [new PriorityStrategy(settings), new OldestStrategy(settings), new RandomStrategy(settings, { random: new SeededRandom(3).next })]) {
    const record = runOverload({ seed: 1, strategy: () => strategy, traffic: trafficOf(service), rate: () => 10 * service.capacity, durationMs: 10_000 })
    const low = record.attempts.filter(attempt => attempt.rank === 4)
    t.ok(low.some(attempt => attempt.outcome === 'ok'), `${strategy.name}: low is served`)
    t.equal(record.inFlightAtEnd, 0)
    const served = record.attempts.filter(attempt => attempt.outcome === 'ok').length
    t.ok(served > 0.8 * 10 * service.capacity, `${strategy.name}: ${served} served`)
  }
})
