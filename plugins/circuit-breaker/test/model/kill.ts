import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const beside = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

/** What the model check prints with the mutant in the source. */
export async function checkWithMutant (mutant: string, steps: number, seed: number): Promise<string> {
  const { stdout } = await run(process.execPath, ['--conditions=plimsoll:source', '--import', beside('mutate.ts'), beside('run-check.ts'), String(steps), String(seed)], {
    // Without tap's coverage: that of a source that was changed says nothing about the one that is shipped.
    env: { ...process.env, PLIMSOLL_MUTANT: mutant, _TAPJS_PROCESSINFO_COVERAGE_: '0' },
    timeout: 200_000
  })
  return stdout.trim()
}
