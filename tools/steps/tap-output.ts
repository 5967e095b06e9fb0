/** Reads what a run of tap prints (TAP 14 with nested subtests). */

export interface TapCounts {
  readonly passed: number
  readonly failed: number
  /** The counts as words, skipped tests with their reasons. */
  readonly note: string
}

/** A test file, as the run that started it saw it. */
export interface TestFile {
  readonly file: string
  readonly ok: boolean
  readonly seconds: number
  /** CPU seconds, with those of the processes that it started; unknown where the file's process was killed. */
  readonly cpu?: number
}

export interface FailedAssertion {
  /** The file, the tests around it, and the assertion. */
  readonly path: readonly string[]
  /** Lines of YAML, '' where there are none. */
  readonly diagnostics: string
}

/** The summary that tap prints at the end, `# { total: 3, pass: 2, fail: 1 }`. */
export function countTap (output: string): TapCounts {
  const summary = output.match(/^# \{ total: .*\}$/gm)?.at(-1) ?? ''
  const count = (what: string): number => Number(summary.match(new RegExp(`\\b${what}: (\\d+)`))?.[1] ?? 0)
  const reasons = new Set([...output.matchAll(/ # SKIP (.*?)(?: # time=.*)?$/gm)].map(([, reason]) => reason))
  const skipped = count('skip') === 0 ? '' : `, ${count('skip')} SKIPPED: ${[...reasons].join('; ')}`
  return { passed: count('pass'), failed: count('fail'), note: `${count('pass')} assertions${skipped}` }
}

/** The files of a run, which are its outermost tests. */
export function testFiles (output: string): TestFile[] {
  return [...output.matchAll(/^(not )?ok \d+ - (\S+\.test\.ts)(?: # time=([\d.]+)ms)?/gm)]
    .map(([, not, file = '', milliseconds]) => ({ file, ok: not === undefined, seconds: Number(milliseconds ?? 0) / 1000 }))
}

interface OpenTest {
  readonly name: string
  failures: number
}

/** The assertions that failed, without the tests that failed only because of one inside them. */
export function failedAssertions (output: string): FailedAssertion[] {
  const lines = output.split('\n')
  const open: OpenTest[] = []
  const failures: FailedAssertion[] = []
  for (const [index, line] of lines.entries()) {
    const depth = Math.floor((line.length - line.trimStart().length) / 4)
    const opened = line.match(/^ *# Subtest: (.*)$/)?.[1]
    if (opened !== undefined) open.splice(depth, Infinity, { name: opened, failures: 0 })
    const title = line.match(/^ *not ok \d+(?: - (.*?))?(?: # time=.*)?$/)?.[1]
    if (title === undefined || / # (TODO|SKIP)/i.test(line)) continue
    const parents = open.slice(0, depth)
    if ((open[depth]?.failures ?? 0) === 0 || open[depth]?.name !== title) {
      for (const parent of parents) parent.failures++
      failures.push({ path: [...parents.map(({ name }) => name), title], diagnostics: diagnostics(lines, index + 1) })
    }
  }
  return failures
}

/** The table of the files that are not wholly covered, '' where all are. */
export function coverageTable (output: string): string {
  const lines = output.split('\n')
  const start = lines.findIndex((line) => /^-+\|[-|]+$/.test(line))
  const end = lines.findLastIndex((line) => /^-+\|[-|]+$/.test(line))
  return start === -1 ? '' : lines.slice(start, end + 1).join('\n')
}

/** The YAML block that follows a test point. */
function diagnostics (lines: readonly string[], from: number): string {
  if (lines[from]?.trim() !== '---') return ''
  const end = lines.findIndex((line, index) => index > from && line.trim() === '...')
  return lines.slice(from + 1, end === -1 ? undefined : end).join('\n')
}
