/**
 * The coordinator's recipes in a simulated cluster of three: `npm run faults -- coordination-sim [--seeds N] [--seed N] [--long]`.
 * One thread a processor; the seeds are divided among them. Exit code 1 on any violation.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { runSeeds } from '../../core/test/coordinator/simulation/campaign.ts'
import type { CampaignResult } from '../../core/test/coordinator/simulation/campaign.ts'

if (isMainThread) await main()
else parentPort?.postMessage(await runSeeds(workerData.first, workerData.count, workerData.step))

async function main (): Promise<void> {
  const { values } = parseArgs({ options: { seeds: { type: 'string' }, seed: { type: 'string' }, long: { type: 'boolean', default: false } } })
  const seeds = Number(values.seeds ?? (values.seed === undefined ? values.long ? 100_000 : 10_000 : 1))
  const first = Number(values.seed ?? 1)
  const threads = Math.min(seeds, availableParallelism())
  const start = performance.now()
  const results = await Promise.all(Array.from({ length: threads }, (_, index) => {
    return inThread({ first: first + index, step: threads, count: Math.ceil((seeds - index) / threads) })
  }))
  const sum = (of: (result: CampaignResult) => number): number => results.reduce((total, result) => total + of(result), 0)
  const violations = results.flatMap((result) => result.violations).sort((a, b) => a.seed - b.seed)
  for (const kind of ['delayed', 'lost', 'duplicated', 'cut', 'paused', 'partitions', 'kills', 'wipes'] as const) {
    console.log(`${kind.padEnd(12)} ${sum(({ faults }) => faults[kind])}`)
  }
  for (const { seed, what } of violations.slice(0, 20)) console.log(`seed ${seed}: ${what}`)
  console.log(`${seeds} seeds, ${sum(({ operations }) => operations)} operations (at least ${Math.min(...results.map(({ fewestOperations }) => fewestOperations))} a seed), ${violations.length} violations, ${((performance.now() - start) / 1000).toFixed(1)} s on ${threads} threads`)
  process.exitCode = violations.length > 0 ? 1 : 0
}

function inThread (part: { readonly first: number, readonly step: number, readonly count: number }): Promise<CampaignResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: part, resourceLimits: { maxYoungGenerationSizeMb: 64 } })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}
