import t from 'tap'
import { MAX_RANKED, Ranking } from '../../app/state/ranking.ts'

interface Row { readonly name: string, readonly time: number }

function ranking (): Ranking<Row> {
  return new Ranking<Row>({ keyOf: ({ name }) => name, weightOf: ({ time }) => time, quiet: (row) => ({ ...row, time: 0 }) })
}

t.test('a single second does not shuffle the rows', async (t) => {
  const ranked = ranking()
  for (let second = 1; second <= 30; second++) ranked.update([{ name: 'a', time: 100 }, { name: 'b', time: 90 }], second * 1000)
  const names = ranked.update([{ name: 'b', time: 120 }, { name: 'a', time: 80 }], 31_000).map(({ name }) => name)
  t.strictSame(names, ['a', 'b'])
  let rows: readonly Row[] = []
  for (let second = 32; second <= 60; second++) rows = ranked.update([{ name: 'b', time: 200 }, { name: 'a', time: 80 }], second * 1000)
  t.strictSame(rows, [{ name: 'b', time: 200 }, { name: 'a', time: 80 }])
})

t.test('one that has gone quiet stays for a minute, at zero, and is forgotten then', async (t) => {
  const ranked = ranking()
  ranked.update([{ name: 'a', time: 100 }], 1000)
  t.strictSame(ranked.update([], 61_000), [{ name: 'a', time: 0 }])
  t.strictSame(ranked.update([], 62_000), [])
  ranked.update([{ name: 'b', time: 1 }], 63_000)
  ranked.clear()
  t.strictSame(ranked.update([], 64_000), [])
})

t.test('however many routes come, a hundred are kept', async (t) => {
  const ranked = ranking()
  for (let second = 1; second <= 20; second++) {
    const rows = Array.from({ length: 50 }, (_, i) => ({ name: `${second}-${i}`, time: i }))
    t.ok(ranked.update(rows, second * 1000).length <= MAX_RANKED)
  }
  t.equal(ranked.update([], 21_000).length, MAX_RANKED)
})

t.test('equal weights are ordered by name', async (t) => {
  t.strictSame(ranking().update([{ name: 'b', time: 1 }, { name: 'a', time: 1 }], 1000).map(({ name }) => name), ['a', 'b'])
})

t.test('a row passes another only when it is clearly heavier; a new one stands at its place', async (t) => {
  const ranked = ranking()
  const after = (seconds: number, times: Readonly<Record<string, number>>): string => {
    let rows: readonly Row[] = []
    for (; seconds > 0; seconds--) rows = ranked.update(Object.entries(times).map(([name, time]) => ({ name, time })), now += 1000)
    return rows.map(({ name }) => name).join('')
  }
  let now = 0
  t.equal(after(60, { a: 100, b: 90 }), 'ab')
  t.equal(after(60, { a: 100, b: 115 }), 'ab')
  t.equal(after(60, { a: 100, b: 140 }), 'ba')
  t.equal(after(60, { a: 100, b: 90 }), 'ba')
  t.equal(after(1, { a: 100, b: 90, c: 1200 }), 'cba', 'by a tenth of its first second')
})
