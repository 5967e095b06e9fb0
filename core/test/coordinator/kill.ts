import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const beside = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

/** What a script of this folder prints with the mutant in the source. */
export async function runWithMutant (mutant: string, script: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, ['--conditions=plimsoll:source', '--import', beside('mutate.ts'), beside(script), ...args], {
    // Without tap's coverage: that of a source that was changed says nothing about the one that is shipped.
    env: { ...process.env, PLIMSOLL_MUTANT: mutant, _TAPJS_PROCESSINFO_COVERAGE_: '0' },
    timeout: 200_000
  })
  return stdout
}

/** Two at a time, in order. */
export async function inPairs<T> (items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items]
  const lane = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all([lane(), lane()])
}
