import { globSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun, root, runCommand } from '../command.ts'
import type { CommandOptions } from '../command.ts'
import { TestFailure } from '../step.ts'
import type { Outcome } from '../step.ts'

export interface TapRun extends Outcome {
  readonly code: number
  readonly failed: number
  /** Failures and the coverage table; nothing when all is well. */
  readonly output: string
}

/** All tests with the coverage gate. */
export async function allTests (signal: AbortSignal): Promise<Outcome> {
  return mustPass(await tap([], { signal }))
}

/** The tests that need no service and no built package, without coverage: the quick part, before a commit. */
export async function quickTests (signal: AbortSignal): Promise<Outcome> {
  const files = globSync('{core,plugins/*}/test/**/*.test.ts', { cwd: root, exclude: (file) => /\.integration\.test\.ts$|(^|[\\/])settlement/.test(file) })
  return mustPass(await tap(['--disable-coverage', ...files], { signal }))
}

/**
 * Builds tap with the plugins of .taprc if it isn't. tap would do it by itself at the start of a run,
 * but then the first test file is loaded with the old ones and fails.
 */
export async function buildTap (signal: AbortSignal): Promise<Outcome> {
  const print = "import { t } from 'tap'; console.log('plugins: ' + t.pluginSignature.split('\\n').join(' '))"
  const { stdout } = await mustRun(process.execPath, ['--input-type=module', '-e', print], { signal })
  const built = new Set(stdout.match(/plugins: (.*)/)?.[1]?.split(' '))
  const listed = [...readFileSync(join(root, '.taprc'), 'utf8').matchAll(/^ {2}- "(!?)(@[\w-]+\/[\w-]+)"$/gm)]
  if (listed.every(([, not, plugin = '']) => built.has(plugin) === (not === ''))) return { passed: 1 }
  await mustRun('tap', ['build'], { signal })
  return { passed: 1, note: 'built with the plugins of .taprc' }
}

/** One run of tap; its exit code tells failed tests and failed coverage alike. */
export async function tap (args: readonly string[], options: CommandOptions): Promise<TapRun> {
  const folder = join(root, '.cache')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `tap-${process.pid}.tap`)
  try {
    const { code, output } = await runCommand('tap', ['--reporter=min', '--no-color', `--output-file=${file}`, ...args], { ...options, timeout: 900_000 })
    return { code, output, ...countTap(readFileSync(file, 'utf8')) }
  } finally {
    rmSync(file, { force: true })
  }
}

/** Reads the summary that tap prints at the end, `# { total: 3, pass: 2, fail: 1 }`, and the reasons of skipped tests. */
export function countTap (output: string): { passed: number, failed: number, note: string } {
  const summary = output.match(/^# \{ total: .*\}$/gm)?.at(-1) ?? ''
  const count = (what: string): number => Number(summary.match(new RegExp(`\\b${what}: (\\d+)`))?.[1] ?? 0)
  const reasons = new Set([...output.matchAll(/ # SKIP (.*?)(?: # time=.*)?$/gm)].map(([, reason]) => reason))
  const skipped = count('skip') === 0 ? '' : `, ${count('skip')} SKIPPED: ${[...reasons].join('; ')}`
  return { passed: count('pass'), failed: count('fail'), note: `${count('pass')} assertions${skipped}` }
}

function mustPass (run: TapRun): Outcome {
  if (run.code !== 0 || run.failed > 0) {
    throw new TestFailure(run.output, run.passed, Math.max(1, run.failed))
  }
  if (run.passed === 0) throw new TestFailure(`tap ran no test\n${run.output}`, 0, 1)
  return run
}
