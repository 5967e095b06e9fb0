import t from 'tap'
import { runSteps, TestFailure } from '../tools/step.ts'
import type { Step } from '../tools/step.ts'
import { countTap, coverageTable, failedAssertions, testFiles } from '../tools/steps/tap-output.ts'

const until = async (signal: AbortSignal): Promise<never> => {
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => reject(new Error('stopped')))
  return await promise
}

t.test('steps run beside each other, after those they need, and alone where they say so', async (t) => {
  const log: string[] = []
  const step = (name: string, more: Partial<Step> = {}): Step => ({
    name,
    run: async () => {
      log.push(`+${name}`)
      await new Promise((resolve) => setImmediate(resolve))
      log.push(`-${name}`)
      return { passed: 2 }
    },
    ...more
  })
  const lines: string[] = []
  const totals = await runSteps([step('last', { after: ['a'], alone: true }), step('a'), step('b')], { slots: 2 }, (line) => lines.push(line))
  t.strictSame(totals, { passed: 6, failed: 0 })
  t.strictSame(log, ['+a', '+b', '-a', '-b', '+last', '-last'])
  t.match(lines, [/^ok +a +/, /^ok +b +/, /^ok +last +/])
})

t.test('the first failure stops the others, prints its output, and is what is counted', async (t) => {
  const lines: string[] = []
  let started = false
  const steps: Step[] = [
    { name: 'long', run: until },
    { name: 'red', run: async () => { throw new TestFailure('expected 1, got 2', 40, 3) } },
    { name: 'never', after: ['long'], run: async () => { started = true; return { passed: 1 } } }
  ]
  t.strictSame(await runSteps(steps, { slots: 2 }, (line) => lines.push(line)), { passed: 40, failed: 3 })
  t.equal(lines.length, 1)
  t.match(lines[0], /^FAILED +red[^]*expected 1, got 2/)
  t.equal(started, false)
})

t.test('a step that breaks without a count of its own is one failure', async (t) => {
  const steps: Step[] = [{ name: 'broken', run: async () => { throw new Error('no such program') } }]
  t.strictSame(await runSteps(steps, { slots: 2 }, () => {}), { passed: 0, failed: 1 })
})

t.test('steps that wait for each other are refused instead of hanging', async (t) => {
  const run: Step['run'] = async () => ({ passed: 1 })
  await t.rejects(runSteps([{ name: 'a', after: ['b'], run }, { name: 'b', after: ['a'], run }], { slots: 2 }, () => {}), /wait for each other: a, b/)
})

t.test('the counts of a run are read from its last summary, and skipped tests keep their reason', async (t) => {
  const output = 'ok 1 - needs redis-server # SKIP no redis-server: not Debian\n# { total: 1, pass: 1 }\nok 2\n# { total: 39, pass: 37, fail: 1, skip: 1 }\n# time=3ms\n'
  t.strictSame(countTap(output), { passed: 37, failed: 1, note: '37 assertions, 1 SKIPPED: no redis-server: not Debian' })
  t.strictSame(countTap('died'), { passed: 0, failed: 0, note: '0 assertions' })
})

t.test('what went wrong without failing a step is printed, and where its time went to who asks', async (t) => {
  const steps: Step[] = [{ name: 'tests', run: async () => ({ passed: 1, note: 'a note', warning: 'a warning', details: 'one\ntwo' }) }]
  const lines: string[] = []
  await runSteps(steps, { slots: 1 }, (line) => lines.push(line))
  t.match(lines, [/^ok +tests +[\d.]+ s +a note$/, /^\na warning\n$/])
  t.equal(lines.length, 2)
  await runSteps(steps, { slots: 1, verbose: true }, (line) => lines.push(line))
  t.equal(lines.at(-1), '        one\n        two')
})

t.test('a failed run is read: its files, and the failed assertions alone with the tests around them', async (t) => {
  const output = `TAP version 14
# Subtest: core/test/journal.test.ts
    ok 1 - fine
    # Subtest: the journal is bounded
        ok 1 - also fine
        not ok 2 - should be equal
          ---
          diff: |
            -2
            +1
          ...
        1..2
    not ok 2 - the journal is bounded # time=3ms
    1..2
not ok 1 - core/test/journal.test.ts # time=30.5ms

# Subtest: core/test/crashed.test.ts
    1..0 # no tests found
not ok 2 - core/test/crashed.test.ts # time=30ms
  ---
  exitCode: 1
  ...

ok 3 - core/test/fine.test.ts # time=2000ms
# { total: 4, pass: 2, fail: 2 }
----------|---------|
File      | % Stmts |
----------|---------|
`
  t.strictSame(failedAssertions(output), [
    {
      path: ['core/test/journal.test.ts', 'the journal is bounded', 'should be equal'],
      diagnostics: '          diff: |\n            -2\n            +1'
    },
    { path: ['core/test/crashed.test.ts'], diagnostics: '  exitCode: 1' }
  ])
  t.strictSame(testFiles(output), [
    { file: 'core/test/journal.test.ts', ok: false, seconds: 0.0305 },
    { file: 'core/test/crashed.test.ts', ok: false, seconds: 0.03 },
    { file: 'core/test/fine.test.ts', ok: true, seconds: 2 }
  ])
  t.equal(coverageTable(output), '----------|---------|\nFile      | % Stmts |\n----------|---------|')
})
