import { globSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun, root } from '../command.ts'
import type { CommandOptions } from '../command.ts'
import type { Outcome } from '../step.ts'
import { runWithSecondChance } from './second-run.ts'
import { tap } from './tap-run.ts'

/** All tests with the coverage gate. */
export async function allTests (signal: AbortSignal): Promise<Outcome> {
  return await runTests([], { signal })
}

/** The tests that need no service and no built package, without coverage: the quick part, before a commit. */
export async function quickTests (signal: AbortSignal): Promise<Outcome> {
  const files = globSync('{core,plugins/*}/test/**/*.test.ts', { cwd: root, exclude: (file) => file.endsWith('.integration.test.ts') })
  return await runTests(['--disable-coverage', ...files], { signal })
}

/** Runs tap, and files that failed once more; the gate looks at the coverage of both runs together. */
export async function runTests (args: readonly string[], options: CommandOptions): Promise<Outcome> {
  // tap keeps the names of failed files here, and where it finds some it runs only these and adds to the coverage that is there.
  const failed = join(options.cwd ?? root, '.cache/failed-tests')
  rmSync(failed, { force: true })
  return await runWithSecondChance(async (again) => await tap([`--save=${failed}`, ...(again.length > 0 ? ['--jobs=1'] : []), ...args], options))
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
