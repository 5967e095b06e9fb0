import t from 'tap'
import { runSteps, TestFailure } from '../tools/step.ts'
import type { Step } from '../tools/step.ts'
import { countTap } from '../tools/steps/unit-tests.ts'

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
  const totals = await runSteps([step('last', { after: ['a'], alone: true }), step('a'), step('b')], 2, (line) => lines.push(line))
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
  t.strictSame(await runSteps(steps, 2, (line) => lines.push(line)), { passed: 40, failed: 3 })
  t.equal(lines.length, 1)
  t.match(lines[0], /^FAILED +red[^]*expected 1, got 2/)
  t.equal(started, false)
})

t.test('a step that breaks without a count of its own is one failure', async (t) => {
  const steps: Step[] = [{ name: 'broken', run: async () => { throw new Error('no such program') } }]
  t.strictSame(await runSteps(steps, 2, () => {}), { passed: 0, failed: 1 })
})

t.test('steps that wait for each other are refused instead of hanging', async (t) => {
  const run: Step['run'] = async () => ({ passed: 1 })
  await t.rejects(runSteps([{ name: 'a', after: ['b'], run }, { name: 'b', after: ['a'], run }], 2, () => {}), /wait for each other: a, b/)
})

t.test('the counts of a run are read from its last summary, and skipped tests keep their reason', async (t) => {
  const output = 'ok 1 - needs redis-server # SKIP no redis-server: not Debian\n# { total: 1, pass: 1 }\nok 2\n# { total: 39, pass: 37, fail: 1, skip: 1 }\n# time=3ms\n'
  t.strictSame(countTap(output), { passed: 37, failed: 1, note: '37 assertions, 1 SKIPPED: no redis-server: not Debian' })
  t.strictSame(countTap('died'), { passed: 0, failed: 0, note: '0 assertions' })
})
