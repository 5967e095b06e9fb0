import { Coordinator } from '../coordinator/coordinator.ts'
import { Bench, realTime } from './bench.ts'
import type { ConformanceStore, ConformanceTime, NewCoordinator } from './bench.ts'
import { capacityCases } from './capacity-cases.ts'
import type { ConformanceCase } from './conformance-case.ts'
import { decisionCases } from './decision-cases.ts'
import { electionCases } from './election-cases.ts'
import { keyValueCases } from './key-value-cases.ts'
import { lifeCycleCases } from './life-cycle-cases.ts'
import { queueCases } from './queue-cases.ts'
import { registryCases } from './registry-cases.ts'
import { sessionCases } from './session-cases.ts'
import { watchCases } from './watch-cases.ts'

export interface ConformanceOptions {
  /** A new, empty namespace of the backend. */
  readonly createStore: () => Promise<ConformanceStore>
  /** Registers a case with your test runner; a case fails by rejecting. */
  readonly test: (name: string, run: () => Promise<void>) => void
  /** Told of each case that does not run, with the reason; say it in your report. */
  readonly skip: (name: string, reason: string) => void
  /** Cases that do not apply, by number, each with the reason. */
  readonly skips?: Readonly<Record<number, string>>
  /** @default real time */
  readonly time?: ConformanceTime
  /**
   * Of sessions, in milliseconds; not below what the backend honours.
   * @default 300
   */
  readonly ttlMs?: number
  /** @default 100_000 */
  readonly manyItems?: number
  /** @default core's own; for proving that the suite bites */
  readonly newCoordinator?: NewCoordinator
}

export const conformanceCases: readonly ConformanceCase[] = [
  ...keyValueCases, ...sessionCases, ...electionCases, ...registryCases, ...queueCases, ...capacityCases, ...watchCases, ...lifeCycleCases, ...decisionCases
].sort((a, b) => a.number - b.number)

/** Registers every case that a coordinator's driver must pass, and tells of those that are left out. */
export function conformance (options: ConformanceOptions): void {
  for (const one of conformanceCases) {
    const name = `${one.number}: ${one.name}`
    const reason = options.skips?.[one.number]
    if (reason === undefined) options.test(name, () => runCase(one, options))
    else options.skip(name, reason)
  }
}

/** Runs one case on a store of its own. */
export async function runCase (one: ConformanceCase, { createStore, time = realTime, ttlMs = 300, manyItems = 100_000, newCoordinator = (options) => new Coordinator(options) }: Pick<ConformanceOptions, 'createStore' | 'time' | 'ttlMs' | 'manyItems' | 'newCoordinator'>): Promise<void> {
  const store = await createStore()
  const bench = new Bench({ store, time, ttlMs, manyItems, newCoordinator })
  try {
    if (one.needs !== undefined && store[one.needs] === undefined) throw new Error(`the store of this test has no ${one.needs}(); give it one, or skip case ${one.number} by number, with the reason`)
    await one.run(bench)
  } finally {
    await bench.close()
  }
}
