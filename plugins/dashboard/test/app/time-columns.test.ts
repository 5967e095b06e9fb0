import t from 'tap'
import { TimeColumns } from '../../app/state/time-columns.ts'

type Name = 'rate' | 'worst'

function columns ({ capacity = 5, step = 1000, heatRows = 4 }: { capacity?: number, step?: number, heatRows?: number } = {}): TimeColumns<Name> {
  return new TimeColumns<Name>([{ name: 'rate', fold: 'mean' }, { name: 'worst', fold: 'max' }], { capacity, step, heatRows })
}

const row = (value: number | null): Record<Name, number | null> => ({ rate: value, worst: value })

t.test('keeps the newest samples, and never more than it has room for', async (t) => {
  const kept = columns()
  t.equal(kept.length, 0)
  t.ok(Number.isNaN(kept.newest))
  t.ok(Number.isNaN(kept.oldest))
  t.equal(kept.indexNear(5000), -1)
  for (let second = 1; second <= 1000; second++) kept.push(second * 1000, row(second), [second % 4, second])
  t.strictSame([...kept.at], [996_000, 997_000, 998_000, 999_000, 1_000_000])
  t.strictSame([...kept.column('rate')], [996, 997, 998, 999, 1000])
  t.strictSame([...kept.heatAt(0)], [996, 0, 0, 0])
  t.strictSame([...kept.heatAt(4)], [1000, 0, 0, 0])
  t.equal(kept.newest, 1_000_000)
  t.equal(kept.oldest, 996_000)
  t.equal(kept.at.buffer.byteLength, 5 * 8)
  kept.clear()
  t.equal(kept.length, 0)
})

t.test('what a replay repeats is not taken twice', async (t) => {
  const kept = columns()
  for (const second of [1, 2, 3, 2, 3, 1, NaN]) kept.push(second * 1000, row(second))
  t.strictSame([...kept.column('rate')], [1, 2, 3])
})

t.test('missing seconds leave a gap, uneven ones do not', async (t) => {
  const kept = columns({ capacity: 10 })
  for (const at of [1000, 2040, 2990, 4900, 9000]) kept.push(at, row(1))
  t.strictSame([...kept.column('rate')].map((value) => Number.isNaN(value) ? 'gap' : value), [1, 1, 1, 1, 'gap', 1])
  kept.push(10_000, row(null))
  t.ok(Number.isNaN(kept.column('worst').at(-1)))
})

t.test('seconds of one coarse step are folded: rates to their mean, the worst kept', async (t) => {
  const kept = columns({ step: 4000 })
  for (const [at, value] of [[4000, 1], [5000, 3], [6000, null], [7000, 8], [8000, 2]] as const) kept.push(at, row(value), [1, 1])
  t.strictSame([...kept.at], [7000, 8000])
  t.strictSame([...kept.column('rate')], [3.5, 2])
  t.strictSame([...kept.column('worst')], [8, 2])
  t.strictSame([...kept.heatAt(0)], [0, 4, 0, 0])
  const late = columns({ step: 4000 })
  late.push(4000, row(null))
  late.push(5000, row(6))
  t.strictSame([...late.column('rate')], [6])
})

t.test('history comes before what the stream has brought meanwhile, as much as there is room for', async (t) => {
  const kept = columns()
  kept.push(10_000, row(10))
  kept.push(11_000, row(11), [2, 7])
  const at = [5000, 6000, 7000, 8000, 9000, 10_000, 11_000]
  kept.prepend(at, () => at.map((time) => time === 8000 ? null : time / 1000), at.map((time) => [3, time / 1000]))
  t.strictSame([...kept.at], [7000, 8000, 9000, 10_000, 11_000])
  t.strictSame([...kept.column('rate')].map((value) => Number.isNaN(value) ? 'gap' : value), [7, 'gap', 9, 10, 11])
  t.strictSame([...kept.heatAt(0)], [0, 0, 0, 7])
  t.strictSame([...kept.heatAt(4)], [0, 0, 7, 0])
  const empty = columns()
  empty.prepend([1000, 2000], () => [1])
  t.strictSame([...empty.column('worst')].map((value) => Number.isNaN(value) ? 'gap' : value), [1, 'gap'])
})

t.test('a row of the heatmap that does not exist is nobody\'s', async (t) => {
  const kept = columns()
  kept.push(1000, row(1), [-1, 5, 4, 5, 99, 5, 0, 2, 1])
  t.strictSame([...kept.heatAt(0)], [2, 0, 0, 0])
  kept.push(2000, row(1))
  t.strictSame([...kept.heatAt(1)], [0, 0, 0, 0])
})

t.test('finds the sample nearest to a time', async (t) => {
  const kept = columns()
  for (const second of [1, 2, 3, 4]) kept.push(second * 1000, row(second))
  t.strictSame([0, 1400, 1600, 2500, 3999, 9000].map((at) => kept.indexNear(at)), [0, 0, 1, 2, 3, 3])
})

t.test('means and largest values are of what is there', async (t) => {
  const kept = columns()
  for (const [at, value] of [[1000, 4], [2000, null], [3000, 8], [4000, 1]] as const) kept.push(at, row(value))
  t.equal(kept.meanBetween('rate', 0, 3000), 6)
  t.ok(Number.isNaN(kept.meanBetween('rate', 1000, 2000)))
  t.equal(kept.maxSince('worst', 0), 8)
  t.equal(kept.maxSince('worst', 4000), 1)
  t.equal(columns().maxSince('worst', 0), 0)
  t.throws(() => new TimeColumns<string>([], { capacity: 1, step: 1000 }).column('none'), { message: 'there is no column none' })
})

t.test('another range takes over what is there', async (t) => {
  const fine = columns({ capacity: 8 })
  for (let second = 1; second <= 8; second++) fine.push(second * 1000, row(second), [second % 2, 1])
  const shorter = columns({ capacity: 3 })
  shorter.takeFrom(fine)
  t.strictSame([...shorter.column('rate')], [6, 7, 8])
  const coarse = columns({ step: 4000 })
  coarse.takeFrom(fine)
  t.strictSame([...coarse.at], [3000, 7000, 8000])
  t.strictSame([...coarse.column('worst')], [3, 7, 8])
  t.strictSame([...coarse.heatAt(1)], [2, 2, 0, 0])
})
