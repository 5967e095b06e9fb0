import t from 'tap'
import { AlertViews } from '../../src/view/alert-views.ts'
import type { AlertView } from '../../src/view/view.ts'
import { component } from '../frames.ts'

const firing = (rule: string, more = {}): { readonly [key: string]: string | number } => ({ rule, severity: 'warning', instance: 'a', startsAt: 5000, summary: `${rule} holds`, ...more })
const pending = (name: string): { readonly [key: string]: string | number } => ({ name, severity: 'critical', state: 'pending', value: 0.29577464788732394, threshold: 0.05 })
const withAlerts = (alerts: Parameters<typeof firing>[1][], rules: object[] = []): Parameters<AlertViews['see']>[0] => [component('alerts', JSON.parse(JSON.stringify({ alerts, rules })))]
const states = (alerts: readonly AlertView[]): string[] => alerts.map(({ rule, state }) => `${rule} ${state}`)

t.test('what fires comes first, the worst of it ahead, then what is pending', async (t) => {
  const { alerts } = new AlertViews().see(withAlerts([firing('memory'), firing('latency', { severity: 'critical' }), firing('odd', { severity: 'x' })], [pending('errors'), { name: 'gc', state: 'inactive' }]), 9000)
  t.strictSame(states(alerts), ['latency firing', 'memory firing', 'odd firing', 'errors pending'])
  t.match(alerts[3], { severity: 'critical', instance: 'a', since: 9000, summary: '0.296 against a threshold of 0.05, not yet for long enough' })
})

t.test('the first look changes nothing; then each change is told once', async (t) => {
  const views = new AlertViews()
  t.strictSame(views.see(withAlerts([firing('memory')], [pending('errors')]), 1000).changed, [])
  t.strictSame(views.see(withAlerts([firing('memory')], [pending('errors')]), 2000).changed, [])
  t.strictSame(states(views.see(withAlerts([firing('memory'), firing('errors')], []), 3000).changed), ['errors firing'])
  const over = views.see(withAlerts([firing('errors')]), 4000)
  t.match(over.changed, [{ rule: 'memory', state: 'resolved', since: 4000 }])
  t.strictSame(states(over.alerts), ['errors firing'])
  t.strictSame(states(views.see(withAlerts([firing('errors')], [pending('gc')]), 5000).changed), ['gc pending'])
  t.strictSame(views.see(withAlerts([firing('errors')]), 6000).changed, [], 'what was pending and went is not worth a word')
})

t.test('a pending alert is pending since it was first seen to be', async (t) => {
  const views = new AlertViews()
  for (const at of [1000, 2000, 3000]) t.equal(views.see(withAlerts([], [pending('errors')]), at).alerts[0]?.since, 1000)
})

t.test('an alert that several instances tell of is one', async (t) => {
  const all = ['a', 'b'].flatMap((instance) => withAlerts([firing('memory', { instance: 'a' }), firing('memory', { instance: 'b' })]).map((one) => ({ ...one, instance })))
  t.equal(new AlertViews().see(all, 1).alerts.length, 2)
})

t.test('a rule that fires for one label and is pending for another fires', async (t) => {
  t.strictSame(states(new AlertViews().see(withAlerts([firing('latency'), firing('latency', { startsAt: 6000 })], [pending('latency')]), 1).alerts), ['latency firing', 'latency firing', 'latency pending'])
})

t.test('at most 50 are shown, and a snapshot of any shape is no fault', async (t) => {
  const { alerts } = new AlertViews().see(withAlerts(Array.from({ length: 200 }, (_, i) => firing(`r${i}`))), 1)
  t.equal(alerts.length, 50)
  t.strictSame(new AlertViews().see([component('alerts', { alerts: 'x', rules: [null, 3] }), component('pool', {})], 1).alerts, [])
  t.match(new AlertViews().see([component('alerts', { alerts: [{}] })], 1).alerts, [{ rule: '', since: 0, summary: '' }])
})
