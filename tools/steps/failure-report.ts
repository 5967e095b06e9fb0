import type { FailedAssertion } from './tap-output.ts'
import type { TapRun } from './tap-run.ts'

/** Characters in which the reason of a failure must be found: some logs keep only the beginning of what is printed. */
const brief = 2500

/** What failed, first in short and then, where that left something out, complete; the noise of the tests comes last. */
export function failureReport (run: TapRun): string {
  const short = shortReport(run, brief)
  const whole = [...run.failures.map((failure) => describe(failure, Infinity)), run.coverage].filter((part) => part !== '').join('\n\n')
  return [
    short,
    short.includes('…') && `--- all of it ---\n${whole}`,
    run.stderr !== '' && `--- what the tests wrote to stderr ---\n${run.stderr}`
  ].filter((part) => part !== false && part !== '').join('\n\n')
}

/** The failed assertions with their tests, and the files that lack coverage, in at most `limit` characters. */
export function shortReport ({ failures, coverage, stderr }: TapRun, limit: number): string {
  const shown = failures.slice(0, 4)
  // A file that ended by itself, or was ended, says why on stderr and nowhere else.
  const crashed = stderr !== '' && failures.some(({ path }) => path.length === 1)
  const share = Math.floor((limit - 50) / Math.max(1, shown.length + (coverage === '' ? 0 : 1) + (crashed ? 1 : 0))) - 2
  return [
    ...shown.map((failure) => describe(failure, share)),
    failures.length > shown.length && `… and ${failures.length - shown.length} more failed assertions`,
    crashed && (stderr.length <= share ? stderr : `… ${stderr.slice(2 - share)}`),
    coverage !== '' && cut(coverage, share)
  ].filter((part) => part !== false).join('\n\n')
}

function describe ({ path, diagnostics }: FailedAssertion, limit: number): string {
  const known = path.length > 1 ? diagnostics : diagnostics.replaceAll(aboutTheProcess, '')
  return cut(`${path.join('\n✖ ')}${known === '' ? '' : `\n${known}`}`, limit)
}

/** How tap started a file's process: the same for every file. */
const aboutTheProcess = /^ {2}(?:stdio|cwd|externalID|command|args|jobId):.*\n(?: {4}- .*\n)*/gm

function cut (text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 2)} …`
}
