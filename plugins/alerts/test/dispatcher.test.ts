import { fakeClock } from '@plimsoll/core/testing'
import type { FakeClock } from '@plimsoll/core/testing'
import t from 'tap'
import type { Told } from '../src/alert-group.ts'
import { Dispatcher } from '../src/dispatcher.ts'
import type { DispatcherPorts } from '../src/dispatcher.ts'
import { DEFAULT_INHIBITIONS } from '../src/inhibition.ts'
import type { Notification } from '../src/notification.ts'
import type { ResolvedRule, Severity } from '../src/rule.ts'
import { MAX_SILENCES, readSilence, Silences } from '../src/silences.ts'
import { record } from './records.ts'

interface Setup {
  readonly clock: FakeClock
  readonly dispatcher: Dispatcher
  readonly silences: Silences
  readonly told: Notification[]
  readonly settle: Array<(delivered: boolean) => void>
  readonly log: Array<readonly [group: string, told: Told | undefined]>
  voice: 'all' | 'itself' | 'none'
  cleared: number
}

function setup (change: Partial<DispatcherPorts> = {}, minSeverity: Severity = 'info'): Setup {
  const clock = fakeClock()
  const silences = new Silences(clock)
  const rule: ResolvedRule = { name: 'mails', severity: 'warning', forMs: 0, keepFiringForMs: 0, coolDownMs: 60_000, staleAfterMs: 0, runbook: 'Look.', evaluate: () => false }
  const self: Omit<Setup, 'dispatcher'> = { clock, silences, told: [], settle: [], log: [], voice: 'all', cleared: 0 }
  const dispatcher = new Dispatcher({
    clock,
    service: 'shop',
    instance: 'a',
    rules: new Map([['mails', rule]]),
    timing: { groupWaitMs: 0, groupIntervalMs: 10_000, repeatIntervalMs: 3_600_000 },
    groupBy: ['rule'],
    inhibitions: DEFAULT_INHIBITIONS,
    silences,
    queues: [{
      notifier: { name: 'pager', type: 'function', minSeverity, timeoutMs: 1, maxQueued: 1, send: async () => {} },
      push (notification, done = () => {}) {
        self.told.push(notification)
        self.settle.push(done)
      },
      clear () { self.cleared++ }
    }],
    voice: () => self.voice,
    told: (group, told) => { self.log.push([group, told]) },
    ...change
  })
  return Object.assign(self, { dispatcher })
}

function titles ({ told }: Setup): string[] { return told.map(({ title }) => title) }

t.test('alerts of all instances are one notification, with the runbook', async t => {
  const s = setup()
  s.dispatcher.update(record({ instance: 'a' }))
  s.dispatcher.update(record({ instance: 'b' }))
  s.dispatcher.tick()
  s.dispatcher.tick()
  t.same(titles(s), ['[FIRING] shop: mails on 2 instances'])
  t.match(s.told[0], { runbook: 'Look.', group: { rule: 'mails' }, severity: 'warning', sender: 'a' })
  s.dispatcher.update(record({ instance: 'a', status: 'resolved' }))
  s.dispatcher.update(record({ instance: 'b', status: 'resolved' }))
  s.dispatcher.tick()
  t.same(titles(s).at(-1), '[RESOLVED] shop: mails on 2 instances')
})

t.test('groups can be by instance, severity or a label', async t => {
  const s = setup({ groupBy: ['instance', 'severity', 'pool'] })
  s.dispatcher.update(record({ instance: 'a', labels: { pool: 'x' } }))
  s.dispatcher.update(record({ instance: 'b', labels: { pool: 'x' } }))
  s.dispatcher.tick()
  t.same(s.told.map(({ group }) => group), [{ instance: 'a', severity: 'warning', pool: 'x' }, { instance: 'b', severity: 'warning', pool: 'x' }])
  const rest = setup({ groupBy: ['none'] })
  rest.dispatcher.update(record())
  rest.dispatcher.tick()
  t.same(rest.told[0]?.group, { none: '' })
})

t.test('the same alert that comes back within the cool-down is not notified anew, but it is when that is over', async t => {
  const s = setup()
  s.dispatcher.update(record())
  s.dispatcher.tick()
  s.dispatcher.update(record({ status: 'resolved' }))
  s.dispatcher.tick()
  s.clock.advance(20_000)
  s.dispatcher.update(record({ startsAt: 2 }))
  s.dispatcher.tick()
  t.equal(s.told.length, 2)
  s.clock.advance(40_000)
  s.dispatcher.tick()
  t.equal(s.told.length, 3)
})

t.test('a silence keeps quiet until it is over or taken back; the alert fires all the same', async t => {
  const s = setup()
  s.silences.add({ rule: 'mails', minutes: 1 })
  s.dispatcher.update(record())
  s.dispatcher.tick()
  t.same(s.told, [])
  t.equal(s.dispatcher.firing().length, 1)
  s.clock.advance(60_000)
  s.dispatcher.tick()
  t.equal(s.told.length, 1)
})

t.test('what another alert of the instance explains is not notified, and named in that one', async t => {
  const s = setup()
  s.dispatcher.update(record({ rule: 'circuit-breaker-open', fingerprint: '1'.repeat(16) }))
  s.dispatcher.update(record({ rule: 'error-rate-spike', fingerprint: '2'.repeat(16) }))
  s.dispatcher.update(record({ rule: 'error-rate-spike', fingerprint: '2'.repeat(16), instance: 'b' }))
  s.dispatcher.tick()
  t.match(s.told, [{ group: { rule: 'circuit-breaker-open' }, explains: ['error-rate-spike'] }, { group: { rule: 'error-rate-spike' }, alerts: [{ instance: 'b' }] }])
  const labelled = setup({ inhibitions: [{ source: 'x', target: 'mails', equal: ['pool'] }] })
  labelled.dispatcher.update(record({ rule: 'x', labels: { pool: 'other' } }))
  labelled.dispatcher.update(record({ labels: { pool: 'mine' }, fingerprint: '3'.repeat(16) }))
  labelled.dispatcher.tick()
  t.equal(labelled.told.length, 2)
})

t.test('less severe notifications are not for everybody; what nobody is to be told counts as told', async t => {
  const s = setup({}, 'critical')
  s.dispatcher.update(record())
  s.dispatcher.tick()
  t.same(s.told, [])
  t.equal(s.log.length, 1)
})

t.test('it counts as told when everybody has taken it; then the next leader knows', async t => {
  const s = setup()
  s.dispatcher.update(record())
  s.dispatcher.tick()
  t.same(s.log, [])
  s.settle[0]?.(true)
  t.match(s.log, [[s.told[0]?.fingerprint, { alerts: [['a 0123456789abcdef', 1]], repeat: 0 }]])
  s.dispatcher.update(record({ status: 'resolved' }))
  s.dispatcher.tick()
  s.settle[1]?.(true)
  t.match(s.log[1]?.[1], { alerts: [], over: [['a 0123456789abcdef', 1]] })
})

t.test('who does not speak tells nothing; who comes to speak goes on from what was told, and repeats what was not delivered', async t => {
  const s = setup()
  s.voice = 'none'
  s.dispatcher.update(record())
  s.dispatcher.tick()
  t.same(s.told, [])
  s.voice = 'all'
  s.dispatcher.tick()
  t.equal(s.told.length, 1)
  s.voice = 'none'
  s.dispatcher.tick()
  t.equal(s.cleared, 1)
  s.voice = 'all'
  s.clock.advance(60_000)
  s.dispatcher.tick()
  t.equal(s.told.length, 2, 'nobody had confirmed it')
  const group = s.told[0]?.fingerprint ?? ''
  s.voice = 'none'
  s.dispatcher.tick()
  s.dispatcher.recall(group, { alerts: [['a 0123456789abcdef', 1]], repeat: 0, over: [] })
  s.voice = 'all'
  s.dispatcher.tick()
  t.equal(s.told.length, 2, 'the other leader had told it')
  s.dispatcher.recall(group, undefined)
  s.clock.advance(60_000)
  s.dispatcher.tick()
  t.equal(s.told.length, 3)
})

t.test('an isolated instance speaks of itself only', async t => {
  const s = setup()
  s.voice = 'itself'
  s.dispatcher.update(record({ instance: 'b' }))
  s.dispatcher.update(record({ instance: 'a' }))
  s.dispatcher.tick()
  t.match(s.told, [{ alerts: [{ instance: 'a' }], more: 0 }])
  t.equal(s.told[0]?.alerts.length, 1)
})

t.test('what nothing is heard of any more is over', async t => {
  const s = setup()
  s.dispatcher.update(record({ instance: 'b' }))
  s.dispatcher.tick()
  s.dispatcher.gone('b', '0123456789abcdef')
  s.dispatcher.gone('c', '0123456789abcdef')
  s.dispatcher.tick()
  t.match(s.told.at(-1), { status: 'resolved', alerts: [{ summary: 'nothing is heard of b any more' }] })
})

t.test('groups, memories and cool-downs are bounded', async t => {
  const s = setup({ groupBy: ['id'] })
  for (let index = 0; index < 2500; index++) {
    s.dispatcher.update(record({ labels: { id: String(index) }, instance: `i${index}` }))
    s.dispatcher.recall(`group ${index}`, { alerts: [], repeat: 0, over: [] })
  }
  s.dispatcher.tick()
  t.equal(s.told.length, 1000)
  const cooling = setup()
  for (let index = 0; index < 2500; index++) cooling.dispatcher.update(record({ instance: `i${index}` }))
  cooling.dispatcher.tick()
  t.match(cooling.told, [{ more: 2450 }])
})

t.test('without a notifier nothing is decided; an unknown rule has no runbook', async t => {
  const s = setup({ queues: [] })
  s.dispatcher.update(record())
  s.dispatcher.tick()
  t.same(s.told, [])
  const other = setup()
  other.dispatcher.update(record({ rule: 'unknown' }))
  other.dispatcher.tick()
  t.equal(other.told[0]?.runbook, '')
})

t.test('a test is sent to the notifier of a name, or to all', async t => {
  const s = setup()
  t.same(s.dispatcher.test('pager', 'ada'), ['pager'])
  t.same(s.dispatcher.test('nobody', 'ada'), [])
  t.same(s.dispatcher.test(undefined, 'ada'), ['pager'])
  t.match(s.told[0], { test: true, title: '[TEST] [FIRING] shop: test', alerts: [{ summary: 'ada tests the notifiers; there is nothing to do' }] })
})

t.test('silences: all that is given has to match; without anything, for too long, or too many are refused', async t => {
  const silences = new Silences(fakeClock())
  t.throws(() => silences.add({}), { code: 'PLM_ALERTS_SILENCE_REFUSED', message: /everything/ })
  t.throws(() => silences.add({ rule: 'x', minutes: 0 }), { code: 'PLM_ALERTS_SILENCE_REFUSED', message: /minutes is 0/ })
  t.throws(() => silences.add({ rule: 'x', minutes: NaN }), { code: 'PLM_ALERTS_SILENCE_REFUSED' })
  const { id } = silences.add({ instance: 'a', labels: { pool: 'x' }, by: 'ada', comment: 'known' })
  t.equal(silences.of(record({ labels: { pool: 'x' } }))?.id, id)
  t.equal(silences.of(record({ labels: { pool: 'y' } })), undefined)
  t.equal(silences.of(record({ labels: { pool: 'x' }, instance: 'b' })), undefined)
  silences.remove(id)
  t.throws(() => silences.remove(id), { code: 'PLM_ALERTS_UNKNOWN_SILENCE', statusCode: 404 })
  for (let index = 0; index < MAX_SILENCES; index++) silences.add({ rule: `r${index}` })
  t.throws(() => silences.add({ rule: 'x' }), { code: 'PLM_ALERTS_SILENCE_REFUSED', message: /100 already/ })
  const [first] = silences.list()
  if (first === undefined) throw new Error('there are some')
  silences.put({ ...first, id: 'another' })
  t.equal(silences.list().length, MAX_SILENCES)
  silences.put({ ...first, until: 0 })
  t.equal(silences.list().length, MAX_SILENCES - 1)
})

t.test('a silence that another instance tells is read with suspicion', async t => {
  const good = { id: 'abc', rule: 'r', instance: null, labels: {}, until: 5, by: 'ada', comment: '' }
  t.same(readSilence(good), good)
  t.match(readSilence({ id: 'abc', until: 5, by: 7 }), { rule: null, by: '' })
  for (const bad of [undefined, null, 'text', { ...good, id: 5 }, { ...good, id: 'x'.repeat(99) }, { ...good, until: 'soon' }]) t.equal(readSilence(bad), undefined)
})
