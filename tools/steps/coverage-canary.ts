import type { Outcome } from '../step.ts'
import { failureReport } from './failure-report.ts'
import { tap } from './tap-run.ts'

/** The same gate, over a file with a function that nothing calls: it has to fail, or the gate measures nothing. */
export async function coverageCanary (signal: AbortSignal): Promise<Outcome> {
  const run = await tap(['tools/coverage-canary/canary.test.ts'], { signal })
  const seen = /canary\.ts \|[ .\d]+\|[ .\d]+\| +50 \|/.test(run.coverage)
  if (run.code !== 0 && run.failed === 0 && run.passed > 0 && seen) return { passed: 1, note: 'an uncalled function fails the gate' }
  throw new Error(`the coverage gate let an uncalled function through (exit code ${run.code}):\n${failureReport(run)}`)
}
