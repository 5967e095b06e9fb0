import t from 'tap'
import type { Mark } from '../../src/view/view.ts'
import { inLines } from '../../app/overview/in-lines.ts'
import { argumentText, readArgument } from '../../app/pages/control-argument.ts'
import { asRows, isRecord, keysOf, labelOf, matrixOf, quantityText, scalarText } from '../../app/pages/json-text.ts'
import { deltaOf, NO_DELTA } from '../../app/state/delta.ts'
import { atSteps, recorded } from '../../app/state/history-answer.ts'
import { addMarks, markNear, MAX_MARKS } from '../../app/state/marks.ts'
import { encodeText, keptParams, readPlace, writePlace, writeQuery } from '../../app/state/place.ts'

const plain = (text: string): string => text.replaceAll('\u202f', ' ')

t.test('a place survives its address, and an unknown one is the overview', async (t) => {
  const place = { page: 'routes', params: { of: 'GET /a?b=c&d#e', instance: 'web-1', range: '300' } } as const
  t.strictSame(readPlace(writePlace(place)), place)
  t.strictSame(readPlace(''), { page: 'overview', params: {} })
  t.strictSame(readPlace('#/constructor?x=1'), { page: 'overview', params: { x: '1' } })
  t.equal(writePlace({ page: 'overview', params: { instance: '', range: '' } }), '#/')
  t.strictSame(keptParams(place.params), { instance: 'web-1', range: '300' })
  t.strictSame(keptParams({}), { instance: '', range: '' })
  t.equal(writeQuery({ of: 'a&b=c d', from: 12, instance: '' }), 'of=a%26b%3Dc%20d&from=12')
  t.equal(encodeText('half a pair: \ud800'), 'half%20a%20pair%3A%20%EF%BF%BD')
})

t.test('a figure is compared with a minute ago, and only what means something is said', async (t) => {
  const amount = { of: 'amount', moreIsWorse: true } as const
  const share = { of: 'share', moreIsWorse: true } as const
  const read = (now: number, before: number, how: Parameters<typeof deltaOf>[2]): string => {
    const { text, tone } = deltaOf(now, before, how)
    return `${plain(text)} ${tone}`.trim()
  }
  t.equal(read(103, 100, amount), 'none')
  t.equal(read(112, 100, amount), '+12 % none')
  t.equal(read(140, 100, amount), '+40 % worse')
  t.equal(read(60, 100, amount), '−40 % better')
  t.equal(read(1400, 100, amount), '×14 worse')
  t.equal(read(5, 0, amount), '+5 worse')
  t.equal(read(0, 0, amount), 'none')
  t.equal(read(200, 100, { of: 'amount', moreIsWorse: false }), '+100 % none')
  t.equal(read(0, 0, { of: 'amount', moreIsWorse: false }), 'none')
  t.equal(read(0.034, 0.03, share), '+0.4 % none')
  t.equal(read(0.2, 0.01, share), '+19 % worse')
  t.equal(read(0.0102, 0.01, share), 'none')
  t.equal(read(0.3, 0.1, { of: 'share', moreIsWorse: false }), '+20 % none')
  for (const missing of [NaN, Infinity]) {
    t.equal(deltaOf(missing, 1, amount), NO_DELTA)
    t.equal(deltaOf(1, missing, amount), NO_DELTA)
  }
})

function mark (at: number, text = ''): Mark {
  return { at, kind: 'journal', severity: 'info', instance: 'a', component: 'c', event: 'e', text }
}

t.test('marks are kept once each, for an hour, and at most two hundred', async (t) => {
  const known = addMarks([], [mark(3000), mark(1000), mark(3000)], 4000)
  t.strictSame(known.map(({ at }) => at), [1000, 3000])
  t.equal(addMarks(known, [mark(3000)], 5000), known)
  t.strictSame(addMarks(known, [mark(3000, 'other')], 5000).length, 3)
  t.strictSame(addMarks(known, [], 3_602_000).map(({ at }) => at), [3000])
  const many = Array.from({ length: 500 }, (_, i) => mark(i))
  t.strictSame(addMarks([], many, 1000).map(({ at }) => at), many.slice(-MAX_MARKS).map(({ at }) => at))
})

t.test('a mark is found near a time, not far from it', async (t) => {
  const marks = [mark(1000), mark(1400), mark(5000)]
  t.equal(markNear(marks, 1300, 500)?.at, 1400)
  t.equal(markNear(marks, 3000, 500), undefined)
})

t.test('figures of a snapshot are written by what their names say', async (t) => {
  const now = Date.UTC(2026, 10, 21, 3)
  const at = Date.UTC(2026, 10, 21, 2, 14, 7)
  const cases: ReadonlyArray<readonly [string, string | number | boolean | null, string]> = [
    ['openForMs', 230_000, '3.83 min'], ['ms', 4, '4 ms'], ['items', 1204, '1,204'], ['streams', 3, '3'], ['until', at, '02:14:07'], ['uptimeSeconds', 12, '12 s'],
    ['heapBytes', at, '1.63 TiB'], ['failureRate', 0.62, '62 %'], ['ratePerSecond', 250, '250'], ['share', 1.5, '1.5'], ['ready', false, 'no'], ['ready', true, 'yes'],
    ['note', null, '–'], ['lastError', '', '–'], ['name', '<b>', '<b>'], ['huge', 1e15, '1000000G'], ['mean', 0.123456, '0.123']
  ]
  t.strictSame(['failingForMs', 'heap-bytes', 'ms', 'uptimeSeconds', 'items'].map(labelOf), ['failing for', 'heap', 'ms', 'uptime', 'items'])
  for (const [name, value, text] of cases) t.equal(plain(scalarText(name, value, now)), text, name)
})

t.test('arrays of objects are tables, nested figures last; anything else is not', async (t) => {
  const rows = [{ breaker: { a: 1 }, name: 'x' }, { name: 'y', calls: 2 }]
  t.strictSame(asRows(rows), rows)
  t.strictSame(keysOf(rows), ['breaker', 'name', 'calls'])
  t.strictSame(keysOf([{ deep: {}, name: 'x' }]), ['name', 'deep'])
  for (const other of [[], [1, {}], {}, 'text', null]) t.equal(asRows(other), undefined)
  t.notOk(isRecord([]))
  t.notOk(isRecord(undefined))
  t.ok(isRecord({}))
})

t.test('parts with the same figures are one table', async (t) => {
  const [a, b, other] = [{ low: 1, high: 2 }, { low: 3, high: 4 }, { low: 1 }]
  t.strictSame(matrixOf({ limit: 5, arrived: a, other, started: b, list: [a] }), [['arrived', a], ['started', b]])
  t.strictSame(matrixOf({ arrived: a, other }), [])
  t.strictSame(matrixOf({ arrived: { a, b }, started: { a, b } }), [])
  t.strictSame(matrixOf({}), [])
})

t.test('a quantity is written with its unit', async (t) => {
  t.strictSame([quantityText(10_485_760, 'bytes an hour'), quantityText(0.2, 'share of requests'), quantityText(null, 'ms'), quantityText(5, '')].map(plain), ['10 MiB an hour', '0.2 share of requests', '– ms', '5'])
})

t.test('history begins where something was recorded', async (t) => {
  const answer = { instance: 'a', step: 1000, at: [1, 2, 3, 4], columns: { requests: [null, null, 5, null], p50: [null, null, null, 1] }, heat: [[], [], [1, 1], []] }
  t.strictSame(recorded(answer), { ...answer, at: [3, 4], columns: { requests: [5, null], p50: [null, 1] }, heat: [[1, 1], []] })
  const { heat, ...ofRoute } = answer
  t.strictSame(recorded({ ...ofRoute, columns: { requests: [null, null, null, null] } }).at, [])
  t.equal(heat.length, 4)
})

t.test('an argument is JSON where it is JSON, and a text otherwise', async (t) => {
  t.strictSame(['', '  ', '12', 'true', '{"a":[1]}', 'payments', '{broken'].map(readArgument), [undefined, undefined, 12, true, { a: [1] }, 'payments', '{broken'])
  t.strictSame([null, 'text', 12, { a: 1 }].map(argumentText), ['', 'text', '12', '{"a":1}'])
})

t.test('lists show what has room: a long text takes two lines, and the first row is always there', async (t) => {
  const shown = (lengths: readonly number[], lines: number): readonly number[] => inLines(lengths, lines, (length) => 'x'.repeat(length))
  t.strictSame(shown([10, 64, 10], 3), [10, 64, 10])
  t.strictSame(shown([10, 65, 10], 3), [10, 65])
  t.strictSame(shown([10, 10, 65], 3), [10, 10])
  t.strictSame(shown([200], 1), [200])
  t.strictSame(shown([], 3), [])
})

t.test('coarser steps than the chart has are spread over its own', async (t) => {
  const coarse = { instance: 'b', step: 3000, at: [3000, 6000], columns: { requests: [5, null] }, heat: [[2, 7], []] }
  t.strictSame(atSteps(coarse, 1000), { instance: 'b', step: 1000, at: [3000, 4000, 5000, 6000, 7000, 8000], columns: { requests: [5, 5, 5, null, null, null] }, heat: [[2, 3], [2, 3], [2, 3], [], [], []] })
  t.equal(atSteps(coarse, 4000), coarse)
  t.strictSame(atSteps({ instance: 'b', step: 2000, at: [2000], columns: {} }, 1000), { instance: 'b', step: 1000, at: [2000, 3000], columns: {} })
})
