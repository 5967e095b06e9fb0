/** Reads what a run of tap prints (TAP 14 with nested subtests). */

export interface TapCounts {
  readonly passed: number
  readonly failed: number
  /** The counts as words, skipped tests with their reasons. */
  readonly note: string
}

/** The summary that tap prints at the end, `# { total: 3, pass: 2, fail: 1 }`. */
export function countTap (output: string): TapCounts {
  const summary = output.match(/^# \{ total: .*\}$/gm)?.at(-1) ?? ''
  const count = (what: string): number => Number(summary.match(new RegExp(`\\b${what}: (\\d+)`))?.[1] ?? 0)
  const reasons = new Set([...output.matchAll(/ # SKIP (.*?)(?: # time=.*)?$/gm)].map(([, reason]) => reason))
  const skipped = count('skip') === 0 ? '' : `, ${count('skip')} SKIPPED: ${[...reasons].join('; ')}`
  return { passed: count('pass'), failed: count('fail'), note: `${count('pass')} assertions${skipped}` }
}

interface OpenTest {
  readonly name: string
  failures: number
}

/** The failed assertions only, each with the tests around it and its diagnostics, and the coverage table. */
export function tapFailures (output: string): string {
  const lines = output.split('\n')
  const open: OpenTest[] = []
  const report: string[] = []
  for (const [index, line] of lines.entries()) {
    const depth = Math.floor((line.length - line.trimStart().length) / 4)
    const opened = line.match(/^ *# Subtest: (.*)$/)?.[1]
    if (opened !== undefined) open.splice(depth, Infinity, { name: opened, failures: 0 })
    const title = line.match(/^ *not ok \d+(?: - (.*?))?(?: # time=.*)?$/)?.[1]
    if (title === undefined || / # (TODO|SKIP)/i.test(line)) continue
    const parents = open.slice(0, depth)
    // A test that failed only because of an assertion inside it has nothing to add.
    if ((open[depth]?.failures ?? 0) === 0 || open[depth]?.name !== title) {
      for (const parent of parents) parent.failures++
      report.push([...parents.map(({ name }) => name), title].join('\n✖ '), diagnostics(lines, index + 1), '')
    }
  }
  return [...report, ...coverageTable(lines)].join('\n')
}

/** The YAML block that follows a test point. */
function diagnostics (lines: readonly string[], from: number): string {
  if (lines[from]?.trim() !== '---') return ''
  const end = lines.findIndex((line, index) => index > from && line.trim() === '...')
  return lines.slice(from + 1, end === -1 ? undefined : end).join('\n')
}

function coverageTable (lines: readonly string[]): string[] {
  const start = lines.findIndex((line) => /^-+\|[-|]+$/.test(line))
  const end = lines.findLastIndex((line) => /^-+\|[-|]+$/.test(line))
  return start === -1 ? [] : lines.slice(start, end + 1)
}
