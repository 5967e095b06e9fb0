import t from 'tap'
import type { AlertRecord } from '../src/alert-record.ts'
import { boundedLabels, cut, fingerprintOf, readRecord } from '../src/alert-record.ts'
import { MAX_ALERTS_PER_RULE, RuleEngine } from '../src/rule-engine.ts'
import type { Findings, ResolvedRule } from '../src/rule.ts'
import { frameAt } from './frames.ts'

function ruleOf (name: string, evaluate: (second: number) => Findings, change: Partial<ResolvedRule> = {}): ResolvedRule {
  return { name, severity: 'warning', forMs: 0, keepFiringForMs: 0, coolDownMs: 0, staleAfterMs: 900_000, runbook: '', evaluate: frame => evaluate(frame.clock / 1000), ...change }
}

function engineOf (...rules: readonly ResolvedRule[]): { readonly engine: RuleEngine, readonly changes: AlertRecord[], readonly errors: string[] } {
  const changes: AlertRecord[] = []
  const errors: string[] = []
  const engine = new RuleEngine({ rules, instance: 'a', changed: record => changes.push(record), failed: ({ name }, error) => errors.push(`${name}: ${String(error)}`) })
  return { engine, changes, errors }
}

t.test('each set of labels is an alert of its own; what is left out is over', async t => {
  const { engine, changes } = engineOf(ruleOf('pools', second => second === 1
    ? [{ active: true, labels: { pool: 'a' } }, { active: true, labels: { pool: 'b' } }, { active: false, labels: { pool: 'c' } }, { active: true, labels: { pool: 'a' } }]
    : [{ active: true, labels: { pool: 'b' }, summary: 'b is full', value: 3 }]))
  engine.step(frameAt(1))
  t.same(changes.map(({ labels, status }) => [labels['pool'], status]), [['a', 'firing'], ['b', 'firing']])
  t.equal(changes[0]?.summary, 'pools holds')
  engine.step(frameAt(2))
  engine.step(frameAt(3))
  t.same(changes.slice(2).map(({ labels, status, endsAt }) => [labels['pool'], status, typeof endsAt]), [['a', 'resolved', 'number']])
  t.match(engine.firing(), [{ labels: { pool: 'b' }, summary: 'b is full', value: 3, status: 'firing', instance: 'a' }])
})

t.test('true, false and undefined are findings too; the state of a rule is that of its foremost alert', async t => {
  const { engine } = engineOf(
    ruleOf('on', () => true), ruleOf('off', () => ({ active: false, value: 3, threshold: 5 })), ruleOf('unknown', () => undefined), ruleOf('waiting', () => true, { forMs: 10_000 }),
    ruleOf('lost', second => second === 1 ? true : undefined), ruleOf('several', second => [{ active: true, labels: { of: 'old' } }, ...second > 1 ? [{ active: true, labels: { of: 'new' } }] : []], { forMs: 1000 }))
  engine.step(frameAt(1))
  engine.step(frameAt(2))
  t.same(engine.states().map(({ name, state }) => [name, state]), [['on', 'firing'], ['off', 'inactive'], ['unknown', 'no-data'], ['waiting', 'pending'], ['lost', 'firing'], ['several', 'firing']])
  t.match(engine.states()[1], { value: 3, threshold: 5 })
})

t.test('a rule that throws counts as without data, and harms no other', async t => {
  const { engine, errors } = engineOf(ruleOf('bad', () => { throw new Error('no') }), ruleOf('good', () => true))
  engine.step(frameAt(1))
  t.same(errors, ['bad: Error: no'])
  t.same(engine.states().map(({ state }) => state), ['no-data', 'firing'])
})

t.test('alerts of one rule are bounded, whatever labels it makes up', async t => {
  const { engine, changes } = engineOf(ruleOf('flood', second => Array.from({ length: 200 }, (_, index) => ({ active: true, labels: { id: `${second} ${index}` } })), { keepFiringForMs: 1e9 }))
  for (let second = 1; second < 20; second++) engine.step(frameAt(second))
  t.equal(engine.firing().length, MAX_ALERTS_PER_RULE)
  t.equal(changes.length, MAX_ALERTS_PER_RULE)
  t.equal(engine.dropped, 200 * 19 - MAX_ALERTS_PER_RULE)
})

t.test('when the instance stops, what fires is over, and nobody is told that it got better', async t => {
  const { engine, changes } = engineOf(ruleOf('on', () => true), ruleOf('waiting', () => true, { forMs: 10_000 }))
  engine.step(frameAt(1))
  engine.retire(99, 'this instance shuts down')
  t.same(changes.map(({ rule, status, endsAt }) => [rule, status, endsAt]), [['on', 'firing', null], ['on', 'resolved', 99]])
  t.equal(changes.at(-1)?.summary, 'this instance shuts down; until then: on holds')
  t.same(engine.firing(), [])
})

t.test('fingerprints are of rule and labels, in whatever order, on every instance', async t => {
  t.equal(fingerprintOf('a', 'b'), fingerprintOf('a', 'b'))
  t.not(fingerprintOf('a', 'b'), fingerprintOf('ab'))
  t.equal(JSON.stringify(boundedLabels({ b: '1', a: '2' })), JSON.stringify(boundedLabels({ a: '2', b: '1' })))
})

t.test('labels and texts are bounded, and prototype keys dropped', async t => {
  const labels = boundedLabels(Object.assign(JSON.parse('{"__proto__":"x","constructor":"y"}'), Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`label${index}`, 'v'.repeat(5000)]))))
  t.equal(Object.keys(labels).length, 10)
  t.ok(Object.values(labels).every(value => value.length === 200))
  t.notOk(Object.hasOwn(labels, 'constructor'))
  t.same(boundedLabels('nonsense'), {})
  t.same(boundedLabels(null), {})
  t.equal(cut('abcdef', 3), 'ab…')
})

t.test('what another instance tells is read with suspicion', async t => {
  const good: AlertRecord = { fingerprint: '0123456789abcdef', rule: 'r', severity: 'critical', labels: { a: 'b' }, instance: 'i', status: 'firing', startsAt: 1, endsAt: null, value: 2, threshold: 1, summary: 's' }
  t.same(readRecord(good), good)
  t.equal(readRecord({ ...good, summary: 'x'.repeat(9000) })?.summary.length, 500)
  t.match(readRecord({ ...good, summary: 5, value: 'x', threshold: undefined, endsAt: 7 }), { summary: '', value: null, threshold: null, endsAt: 7 })
  for (const bad of [null, 'text', { ...good, fingerprint: 'x' }, { ...good, severity: 'mild' }, { ...good, rule: 1 }, { ...good, instance: 1 }, { ...good, startsAt: '1' }, { ...good, status: 'odd' }, { ...good, fingerprint: 5 }]) t.equal(readRecord(bad), undefined)
})
