import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import type { PriorityRank } from '@plimsoll/core'
import { AdaptiveStrategy } from '../plugins/load-shedder/src/strategies/adaptive.ts'
import { OldestStrategy } from '../plugins/load-shedder/src/strategies/oldest.ts'
import { PriorityStrategy } from '../plugins/load-shedder/src/strategies/priority.ts'
import { RandomStrategy } from '../plugins/load-shedder/src/strategies/random.ts'
import type { Arrival, GateState, Strategy } from '../plugins/load-shedder/src/strategy.ts'
import { seededRandom } from '@plimsoll/core/testing'

// npm run bench -- strategies: nanoseconds and bytes that a strategy costs a request, without a gate.

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' } }, strict: false })
const rounds = Number(values.rounds)
const requests = 200_000
const targetNs = 100

type Mutable = { -readonly [K in keyof GateState]: K extends 'queuedByRank' ? Uint32Array : GateState[K] }

interface Cost { readonly arriveNs: number, readonly restNs: number, readonly bytes: number, readonly overloaded: boolean }

function measure (strategy: Strategy, queued: number, gapMs: number): Cost {
  const state: Mutable = { now: 1000, queued, queuedByRank: new Uint32Array(6), inFlight: 10, stalled: 0, oldestWaitMs: queued > 0 ? 100 : 0, busyMs: 500 }
  state.queuedByRank[3] = queued
  const arrivals: Arrival[] = Array.from({ length: 1024 }, (_, index) => ({
    rank: ([1, 3, 3, 4][index % 4] ?? 3) as PriorityRank, cohort: index, routeId: index % 20, arrivedAt: 0
  }))
  const first: Arrival = { rank: 3, cohort: 0, routeId: 0, arrivedAt: 0 }
  let overloaded = false
  const from = process.memoryUsage().heapUsed
  const begun = performance.now()
  for (let index = 0; index < requests; index++) {
    if (index === 1000) overloaded = strategy.overloaded
    state.busyMs = state.now += gapMs
    strategy.arrive(arrivals[index & 1023] ?? first, state)
  }
  const arrived = performance.now()
  const bytes = Math.max(0, process.memoryUsage().heapUsed - from) / requests
  for (let index = 0; index < requests; index++) {
    const arrival = arrivals[index & 1023] ?? first
    state.busyMs = state.now += gapMs * (queued > 0 ? 20 : 1)
    if (strategy.tickMs > 0 && index % 200 === 0) strategy.tick(state)
    strategy.started(arrival, 1, state)
    strategy.finished(arrival, 5, 'ok', state)
  }
  const done = performance.now()
  strategy.tick(state)
  return { arriveNs: (arrived - begun) * 1e6 / requests, restNs: (done - arrived) * 1e6 / requests, bytes, overloaded }
}

const random = seededRandom(1)
const settings = { limit: 100, maxQueue: 1000 }
const cases: ReadonlyArray<readonly [name: string, strategy: Strategy, queued: number, gapMs: number]> = [
  ['adaptive, calm', new AdaptiveStrategy({ random }), 0, 5],
  ['adaptive, overloaded', new AdaptiveStrategy({ random }), 20, 0.05],
  ['priority', new PriorityStrategy(settings), 20, 1],
  ['random', new RandomStrategy(settings, { random }), 20, 1],
  ['oldest', new OldestStrategy(settings), 20, 1]
]
const median = (numbers: number[]): number => numbers.sort((a, b) => a - b)[numbers.length >> 1] ?? NaN

let missed = 0
for (const [name, strategy, queued, gapMs] of cases) {
  const costs = Array.from({ length: rounds }, () => measure(strategy, queued, gapMs)).slice(Math.min(2, rounds - 1))
  const arrive = median(costs.map(cost => cost.arriveNs))
  const rest = median(costs.map(cost => cost.restNs))
  const bytes = median(costs.map(cost => cost.bytes))
  // The figure has to be of the state that the name says.
  if (name === 'adaptive, overloaded' && costs.some(cost => !cost.overloaded)) throw new Error('not overloaded')
  const pass = arrive <= targetNs && rest <= 2 * targetNs
  if (!pass) missed++
  console.log(`${name.padEnd(22)} arrive ${arrive.toFixed(0).padStart(4)} ns  started + finished ${rest.toFixed(0).padStart(4)} ns  ${bytes.toFixed(1)} B  target ${targetNs} ns each  ${pass ? 'pass' : 'miss'}`)
}
console.log(`strategies: ${cases.length - missed} targets met, ${missed} missed (medians of ${rounds} rounds of ${requests} requests)`)
