import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root, runCommand } from '../command.ts'
import type { CommandOptions, CommandResult } from '../command.ts'
import { countTap, coverageTable, failedAssertions, testFiles } from './tap-output.ts'
import type { FailedAssertion, TapCounts, TestFile } from './tap-output.ts'

/** One run of tests, read. */
export interface TapRun extends TapCounts {
  /** Tells failed tests and failed coverage alike. */
  readonly code: number
  readonly failures: readonly FailedAssertion[]
  readonly files: readonly TestFile[]
  readonly coverage: string
  /** What the tests wrote beside their results. */
  readonly stderr: string
}

/** What a test file's process cost; it comes from tools/test-process.mjs, and one that was killed leaves nothing. */
interface Cost {
  readonly seconds: number
  readonly cpu: number
}

/** Runs tap over the files of `args`, or over all. */
export async function tap (args: readonly string[], options: CommandOptions): Promise<TapRun> {
  const costs = join(options.cwd ?? root, '.cache/test-costs')
  mkdirSync(dirname(costs), { recursive: true })
  writeFileSync(costs, '')
  const env = { NODE_ENV: 'test', ...options.env, PLIMSOLL_TEST_COSTS: costs }
  const result = await runCommand('tap', ['--reporter=tap', ...args], { ...options, env, timeout: 1_800_000 })
  return readRun(result, readCosts(costs))
}

/** What a run of tap, or of one test file by itself, printed. */
export function readRun ({ code, stdout, stderr }: CommandResult, costs: ReadonlyMap<string, Cost> = new Map()): TapRun {
  const files = testFiles(stdout).map((test) => ({ ...test, ...costs.get(test.file) }))
  return { code, ...countTap(stdout), failures: failedAssertions(stdout), files, coverage: coverageTable(stdout), stderr: stderr.trim() }
}

function readCosts (file: string): Map<string, Cost> {
  const lines = readFileSync(file, 'utf8').matchAll(/^([\d.]+) ([\d.]+) (.+)$/gm)
  return new Map([...lines].map(([, seconds, cpu, name = '']) => [name, { seconds: Number(seconds), cpu: Number(cpu) }]))
}
