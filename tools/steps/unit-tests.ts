import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun, root, runCommand } from '../command.ts'
import type { CommandOptions } from '../command.ts'
import { TestFailure } from '../step.ts'
import type { Outcome } from '../step.ts'
import { countTap, tapFailures } from './tap-output.ts'
import type { TapCounts } from './tap-output.ts'

export interface TapRun extends TapCounts {
  readonly code: number
  /** What the tests wrote to stderr, the failed assertions and the coverage table. */
  readonly output: string
}

/** All tests with the coverage gate. */
export async function allTests (signal: AbortSignal): Promise<Outcome> {
  return mustPass(await tap([], { signal }))
}

/** The tests that need no service and no built package, without coverage: the quick part, before a commit. */
export async function quickTests (signal: AbortSignal): Promise<Outcome> {
  const files = globSync('{core,plugins/*}/test/**/*.test.ts', { cwd: root, exclude: (file) => file.endsWith('.integration.test.ts') })
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
  const { code, stdout, stderr } = await runCommand('tap', ['--reporter=tap', ...args], { ...options, env: { NODE_ENV: 'test', ...options.env }, timeout: 900_000 })
  return { code, output: `${stderr}\n${tapFailures(stdout)}`.trim(), ...countTap(stdout) }
}

function mustPass (run: TapRun): Outcome {
  if (run.code !== 0 || run.failed > 0) {
    throw new TestFailure(run.output, run.passed, Math.max(1, run.failed))
  }
  if (run.passed === 0) throw new TestFailure(`tap ran no test\n${run.output}`, 0, 1)
  return run
}
