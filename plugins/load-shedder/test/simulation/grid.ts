import type { Theft } from './node-process.ts'
import { steps } from './scenario.ts'
import type { Expectations, Scenario } from './scenario.ts'
import type { SeededRandom } from './seeded-random.ts'
import { cpuAwaitCpu, drawnOf, manyStages, mixOf, pooled } from './services.ts'

const lognormal = (random: SeededRandom, mean: number): number => random.lognormal(mean, 1)
const exponential = (random: SeededRandom, mean: number): number => random.exponential(mean)
const pareto = (random: SeededRandom, mean: number): number => random.pareto(mean, 1.8)

/** Short work: refusing costs about as much as serving, and some milliseconds of the loop's turns are many times the unloaded latency. */
const SHORT = { goodput: 0.5, inflation: 20 }
/** Few requests: a percent of them is a handful, those of the first second after the step. */
const LONG = { goodput: 0.9, inflation: 20, falseRefusals: 0.02, critical: 0.97, timeouts: 0.02 }
/** What has been started before a limit is found has to go through the pool. */
const POOL = { goodput: 0.8, inflation: 60, falseRefusals: 0.01, critical: 0.85, timeouts: 0.02 }
/** Variance of the CPU time of fifty times its square: waits of many hundred milliseconds are usual, and a burst looks like an overload: 8 to 42 % are refused at 0.9x, by the seed. */
const HYPERVARIABLE = { goodput: 0.55, inflation: 5, falseRefusals: 0.45, calm: 0.3, critical: 0.6, timeouts: 0.01 }

/** What comes while the process is kept from its core waits; an idle service hardly meets that, so its P99 is short. */
const KEPT_WAITING = { calm: 0.5, falseRefusals: 0.02, inflation: 15, goodput: 0.9 }
const STOLEN: ReadonlyArray<{ readonly theft: Theft, readonly expect: Partial<Expectations> }> = [
  { theft: { kind: 'neighbour', onMs: 4, offMs: 4 }, expect: KEPT_WAITING },
  { theft: { kind: 'neighbour', onMs: 3, offMs: 9 }, expect: KEPT_WAITING },
  { theft: { kind: 'quota', quotaMs: 50, periodMs: 100 }, expect: KEPT_WAITING },
  { theft: { kind: 'quota', quotaMs: 25, periodMs: 100 }, expect: { ...KEPT_WAITING, inflation: 30, goodput: 0.85 } }
]

/** What the constants were chosen with. */
export const GRID: readonly Scenario[] = [
  steps(cpuAwaitCpu(4.4, 20)),
  steps(cpuAwaitCpu(4.4, 20), { fresh: true, multiples: [0.8, 2, 4, 10], expect: { goodput: 0.88 } }),
  ...[0, 20, 500].flatMap(awaitMs => [
    steps(cpuAwaitCpu(0.5, awaitMs), { expect: SHORT }),
    steps(cpuAwaitCpu(5, awaitMs), { expect: awaitMs === 0 ? { calm: 0.5, falseRefusals: 0.03, inflation: 4 } : {} }),
    steps(cpuAwaitCpu(50, awaitMs), { expect: LONG })
  ]),
  steps(mixOf('mix of 0.5/5, 5/50 and 20/500', [
    { weight: 70, cpuMs: 0.5, awaitMs: 5 }, { weight: 25, cpuMs: 5, awaitMs: 50 }, { weight: 5, cpuMs: 20, awaitMs: 500 }
  ]), { expect: { falseRefusals: 0.02 } }),
  // CPU times that differ a hundredfold, awaits from none to half a second, and nothing tells which request has which.
  steps(drawnOf('0.5, 5 or 50 ms CPU, 0, 20 or 500 ms await on one route', [0, 20, 500].flatMap(awaitMs => [
    { weight: 70, cpuMs: 0.5, awaitMs }, { weight: 25, cpuMs: 5, awaitMs }, { weight: 5, cpuMs: 50, awaitMs }
  ])), { multiples: [0.5, 2, 4, 10], overloadedBefore: true, expect: { goodput: 0.75, calm: 0.5, critical: 0.95, timeouts: 0.01 } }),
  steps(manyStages(20, 0.5, 0), { expect: { calm: 0.5, falseRefusals: 0.03, inflation: 6 } }),
  steps(manyStages(10, 0.5, 2), { expect: { falseRefusals: 0.01, inflation: 4 } }),
  steps(pooled(10, 0.5, 20), { multiples: [0.5, 0.8, 0.9, 2, 4], expect: POOL }),
  steps(pooled(10, 1, 100), { multiples: [0.5, 0.8, 0.9, 2, 4], expect: POOL }),
  steps(pooled(4, 0.8, 50, exponential), { multiples: [0.5, 0.8, 2, 4], expect: POOL })
]

/** Loads that nothing was chosen with: other durations, heavy tails, other pools, other mixes. */
export const HELD_OUT: readonly Scenario[] = [
  steps(cpuAwaitCpu(3, 30, lognormal, lognormal), { expect: { falseRefusals: 0.02 } }),
  steps(cpuAwaitCpu(8, 80, exponential, exponential), { expect: { inflation: 4 } }),
  steps(cpuAwaitCpu(1.5, 120, fixedCpu, pareto)),
  steps(cpuAwaitCpu(12, 0, pareto), { expect: { calm: 0.5, falseRefusals: 0.03, inflation: 4, critical: 0.93 } }),
  steps(cpuAwaitCpu(2, 7)),
  steps(mixOf('mix of 0.3/2, 2/15 and 40/10, heavy-tailed', [
    { weight: 85, cpuMs: 0.3, awaitMs: 2 }, { weight: 13, cpuMs: 2, awaitMs: 15 }, { weight: 2, cpuMs: 40, awaitMs: 10 }
  ], lognormal, lognormal), { expect: HYPERVARIABLE }),
  steps(manyStages(5, 1.2, 7)),
  ...STOLEN.map(({ theft, expect }) => steps(cpuAwaitCpu(4.4, 20), { theft, multiples: [0.5, 0.8, 0.9, 2, 4, 10], expect })),
  steps(pooled(30, 0.4, 60, lognormal), { multiples: [0.5, 0.8, 2, 4], expect: POOL })
]

/** Where it is known to do badly: what has gone into a slow pool before the limit is found has to come out of it again. */
export const WEAK: readonly Scenario[] = [
  steps(pooled(5, 0.6, 90, lognormal), { multiples: [2, 4] }),
  steps(pooled(8, 0.3, 200, exponential), { multiples: [2, 4] })
]

function fixedCpu (_random: SeededRandom, mean: number): number { return mean }
