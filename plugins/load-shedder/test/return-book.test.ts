import { fakeClock } from '@plimsoll/core/testing'
import t from 'tap'
import { ReturnBook } from '../src/return-book.ts'

const BIN_MS = 100

/** When each of 1,000 clients, refused at these moments, comes back if it obeys to the millisecond: clients per 100 ms. */
function returns (refusedAt: readonly number[], finishedPerSecond: number): number[] {
  const book = new ReturnBook({ minSeconds: 1, maxSeconds: 30 })
  const bins: number[] = []
  for (const at of refusedAt) {
    const bin = Math.floor((at + 1000 * book.book(at, finishedPerSecond)) / BIN_MS)
    bins[bin] = (bins[bin] ?? 0) + 1
  }
  const first = bins.findIndex(count => count > 0)
  return Array.from(bins.slice(first), count => count ?? 0)
}

function worst (bins: readonly number[]): number {
  const mean = bins.reduce((sum, count) => sum + count, 0) / bins.length
  return Math.max(...bins) / mean
}

t.test('1,000 obedient clients refused within a second or more come back in no 100 ms bin above twice the mean', async t => {
  for (const [name, spreadMs] of [['1 s', 1000], ['2.5 s', 2500], ['10 s', 10_000]] as const) {
    for (const finished of [50, 220, 2000]) {
      const { random } = fakeClock({ seed: finished })
      const refusedAt = Array.from({ length: 1000 }, () => 5000 + random() * spreadMs).sort((a, b) => a - b)
      const bins = returns(refusedAt, finished)
      t.ok(worst(bins) <= 2, `refused over ${name}, ${finished} finished a second: ${worst(bins).toFixed(2)}`)
    }
  }
})

t.test('1,000 clients refused at one moment can only come back at whole seconds, and do so in equal parts', async t => {
  const bins = returns(Array.from({ length: 1000 }, () => 5000), 0).filter(count => count > 0)
  t.equal(bins.length, 30)
  t.ok(worst(bins) <= 1.03)
})

t.test('few refused clients come back soon, many later', async t => {
  const book = new ReturnBook({ minSeconds: 1, maxSeconds: 30 })
  t.equal(book.book(0, 200), 1)
  const waits = Array.from({ length: 100 }, () => book.book(0, 200))
  t.equal(Math.max(...waits), 11)
})

t.test('appointments of the past are forgotten, over any pause', async t => {
  const book = new ReturnBook({ minSeconds: 1, maxSeconds: 2 })
  for (const now of [0, 1000, 5000, 605_000, 6_000_000]) {
    t.equal(book.book(now, 10), 1, `at ${now} ms`)
  }
})
