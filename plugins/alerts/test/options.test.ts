import t from 'tap'
import { alertsOptions } from '../src/options.ts'
import type { AlertsOptions } from '../src/options.ts'

const rule = { name: 'mine', evaluate: () => true }
const hook = { type: 'webhook', url: 'https://example.org/hook' } as const

t.test('every bad option is refused by name, with the value and what would be right', async t => {
  const bad: ReadonlyArray<readonly [given: unknown, message: RegExp]> = [
    [{ groupWaitMs: NaN }, /groupWaitMs is NaN; give a whole number/],
    [{ groupIntervalMs: -1 }, /groupIntervalMs is -1/],
    [{ repeatIntervalMs: 5 }, /repeatIntervalMs is 5; give a whole number from 60000/],
    [{ service: '' }, /service is ""/],
    [{ log: 'yes' }, /log is "yes"/],
    [{ whenIsolated: 'shout' }, /whenIsolated is "shout"; give one of lead, follow/],
    [{ groupBy: 'rule' }, /groupBy is "rule"; give an array/],
    [{ notifier: [] }, /notifier is an array of 0; there is no such option; did you mean notifiers/],
    [{ rules: { latency: false } }, /rules.latency is false; there is no such option/],
    [{ rules: { 'rps-drop': true } }, /rules.rps-drop is true; give an object/],
    [{ rules: { 'rps-drop': { threshold: 5 } } }, /rules.rps-drop.threshold is 5; give a number from 0.05 to 1/],
    [{ rules: { 'rps-drop': { absoluteMs: 5 } } }, /rules.rps-drop.absoluteMs is 5; there is no such option/],
    [{ rules: { 'gc-pause': { severity: 'mild' } } }, /rules.gc-pause.severity is "mild"/],
    [{ rules: { 'latency-threshold': { absoluteMs: 0 } } }, /absoluteMs is 0/],
    [{ customRules: [{ ...rule, name: 'Bad Name' }] }, /customRules\[0\].name is "Bad Name"; give a name of a-z/],
    [{ customRules: [{ name: 'x' }] }, /customRules\[0\].evaluate is undefined; give a function \(frame\)/],
    [{ customRules: [{ ...rule, forMs: -5 }] }, /customRules\[0\].forMs is -5/],
    [{ customRules: [{ ...rule, runbook: 5 }] }, /customRules\[0\].runbook is 5/],
    [{ customRules: [rule, rule] }, /two named mine/],
    [{ customRules: [{ ...rule, name: 'rps-drop' }] }, /two named rps-drop/],
    [{ slo: [{ name: 'a', objective: 99.9 }] }, /slo\[0\].objective is 99.9; give a number from 0.5/],
    [{ slo: [{ name: 'a' }] }, /slo\[0\].objective is undefined; give the share/],
    [{ slo: [{ objective: 0.9 }] }, /slo\[0\].name is undefined/],
    [{ slo: [{ name: 'a', objective: 0.9 }, { name: 'a', objective: 0.99 }] }, /two named a/],
    [{ inhibit: [{ source: 'x' }] }, /inhibit\[0\].target is undefined/],
    [{ notifiers: [{}] }, /notifiers\[0\].type is undefined; give one of webhook/],
    [{ notifiers: [{ type: 'pigeon' }] }, /notifiers\[0\].type is "pigeon"/],
    [{ notifiers: [{ type: 'webhook' }] }, /notifiers\[0\].url is undefined; give an address/],
    [{ notifiers: [{ type: 'slack', url: 'ftp://x' }] }, /give an address that begins with https/],
    [{ notifiers: [{ type: 'slack', url: 'nonsense' }] }, /give an address that begins with https/],
    [{ notifiers: [{ ...hook, notify () {} }] }, /notifiers\[0\].notify is a function; leave it out/],
    [{ notifiers: [{ ...hook, secret: 'short' }] }, /secret is .*; give at least 16 characters/],
    [{ notifiers: [{ type: 'function' }] }, /notifiers\[0\].notify is undefined; give a function/],
    [{ notifiers: [{ type: 'function', notify () {}, url: 'https://x' }] }, /url is .*; leave it out/],
    [{ notifiers: [{ type: 'slack', url: 'https://x', secret: 'sixteen characters' }] }, /only webhooks are signed/],
    [{ notifiers: [{ type: 'slack', url: 'https://x', headers: { a: 'b' } }] }, /only webhooks take headers/],
    [{ notifiers: [hook, hook] }, /two named webhook/],
    [{ notifiers: Array.from({ length: 21 }, (_, index) => ({ ...hook, name: `n${index}` })) }, /give an array of at most 20/]
  ]
  for (const [given, message] of bad) t.throws(() => alertsOptions.resolve(given as AlertsOptions), { code: 'PLM_ALERTS_INVALID_OPTION', message }, JSON.stringify(given))
})

t.test('all may stay out', async t => {
  const { values } = alertsOptions.resolve(undefined)
  t.match(values, { enabled: true, service: 'service', notifiers: [], groupBy: ['rule'], groupWaitMs: 5000, whenIsolated: 'lead' })
  t.match(values.rules['latency-threshold'], { threshold: 2, minExcessMs: 20, absoluteMs: undefined })
})

t.test('secrets, addresses and headers are never shown', async t => {
  const resolved = alertsOptions.resolve({ notifiers: [{ ...hook, secret: 'sixteen characters', headers: { authorization: 'Bearer x' } }], rules: { 'rps-drop': false }, customRules: [rule] })
  const shown = JSON.stringify(alertsOptions.configuration(resolved))
  t.notMatch(shown, /example.org|sixteen|Bearer/)
  t.match(shown, /"rps-drop":false/)
  t.match(shown, /"notifiers"/)
})
