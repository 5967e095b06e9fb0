import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { root, runCommand } from '../command.ts'
import type { Outcome } from '../step.ts'
import { runWithSecondChance } from './second-run.ts'
import { readRun } from './tap-run.ts'

/** The tests whose subject differs between majors: how a request ends, and the undici that is built in. */
const files = '{core/test/request-scope*,test/settlement*,plugins/circuit-breaker/test/undici}.test.ts'

/** Node 22 of tools/node-22, else one on PATH, else undefined. */
export async function findNode22 (signal?: AbortSignal): Promise<string | undefined> {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const own = join(root, `tools/node-22/node_modules/node-${platform}-${process.arch}/bin/node${platform === 'win' ? '.exe' : ''}`)
  const candidates = [own, ...(process.env['PATH'] ?? '').split(':').map((folder) => join(folder, 'node'))]
  for (const candidate of candidates) {
    if (!existsSync(candidate)) continue
    const { stdout } = await runCommand(candidate, ['--version'], { signal })
    if (stdout.startsWith('v22.')) return candidate
  }
  return undefined
}

export async function testsOnNode22 (signal: AbortSignal): Promise<Outcome> {
  const node = await findNode22(signal)
  if (node === undefined) {
    if (process.env['CI'] === 'true') throw new Error('no Node 22: npm ci in tools/node-22, or put one on PATH')
    return { passed: 0, note: 'SKIPPED: no Node 22 for this platform; put one on PATH' }
  }
  const tests = globSync(files, { cwd: root }).sort()
  const outcomes: Outcome[] = []
  for (const file of tests) {
    const begun = performance.now()
    outcomes.push(await runWithSecondChance(async () => {
      const run = readRun(await runCommand(node, ['--conditions=plimsoll:source', '--disable-warning=ExperimentalWarning', file], { signal }))
      return { ...run, files: [{ file, ok: run.code === 0, seconds: (performance.now() - begun) / 1000 }] }
    }))
  }
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0)
  const warnings = outcomes.filter(({ warning }) => warning !== undefined).map(({ note, warning }) => `${note}\n${warning}`)
  const flaky = warnings.length === 0 ? {} : { warning: warnings.join('\n\n') }
  return { passed, note: `${passed} assertions of ${tests.length} files`, ...flaky }
}
