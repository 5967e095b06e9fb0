import t from 'tap'
import { HEAT_ROWS, heatBounds, heatRowOf } from '../../src/view/heat.ts'
import { spanFor, timeTicks, topOf } from '../../app/charts/axis-scale.ts'
import { heatColours, levelOf, readRgb } from '../../app/charts/heat-colours.ts'
import { latencyAt, rowPositionOf, spanOf, ticksIn } from '../../app/charts/latency-scale.ts'
import { lineRuns } from '../../app/charts/line-runs.ts'

t.test('time ticks stand at round times, and not too many', async (t) => {
  const from = Date.UTC(2026, 10, 21, 2, 0, 7)
  t.strictSame(timeTicks(from, from + 900_000, 8).map((at) => new Date(at).toISOString().slice(11, 19)), ['02:02:00', '02:04:00', '02:06:00', '02:08:00', '02:10:00', '02:12:00', '02:14:00'])
  for (const seconds of [1, 60, 300, 900, 3600, 86_400]) t.ok(timeTicks(from, from + seconds * 1000, 8).length <= 25)
})

t.test('a page that was just opened shows what there is, in a few steps', async (t) => {
  t.strictSame([0, 59_000, 61_000, 250_000, 400_000, 700_000].map((age) => spanFor(age, 900) / 1000), [60, 60, 120, 300, 600, 900])
  t.equal(spanFor(250_000, 300), 300_000)
  t.equal(spanFor(0, 60), 60_000)
})

t.test('the end of an axis is round, above what is shown, and stays while it can', async (t) => {
  t.equal(topOf(0, { least: 10 }), 10)
  t.equal(topOf(438, { least: 10 }), 500)
  t.equal(topOf(0.97, { least: 1, most: 1 }), 1)
  t.equal(topOf(134 * 2 ** 20, { least: 1, binary: true }), 150 * 2 ** 20)
  t.equal(topOf(300, { least: 10, current: 500 }), 500)
  t.equal(topOf(100, { least: 10, current: 500 }), 150)
  t.equal(topOf(600, { least: 10, current: 500 }), 800)
  for (let value = 0.001; value < 1e9; value *= 1.37) t.ok(topOf(value, { least: 0.001 }) >= value, String(value))
})

t.test('the page and the server agree on where a latency stands', async (t) => {
  for (let us = 65; us < 60e6; us *= 1.11) t.equal(Math.floor(rowPositionOf(us / 1000) + 1e-9), heatRowOf(us), `${us} µs`)
  for (const [row, bound] of heatBounds.entries()) t.ok(Math.abs(latencyAt(row) * 1000 - bound) <= bound * 1e-9, `row ${row}`)
  t.equal(rowPositionOf(0.01), 0)
  t.equal(rowPositionOf(1e9), HEAT_ROWS)
})

t.test('the heatmap shows the rows that hold something, and at least two decades', async (t) => {
  for (const [lowest, highest] of [[0, 0], [10, 12], [0, 60], [60, 60], [3, 40]] as const) {
    const { low, high } = spanOf(lowest, highest)
    t.ok(low >= 0 && high <= HEAT_ROWS && low <= lowest && high > highest && high - low >= 21, `${lowest} to ${highest}: ${low} to ${high}`)
  }
  t.strictSame(ticksIn({ low: 9, high: 42 }), [1, 10, 100])
})

t.test('a colour for every level, the strongest for the largest count', async (t) => {
  const colours = heatColours([[0, 0, 0], [10, 20, 30], [255, 128, 0]])
  t.equal(colours.length, 64)
  t.equal(colours[0], 0xff000000)
  t.equal(colours[63], 0xff0080ff)
  t.equal(levelOf(1000, 1000), 63)
  t.equal(levelOf(1, 1), 63)
  t.ok(levelOf(1, 1000) > 0)
  t.ok(levelOf(10, 1000) > levelOf(1, 1000))
  t.equal(heatColours([])[5], 0xff000000)
})

t.test('colours are read as browsers write them', async (t) => {
  t.strictSame(readRgb('rgb(1, 22, 255)'), [1, 22, 255])
  t.strictSame(readRgb('rgba(1, 22, 255, 0.5)'), [1, 22, 255])
  t.strictSame(readRgb('none'), [0, 0, 0])
})

t.test('a line has all points that can be told apart, gaps, every spike and every dip', async (t) => {
  const runs = (at: readonly number[], values: readonly number[], pixels: number, from = 0): number[][] => lineRuns(Float64Array.from(at), Float64Array.from(values), { from, xOf: (time) => time * pixels })
  t.strictSame(runs([1, 2, 3], [5, 6, 7], 10), [[10, 5, 20, 6, 30, 7]])
  t.strictSame(runs([1, 2, 3, 4, 5], [5, NaN, NaN, 6, 7], 10), [[10, 5], [40, 6, 50, 7]])
  t.strictSame(runs([1, 2, 3, 4, 5], [1, 2, 3, 4, 5], 10, 3.5), [[30, 3, 40, 4, 50, 5]])
  t.strictSame(runs([], [], 10), [])
  const values = Array.from({ length: 900 }, (_, i) => i === 500 ? 99 : i === 700 ? 0 : 10 + i % 2)
  const [dense = []] = runs(values.map((_, i) => i), values, 0.7)
  t.ok(dense.length / 2 > 250 && dense.length / 2 < 450, `${dense.length / 2} points`)
  t.equal(dense[dense.indexOf(99) - 1], 350)
  t.equal(Math.round(dense[dense.lastIndexOf(0) - 1] ?? 0), 490)
  t.ok(dense.every((_, i) => i % 2 === 1 || i < 2 || dense[i]! > dense[i - 2]!), 'from left to right')
})
