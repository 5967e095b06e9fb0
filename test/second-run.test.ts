import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../tools/command.ts'
import { TestFailure } from '../tools/step.ts'
import type { Outcome } from '../tools/step.ts'
import { failureReport, shortReport } from '../tools/steps/failure-report.ts'
import { runWithSecondChance } from '../tools/steps/second-run.ts'
import type { TapRun } from '../tools/steps/tap-run.ts'
import { runTests } from '../tools/steps/unit-tests.ts'

const green: TapRun = {
  code: 0,
  passed: 3,
  failed: 0,
  note: '3 assertions',
  failures: [],
  files: [{ file: 'a.test.ts', ok: true, seconds: 2, cpu: 1.5 }, { file: 'b.test.ts', ok: true, seconds: 12 }],
  coverage: '',
  stderr: ''
}
const red: TapRun = {
  ...green,
  code: 1,
  passed: 2,
  failed: 1,
  failures: [{ path: ['a.test.ts', 'the journal is bounded', 'should be equal'], diagnostics: '-2\n+1' }],
  files: [{ file: 'a.test.ts', ok: false, seconds: 2 }, { file: 'b.test.ts', ok: true, seconds: 1 }],
  stderr: 'noise'
}

/** Plays one run after the other, and keeps what each was asked for. */
function scripted (...runs: readonly TapRun[]): { readonly asked: string[][], readonly outcome: Promise<Outcome> } {
  const asked: string[][] = []
  const outcome = runWithSecondChance(async (again) => {
    asked.push([...again])
    return runs[asked.length - 1] ?? green
  })
  return { asked, outcome }
}

t.test('a green run is run once, and its slowest files are listed', async (t) => {
  const { asked, outcome } = scripted(green)
  t.strictSame(await outcome, {
    passed: 3,
    note: '3 assertions',
    details: '2 files, 2 s CPU; the slowest:\n  12.0 s      ? s CPU  b.test.ts\n   2.0 s    1.5 s CPU  a.test.ts'
  })
  t.strictSame(asked, [[]])
})

t.test('a file that failed is run again, and where it passes then the outcome says so with the first failure', async (t) => {
  const { asked, outcome } = scripted(red, green)
  t.match(await outcome, {
    passed: 2,
    note: '3 assertions; 1 FILE PASSED ONLY WHEN RUN AGAIN: a.test.ts',
    warning: 'a.test.ts\n✖ the journal is bounded\n✖ should be equal\n-2\n+1'
  })
  t.strictSame(asked, [[], ['a.test.ts']])
})

t.test('a run fails: when a file fails twice, many fail, coverage lacks at last, or nothing ran', async (t) => {
  const twice = scripted(red, { ...red, stderr: 'noise of the second run' })
  await t.rejects(twice.outcome, { name: 'TestFailure', passed: 2, failed: 1, message: /^failed, and failed when run again, alone: a\.test\.ts\n\na\.test\.ts\n✖ [^]*the second run[^]*the first run[^]*noise/ })

  const files = ['a', 'b', 'c', 'd'].map((name) => ({ file: `${name}.test.ts`, ok: false, seconds: 1 }))
  const many = scripted({ ...red, failed: 4, files }, green)
  await t.rejects(many.outcome, { name: 'TestFailure', failed: 4 })
  t.equal(many.asked.length, 1, 'four files are not chance')

  const uncovered = { ...green, code: 1, coverage: 'journal.ts | 98 |' }
  const once = scripted(uncovered, green)
  await t.rejects(once.outcome, { name: 'TestFailure', failed: 1, message: /journal\.ts \| 98/ })
  t.equal(once.asked.length, 1, 'no file failed, so there is none to run again')
  await t.rejects(scripted(red, uncovered).outcome, { name: 'TestFailure', message: /journal\.ts \| 98/ })

  await t.rejects(scripted({ ...green, passed: 0 }).outcome, { message: /^no test was run/ })
  await t.rejects(scripted(red, { ...green, passed: 0 }).outcome, { message: /no test was run/ })
})

t.test('a report begins with what failed, in short; noise and all of it come after', async (t) => {
  const failures = Array.from({ length: 30 }, (_, i) => ({ path: [`${i}.test.ts`, 'should be equal'], diagnostics: 'x'.repeat(5000) }))
  const loud = { ...red, failures, coverage: 'c'.repeat(9000), stderr: `noise ${'n'.repeat(90_000)}` }
  const short = shortReport(loud, 2500)
  t.ok(short.length <= 2500, `${short.length} characters`)
  t.match(short, /^0\.test\.ts\n✖ should be equal\nxxx[^]*3\.test\.ts\n✖ [^]*… and 26 more failed assertions\n\nccc/)
  const report = failureReport(loud)
  t.ok(report.startsWith(short))
  t.ok(report.indexOf('29.test.ts') < report.indexOf('noise'))

  const crashed = { ...red, failures: [{ path: ['a.test.ts'], diagnostics: '  command: node\n  args:\n    - --conditions=x\n    - a.test.ts\n  exitCode: 7' }], stderr: `${'n'.repeat(5000)} Error: out of memory` }
  t.match(shortReport(crashed, 2500), /^a\.test\.ts\n {2}exitCode: 7\n\n…[^]* Error: out of memory$/, 'what a process that died had to say')
})

t.test('with tap itself: the second run adds to the coverage of the first, and the gate looks at both', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-second-run-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  for (const name of ['node_modules', 'tools']) symlinkSync(join(root, name), join(folder, name))
  for (const name of ['core/src', 'core/test']) mkdirSync(join(folder, name), { recursive: true })
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text)
  const double = 'export const double = (n: number): number => { return 2 * n }\n'
  const triple = 'export const triple = (n: number): number => { return 3 * n }\n'
  write('.taprc', readFileSync(join(root, '.taprc'), 'utf8'))
  write('package.json', '{ "name": "fixture", "type": "module" }')
  write('core/src/times.ts', double + triple)
  write('core/test/steady.test.ts', "import t from 'tap'\nimport { double } from '../src/times.ts'\nt.equal(double(1), 2)\n")
  // Fails where its mark is not there yet, ahead of what it covers.
  write('core/test/flaky.test.ts', `import { existsSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { triple } from '../src/times.ts'
if (existsSync('mark')) t.equal(triple(1), 3)
else t.fail('without a mark')
writeFileSync('mark', '')
`)
  // This is a test of tap, and inherits its settings.
  const env = Object.fromEntries(Object.keys(process.env).filter((name) => /^(_?TAP|NODE_OPTIONS$)/.test(name)).map((name) => [name, undefined]))

  t.match(await runTests([], { cwd: folder, env }), {
    passed: 1,
    note: '1 assertions; 1 FILE PASSED ONLY WHEN RUN AGAIN: core/test/flaky.test.ts',
    warning: /^core\/test\/flaky\.test\.ts\n✖ without a mark\n/,
    details: /^2 files/
  })

  rmSync(join(folder, 'mark'))
  write('core/src/times.ts', double + triple + triple.replace('triple', 'never'))
  const failure: unknown = await runTests([], { cwd: folder, env }).catch((error: unknown) => error)
  t.ok(failure instanceof TestFailure && /times\.ts +\|[^]*without a mark/.test(failure.message), 'all files passed at last, and a function was never called')
})
