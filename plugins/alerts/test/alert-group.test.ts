import t from 'tap'
import { AlertGroup } from '../src/alert-group.ts'
import type { Decision } from '../src/alert-group.ts'
import { record } from './records.ts'

const TIMING = { groupWaitMs: 5000, groupIntervalMs: 60_000, repeatIntervalMs: 3_600_000 }
const LOUD = (): boolean => false

function short (decision: Decision | undefined): string {
  return decision === undefined ? '' : `${decision.status} ${decision.alerts.map(({ instance }) => instance).sort().join('')} ${decision.repeat}`
}

t.test('the first notification waits for others of the same cause; its end comes when all are over', async t => {
  const group = new AlertGroup({}, TIMING)
  group.update(record({ instance: 'a' }))
  t.equal(short(group.decide(0, LOUD)), '')
  group.update(record({ instance: 'b' }))
  t.equal(short(group.decide(4999, LOUD)), '')
  t.equal(short(group.decide(5000, LOUD)), 'firing ab 0')
  t.equal(short(group.decide(5001, LOUD)), '')
  group.update(record({ instance: 'a', status: 'resolved' }))
  t.equal(short(group.decide(6000, LOUD)), '')
  group.update(record({ instance: 'b', status: 'resolved' }))
  t.equal(short(group.decide(7000, LOUD)), 'resolved ab 0')
  t.ok(group.over)
})

t.test('who joins later is told after the interval, what goes on is told again', async t => {
  const group = new AlertGroup({}, TIMING)
  group.update(record({ instance: 'a' }))
  group.decide(0, LOUD)
  group.decide(5000, LOUD)
  group.update(record({ instance: 'b' }))
  t.equal(short(group.decide(64_999, LOUD)), '')
  t.equal(short(group.decide(65_000, LOUD)), 'firing ab 0')
  t.equal(short(group.decide(3_664_999, LOUD)), '')
  t.equal(short(group.decide(3_665_000, LOUD)), 'firing ab 1')
  t.equal(short(group.decide(7_265_000, LOUD)), 'firing ab 2')
})

t.test('what was hushed when it fired is not told when it is over; what is hushed no more is told', async t => {
  const group = new AlertGroup({}, TIMING)
  group.update(record({ instance: 'a' }))
  t.equal(short(group.decide(0, () => true)), '')
  group.update(record({ instance: 'a', status: 'resolved' }))
  t.equal(short(group.decide(10_000, LOUD)), '')
  t.ok(group.over)
  group.update(record({ instance: 'a', startsAt: 2 }))
  group.decide(20_000, () => true)
  t.equal(short(group.decide(30_000, LOUD)), '')
  t.equal(short(group.decide(35_000, LOUD)), 'firing a 0')
  t.equal(short(group.decide(4_000_000, () => true)), '', 'no reminder of what is silenced by now')
})

t.test('what is over before anybody was told is told all the same', async t => {
  const group = new AlertGroup({}, TIMING)
  group.update(record({ instance: 'a', status: 'resolved' }))
  t.equal(short(group.decide(0, LOUD)), 'resolved a 0')
})

t.test('a new firing of what was told is told anew', async t => {
  const group = new AlertGroup({}, TIMING)
  group.update(record({ instance: 'a', startsAt: 1 }))
  group.decide(0, LOUD)
  group.decide(5000, LOUD)
  group.update(record({ instance: 'a', startsAt: 2 }))
  t.equal(short(group.decide(70_000, LOUD)), 'firing a 0')
})

t.test('who takes over goes on from what was told, and forgets what nobody knows any more', async t => {
  const group = new AlertGroup({}, TIMING)
  group.recall(0, { alerts: [[`a ${record().fingerprint}`, 1]], repeat: 3, over: [] })
  group.update(record({ instance: 'a' }))
  t.equal(short(group.decide(10_000, LOUD)), '')
  t.equal(short(group.decide(3_600_000, LOUD)), 'firing a 4')
  t.same(group.told, { alerts: [[`a ${record().fingerprint}`, 1]], repeat: 4, over: [] })
  const empty = new AlertGroup({}, TIMING)
  empty.recall(0, { alerts: [['gone 1', 1]], repeat: 0, over: [] })
  t.notOk(empty.over)
  t.equal(empty.decide(1, LOUD), undefined)
  t.ok(empty.over)
})

t.test('an end that the last leader has told is not told again', async t => {
  const group = new AlertGroup({}, TIMING)
  group.update(record({ instance: 'a', status: 'resolved' }))
  group.recall(0, { alerts: [], repeat: 0, over: [[`a ${record().fingerprint}`, 1]] })
  t.equal(group.decide(1, LOUD), undefined)
  t.ok(group.over)
})
