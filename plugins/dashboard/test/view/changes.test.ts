import type { JournalEntry } from '@plimsoll/core'
import t from 'tap'
import { InstanceChanges } from '../../src/view/instance-changes.ts'
import { instanceViews } from '../../src/view/instances.ts'
import { Marks } from '../../src/view/marks.ts'
import { observed } from '../frames.ts'

const entry = (event: string, more: Partial<JournalEntry> = {}): JournalEntry => ({ sequence: 1, at: 1000, component: 'pool/db', event, message: `${event}!`, severity: 'warning', data: {}, ...more })

t.test('warnings, errors and what people did are marks; mere information is not', async (t) => {
  const journal = [entry('opened', { at: 3 }), entry('noted', { severity: 'info' }), entry('control-run', { severity: 'info', at: 2 }), entry('firing', { component: 'alerts', severity: 'error', at: 1 })]
  t.strictSame(new Marks().see([observed({ instance: 'a', journal })]), [
    { at: 3, kind: 'journal', severity: 'warning', instance: 'a', component: 'pool/db', event: 'opened', text: 'opened!' },
    { at: 2, kind: 'journal', severity: 'info', instance: 'a', component: 'pool/db', event: 'control-run', text: 'control-run!' },
    { at: 1, kind: 'alert', severity: 'error', instance: 'a', component: 'alerts', event: 'firing', text: 'firing!' }
  ])
})

t.test('a frame that is seen twice marks once', async (t) => {
  const marks = new Marks()
  const look = (sequence: number): number => marks.see([observed({ instance: 'a', sequence, journal: [entry('x')] })]).length
  t.strictSame([look(1), look(1), look(2)], [1, 0, 1])
})

t.test('at most 50 marks, the newest', async (t) => {
  const journal = Array.from({ length: 200 }, (_, i) => entry('x', { at: i }))
  const marks = new Marks().see([observed({ journal })])
  t.equal(marks.length, 50)
  t.equal(marks[0]?.at, 199)
})

t.test('instances that come, fall silent, come back and go are told, the first look apart', async (t) => {
  const changes = new InstanceChanges()
  const look = (...instances: Array<readonly [string, boolean]>): unknown => changes.see(instanceViews(instances.map(([instance, stale]) => observed({ instance }, stale)), 'a'))
  t.strictSame(look(['a', false]), [])
  t.strictSame(look(['a', false], ['b', false]), [{ instance: 'b', state: 'live' }])
  t.strictSame(look(['a', false], ['b', true]), [{ instance: 'b', state: 'stale' }])
  t.strictSame(look(['a', false], ['b', true]), [])
  t.strictSame(look(['a', false], ['b', false]), [{ instance: 'b', state: 'live' }])
  t.strictSame(look(['a', false]), [{ instance: 'b', state: 'gone' }])
})
