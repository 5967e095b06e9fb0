import { TestFailure } from '../step.ts'
import type { Outcome } from '../step.ts'
import { failureReport, shortReport } from './failure-report.ts'
import type { TapRun } from './tap-run.ts'

/** Files that may be run again; where more have failed, the change is at fault and not chance. */
const mostAgain = 3

/**
 * Runs tests, and what failed of them once more: a test that depends on chance must not stop a change that has nothing
 * to do with it, and must not go unnoticed either. `run` gets the files of the second run, and none for the first; its
 * second result tells the coverage of both.
 *
 * @throws {TestFailure} where a file failed twice, or the coverage is not complete
 */
export async function runWithSecondChance (run: (again: readonly string[]) => Promise<TapRun>): Promise<Outcome> {
  const first = await run([])
  if (hasPassed(first)) return { passed: first.passed, note: first.note, details: slowest(first) }
  const failed = first.files.filter(({ ok }) => !ok).map(({ file }) => file)
  // What no file explains is the coverage, or a run that did not even begin.
  if (failed.length === 0 || failed.length > mostAgain) throw failure(first, '')
  const second = await run(failed)
  if (!hasPassed(second)) {
    throw failure(second, `failed, and failed when run again, alone: ${failed.join(', ')}\n\n`, first)
  }
  return {
    passed: first.passed,
    note: `${first.note}; ${failed.length === 1 ? '1 FILE' : `${failed.length} FILES`} PASSED ONLY WHEN RUN AGAIN: ${failed.join(', ')}`,
    warning: shortReport(first, 2500),
    details: slowest(first)
  }
}

function hasPassed (run: TapRun): boolean {
  return run.code === 0 && run.failed === 0 && run.passed > 0
}

function failure (run: TapRun, headline: string, before?: TapRun): TestFailure {
  const nothing = run.passed + run.failed === 0 ? 'no test was run\n' : ''
  const earlier = before === undefined ? '' : `\n\n--- the first run ---\n${failureReport(before)}`
  return new TestFailure(`${headline}${nothing}${failureReport(run)}${earlier}`, (before ?? run).passed, Math.max(1, run.failed))
}

/** The ten files that took longest, for who wants to make the run faster. */
function slowest ({ files }: TapRun): string {
  const total = files.reduce((sum, { cpu = 0 }) => sum + cpu, 0)
  const lines = files.toSorted((a, b) => b.seconds - a.seconds).slice(0, 10)
    .map(({ file, seconds, cpu }) => `${seconds.toFixed(1).padStart(6)} s ${(cpu?.toFixed(1) ?? '?').padStart(6)} s CPU  ${file}`)
  return [`${files.length} files, ${total.toFixed(0)} s CPU; the slowest:`, ...lines].join('\n')
}
