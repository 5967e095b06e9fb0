import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import Fastify from 'fastify'
import t from 'tap'
import alerts from '../src/index.ts'
import type { AlertRule } from '../src/index.ts'
import { watched, whilePassing } from './app.ts'

const run = promisify(execFile)
let mails = 0
const mailQueue: AlertRule = { name: 'mail-queue', severity: 'critical', forMs: 2000, keepFiringForMs: 2000, runbook: 'Look.', evaluate: () => ({ active: mails > 100, value: mails, threshold: 100, summary: `${mails} mails wait` }) }
t.beforeEach(() => { mails = 0 })

const control = (control: string, argument?: unknown): { method: 'POST', url: string, headers: Record<string, string>, payload: string } =>
  ({ method: 'POST', url: '/plimsoll/components/alerts/alerts', headers: { 'x-plimsoll-request': '1', 'content-type': 'application/json' }, payload: JSON.stringify({ control, argument }) })

t.test('registered without options and without await, it watches and the process may end', async t => {
  const app = Fastify()
  app.register(alerts)
  await app.ready()
  t.ok(app.alerts.enabled)
  t.ok(app.alerts.states().length === 0 || app.alerts.states().every(({ state }) => state === 'no-data'))
  t.equal(app.plimsoll.components.get('alerts', 'alerts')?.health().status, 'ok')
  await app.close()
})

t.test('it can be registered once', async t => {
  const app = Fastify()
  app.register(alerts)
  app.register(alerts)
  await t.rejects(async () => await app.ready(), { code: 'PLM_ALERTS_REGISTERED_TWICE' })
})

t.test('a rule that holds is told once, and its end; both are in the journal and shown', async t => {
  const { app, told, pass } = await watched(t, { customRules: [mailQueue], service: 'post' })
  mails = 250
  await pass(10)
  t.same(told.map(({ title }) => title), ['[FIRING] post: mail-queue'])
  t.match(app.alerts.firing(), [{ rule: 'mail-queue', value: 250, summary: '250 mails wait' }])
  t.match(app.alerts.firing({ cluster: true }), [{ rule: 'mail-queue' }])
  t.match(app.plimsoll.components.snapshotOf('alerts', 'alerts'), { firing: 1, speaksFor: 'all', alerts: [{ rule: 'mail-queue' }] })
  mails = 0
  await pass(10)
  t.same(told.map(({ status }) => status), ['firing', 'resolved'])
  t.match(app.alerts.history, [{ rule: 'mail-queue', status: 'resolved' }])
  t.same(app.plimsoll.journal.entries().filter(({ component }) => component === 'alerts').map(({ event, severity }) => [event, severity]), [['firing', 'error'], ['resolved', 'info']])
  t.equal(app.alerts.counts.fired.get('mail-queue'), 1)
})

t.test('the history is bounded', async t => {
  const { app, pass } = await watched(t, { customRules: [{ ...mailQueue, forMs: 0, keepFiringForMs: 0, evaluate: ({ sequence }) => sequence % 2 === 0 }] })
  await pass(210)
  t.equal(app.alerts.history.length, 100)
})

t.test('it writes to the application\'s log too, unless told not to', async t => {
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'info', stream: { write: (line: string) => { lines.push(line) } } } })
  let holds = true
  app.register(alerts, { customRules: [{ name: 'mild', evaluate: () => holds, keepFiringForMs: 0 }, { name: 'slight', severity: 'info', evaluate: () => holds }] })
  await app.ready()
  t.teardown(() => app.close())
  const waitFor = async (pattern: RegExp): Promise<void> => { while (!lines.some(line => pattern.test(line))) await new Promise(resolve => { setTimeout(resolve, 20) }) }
  await waitFor(/"level":40.*alerts firing: mild: mild holds/)
  await waitFor(/"level":30.*alerts firing: slight/)
  holds = false
  await waitFor(/"level":30.*alerts resolved: mild/)
})

t.test('disabled by option it watches nothing, until the control says otherwise; off again, what fires is over', async t => {
  const { app, told, pass } = await watched(t, { enabled: false, customRules: [{ ...mailQueue, forMs: 0 }] })
  mails = 250
  await pass(3)
  t.same(told, [])
  t.equal((await app.inject(control('enabled', true))).statusCode, 200)
  await pass(3)
  t.equal(told.length, 1)
  await app.inject(control('enabled', false))
  await pass(1)
  t.same(told.map(({ status }) => status), ['firing', 'resolved'])
  t.match(JSON.stringify(app.plimsoll.components.view('alerts', 'alerts').configuration), /"enabled":\{"value":false,"source":"option"/)
  app.alerts.setEnabled(true)
  t.match(app.plimsoll.components.view('alerts', 'alerts').configuration, { enabled: { value: true, source: 'control' } })
})

t.test('controls: a silence, taking it back, a test; bad arguments are refused by name', async t => {
  const { app, told, pass } = await watched(t, { customRules: [{ ...mailQueue, forMs: 0 }] })
  const silenced = await app.inject(control('silence', { rule: 'mail-queue', minutes: 5, labels: {}, by: 'ada', comment: 'known' }))
  t.equal(silenced.statusCode, 200)
  const [silence] = app.alerts.silences()
  t.match(silence, { rule: 'mail-queue', by: 'ada', comment: 'known' })
  mails = 250
  await pass(3)
  t.same(told, [])
  t.equal((await app.inject(control('unsilence', silence?.id))).statusCode, 200)
  await pass(2)
  t.equal(told.length, 1)
  t.equal((await app.inject(control('testNotification'))).statusCode, 200)
  t.equal((await app.inject(control('testNotification', 'test'))).statusCode, 200)
  await pass(1)
  t.ok(told.slice(1).every(({ test }) => test) && told.length === 3)
  const bad: ReadonlyArray<readonly [control: string, argument: unknown, message: RegExp]> = [
    ['silence', 'all', /takes an object/], ['silence', { rules: 'x' }, /does not take rules/], ['silence', { rule: 5 }, /does not take rule/], ['silence', { rule: 'x', minutes: 'long' }, /minutes of a silence is a number/],
    ['silence', { labels: 'x' }, /labels of a silence/], ['silence', { labels: { a: 1 } }, /labels of a silence/], ['silence', {}, /everything/], ['unsilence', 'nothing', /no silence nothing/], ['unsilence', 5, /takes the id/],
    ['testNotification', 'nobody', /there are: test/], ['testNotification', 7, /takes the name/]
  ]
  for (const [name, argument, message] of bad) {
    const response = await app.inject(control(name, argument))
    t.ok(response.statusCode >= 400 && response.statusCode < 500, name)
    t.match(response.body, message)
  }
})

t.test('without a notifier a test says so', async t => {
  const { app } = await watched(t, { notifiers: [] })
  t.match((await app.inject(control('testNotification'))).body, /there are: none/)
})

t.test('thresholds move live, inside their bounds, and are shown as moved', async t => {
  const { app, pass } = await watched(t, { rules: { 'rps-drop': false } })
  const { tunables, configuration } = app.plimsoll.components.view('alerts', 'alerts')
  t.match(tunables['memory-usage'], { value: 0.8, min: 0.1, max: 1 })
  t.notOk('rps-drop' in tunables || 'circuit-breaker-open' in tunables)
  t.equal(configuration['rules']?.source, 'option')
  app.plimsoll.components.setTunable({ kind: 'alerts', name: 'alerts', tunable: 'memory-usage', value: 0.1, user: 'ada' })
  t.match(app.plimsoll.components.view('alerts', 'alerts').configuration, { rules: { value: { 'memory-usage': { threshold: 0.1 } }, source: 'control' } })
  await pass(1)
  t.match(app.alerts.states().find(({ name }) => name === 'memory-usage'), { threshold: 0.1 })
})

t.test('a notifier that fails is degraded health, never a failing one; a rule that throws is said once', async t => {
  const { app, pass } = await watched(t, {
    notifiers: [{ type: 'function', notify () { throw new Error('the pager is off') } }],
    customRules: [{ name: 'bad', evaluate () { throw new Error('no') } }, { name: 'worse', evaluate () { throw Object.assign(new Error(), { toString: () => 'odd' }) } }, { ...mailQueue, forMs: 0 }]
  })
  mails = 250
  await pass(5)
  t.match(app.plimsoll.components.get('alerts', 'alerts')?.health(), { status: 'degraded', reason: /notifier function has failed for \d s, 1 wait: the pager is off/ })
  t.ok(app.plimsoll.health.report.live)
  t.equal(app.plimsoll.journal.entries().filter(({ event }) => event === 'rule-failed').length, 2)
  t.ok((app.alerts.counts.failures.get('bad') ?? 0) >= 4)
  await pass(70)
  t.match(app.alerts.firing().map(({ rule }) => rule), ['notifier-dead', 'mail-queue'])
})

t.test('what nobody could be told is journalled when the application closes', async t => {
  const { app, clock, pass } = await watched(t, { notifiers: [{ type: 'function', notify () { throw new Error('off') } }], customRules: [{ ...mailQueue, forMs: 0 }] })
  mails = 250
  await pass(3)
  await whilePassing(clock, app.close())
  t.match(app.plimsoll.journal.entries().find(({ event }) => event === 'undelivered'), { message: /^\d notifications were not delivered/ })
  t.equal(clock.pending, 0)
})

t.test('what is given up is journalled, by the notifier\'s name', async t => {
  const { app, pass } = await watched(t, { notifiers: [{ type: 'function', name: 'pager', maxQueued: 1, notify () { throw new Error('off') } }, { type: 'function', maxQueued: 1, notify () { throw new Error('off') } }] })
  app.alerts.test()
  await pass(0.1)
  app.alerts.test('function')
  app.alerts.test('pager')
  t.match(app.plimsoll.journal.entries().filter(({ event }) => event === 'notification-dropped').map(({ message }) => message), [/^function was not told of \[TEST\].*: the queue is full$/, /^pager /])
})

t.test('the metrics say what fires and what waits', async t => {
  const { app, pass } = await watched(t, { customRules: [{ ...mailQueue, forMs: 0 }, { name: 'bad', evaluate () { throw new Error('no') } }] })
  mails = 250
  await pass(3)
  const text = (await app.inject('/plimsoll/metrics')).body
  t.match(text, /plimsoll_alerts_firing_alerts\{rule="mail-queue",severity="critical"\} 1/)
  t.match(text, /plimsoll_alerts_rule_state\{rule="bad",state="no-data"\} 1/)
  t.match(text, /plimsoll_alerts_fired_alerts_total\{rule="mail-queue"\} 1/)
  t.match(text, /plimsoll_alerts_rule_failures_total\{rule="bad"\} \d/)
  t.match(text, /plimsoll_alerts_delivered_notifications_total\{notifier="test"\} 1/)
  t.match(text, /plimsoll_alerts_speaking_state 1/)
})

t.test('before the application is ready it has nothing to say', async t => {
  const app = Fastify()
  await app.register(alerts, { notifiers: [{ type: 'function', notify () {} }] })
  t.same(app.alerts.firing(), [])
  t.same(app.alerts.firing({ cluster: true }), [])
  t.same(app.alerts.test(), [])
  t.equal(app.alerts.dropped, 0)
  t.same(app.alerts.states(), [])
  const { id } = app.alerts.silence({ rule: 'x' })
  app.alerts.unsilence(id)
  app.alerts.setEnabled(false)
  t.notOk(app.alerts.enabled)
  await app.close()
})

t.test('the process ends by itself when the application is closed', async t => {
  const script = `
    const { default: alerts } = await import('@plimsoll/alerts')
    const { default: Fastify } = await import('fastify')
    const app = Fastify()
    app.register(alerts, { notifiers: [{ type: 'webhook', url: 'http://127.0.0.1:9/' }] })
    await app.listen({ host: '127.0.0.1', port: 0 })
    await app.close()
    console.log('closed')`
  const { stdout } = await run(process.execPath, ['--conditions=plimsoll:source', '--input-type=module', '-e', script], { cwd: new URL('.', import.meta.url), timeout: 20_000, env: { ...process.env, NODE_ENV: 'development' } })
  t.match(stdout, /closed/)
})
