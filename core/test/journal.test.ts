import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import t from 'tap'
import { Journal, JOURNAL_CAPACITY, JOURNAL_CHANNEL } from '../src/journal.ts'
import type { JournalEntry } from '../src/journal.ts'
import { fakeClock } from '../src/testing/index.ts'

function happening (event: string): { component: string, event: string, message: string } {
  return { component: 'test', event, message: `it is ${event}` }
}

t.test('an entry has a rising number, the wall time, and defaults', async (t) => {
  const clock = fakeClock()
  const journal = new Journal({ clock })
  t.equal(journal.latest, 0)
  journal.record(happening('a'))
  clock.advance(5)
  journal.record({ ...happening('b'), severity: 'error', data: { n: 1 } })
  t.strictSame(journal.entries(), [
    { sequence: 1, at: clock.wallTime() - 5, component: 'test', event: 'a', message: 'it is a', severity: 'info', data: {} },
    { sequence: 2, at: clock.wallTime(), component: 'test', event: 'b', message: 'it is b', severity: 'error', data: { n: 1 } }
  ])
  t.equal(journal.latest, 2)
  t.strictSame(journal.counts, { info: 1, warning: 0, error: 1 })
})

t.test('the ring keeps the last 1,000 entries whatever is recorded', async (t) => {
  const journal = new Journal({ clock: fakeClock() })
  for (let i = 0; i < JOURNAL_CAPACITY * 3 + 7; i++) journal.record(happening(`e${i}`))
  const all = journal.entries({ limit: 1e9 })
  t.equal(all.length, JOURNAL_CAPACITY)
  t.equal(all[0]?.sequence, JOURNAL_CAPACITY * 2 + 8)
  t.equal(all.at(-1)?.event, `e${JOURNAL_CAPACITY * 3 + 6}`)
})

t.test('a reader goes on after what it has read, oldest first, and a gap shows what the ring has lost', async (t) => {
  const journal = new Journal({ clock: fakeClock() })
  for (let i = 1; i <= 5; i++) journal.record(happening(`e${i}`))
  const numbers = (entries: readonly JournalEntry[]): number[] => entries.map(({ sequence }) => sequence)
  t.strictSame(numbers(journal.entries({ after: 2, limit: 2 })), [3, 4])
  t.strictSame(numbers(journal.entries({ after: 5 })), [])
  t.strictSame(numbers(journal.entries({ limit: 2 })), [4, 5])
  t.strictSame(numbers(journal.entries({ after: 0.5 })), [], 'a number that is none finds nothing')
  for (let i = 0; i < JOURNAL_CAPACITY; i++) journal.record(happening('more'))
  t.equal(journal.entries({ after: 1, limit: 1 })[0]?.sequence, 6)
})

t.test('sizes are bounded and prototype keys are dropped', async (t) => {
  const journal = new Journal({ clock: fakeClock() })
  const data = JSON.parse(`{"__proto__":{"polluted":1},"text":"${'x'.repeat(1e5)}","list":[${'1,'.repeat(1e4)}1]}`)
  journal.record({ component: 'c'.repeat(1e5), event: 'e'.repeat(1e5), message: 'm'.repeat(1e5), data })
  const [entry] = journal.entries()
  t.ok(JSON.stringify(entry).length < 2000)
  t.notOk(JSON.stringify(entry).includes('polluted'))
})

t.test('recording never throws: not for hostile data, nor for a severity that is none', async (t) => {
  const journal = new Journal({ clock: fakeClock() })
  const hostile = { ...happening('a'), severity: JSON.parse('"fatal"'), data: { get x (): number { throw new Error('no') } } }
  Object.defineProperty(hostile, 'data', { value: { get x (): number { throw new Error('no') } } })
  t.doesNotThrow(() => journal.record(hostile))
  t.match(journal.entries(), [{ severity: 'info', data: { unreadable: 'unreadable: no' } }])
})

t.test('listeners and the diagnostics channel hear every entry, and one that throws harms nobody', async (t) => {
  const journal = new Journal({ clock: fakeClock() })
  const heard: string[] = []
  const published = (entry: unknown): void => { heard.push(`channel ${JSON.stringify(entry).slice(0, 13)}`) }
  subscribe(JOURNAL_CHANNEL, published)
  t.teardown(() => unsubscribe(JOURNAL_CHANNEL, published))
  journal.subscribe(() => { throw new Error('bad') })
  const leave = journal.subscribe(({ event }) => heard.push(event))
  journal.record(happening('a'))
  leave()
  journal.record(happening('b'))
  t.strictSame(heard, ['a', 'channel {"sequence":1', 'channel {"sequence":2'])
  t.equal(journal.listenerFailures, 2)
})

t.test('listeners that answer entries with entries come to an end', async (t) => {
  const journal = new Journal({ clock: fakeClock() })
  let heard = 0
  journal.subscribe(({ event }) => {
    heard++
    journal.record(happening(`answer to ${event}`.slice(0, 50)))
  })
  journal.record(happening('a'))
  t.equal(heard, 3, 'three levels are told')
  t.equal(journal.latest, 4, 'the fourth is kept all the same')
  journal.record(happening('b'))
  t.equal(heard, 6, 'and the next happening is told as before')
})
