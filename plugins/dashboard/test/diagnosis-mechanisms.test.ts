import { seededRandom } from '@plimsoll/core/testing'
import t from 'tap'
import { Counters } from '../src/diagnosis/counters.ts'
import { bytes, duration, percent, span } from '../src/diagnosis/figures.ts'
import { HeapTrend } from '../src/diagnosis/heap-trend.ts'
import { LoopShares } from '../src/diagnosis/loop-shares.ts'
import { TrafficTable } from '../src/diagnosis/traffic-table.ts'

const FREE = { guess: 0, least: 0, most: Infinity }

t.test('who uses the loop is found by the numbers of requests, with its error', async t => {
  const random = seededRandom(7)
  const loop = new LoopShares()
  t.equal(loop.solve(() => FREE, FREE).size, 0)
  for (let second = 0; second < 60; second++) {
    const numbers = [Math.floor(random() * 30), Math.floor(random() * 5), Math.floor(random() * 8)]
    loop.add(50 + numbers[0]! * 1 + numbers[1]! * 120 + 10 * random(), 1, numbers.map((requests, index) => ({ name: `r${index}`, requests, timeMs: 100 })))
  }
  const uses = loop.solve(() => ({ guess: 0, least: 0, most: 1000 }), { guess: 50, least: 0, most: Infinity })
  const costs = ['r0', 'r1', 'r2'].map((name) => uses.get(name)!)
  t.ok(costs[1]!.costMs > 60 && costs[1]!.costMs < 130, `${costs[1]!.costMs}`)
  const guessed = loop.solve((name) => ({ guess: name === 'r1' ? 110 : 0, least: 0, most: 1000 }), { guess: 50, least: 0, most: Infinity })
  t.ok(Math.abs(guessed.get('r1')!.costMs - 120) < 15, 'the closer with a good guess')
  t.ok(costs[0]!.costMs < 10 && costs[2]!.costMs < 10)
  t.ok(costs[1]!.costMs > 5 * costs[1]!.errorMs)
  t.equal(loop.solve(() => ({ guess: 0, least: 0, most: 7 }), FREE).get('r1')?.costMs, 7, 'not more than is possible')
  t.equal(loop.solve((name) => ({ guess: 0, least: name === 'r2' ? 40 : 0, most: 1000 }), FREE).get('r2')?.costMs, 40, 'nor less')
  loop.restart()
  t.equal(loop.seconds, 0)
})

t.test('sixteen routes have a place, those that take most time', async t => {
  const loop = new LoopShares()
  const names = Array.from({ length: 40 }, (_, index) => `r${index}`)
  for (let second = 0; second < 3; second++) loop.add(500, 1, names.map((name, index) => ({ name, requests: 1, timeMs: index })))
  const known = [...loop.solve(() => FREE, FREE).keys()]
  t.equal(known.length, 16)
  t.ok(known.includes('r39') && !known.includes('r1'))
})

t.test('a heap that rises steadily is told from one that levels off, and from noise', async t => {
  const slopeOf = (floorAt: (second: number) => number, seconds = 600): number | undefined => {
    const trend = new HeapTrend()
    for (let second = 0; second < seconds; second++) trend.add(second * 1000, floorAt(second))
    return trend.bytesPerSecond
  }
  t.ok(Math.abs(slopeOf((second) => 50e6 + 1e6 * second)! - 1e6) < 1e4)
  t.ok(Math.abs(slopeOf((second) => 50e6 + 1e6 * Math.max(0, second - 300))! - 1e6) < 1e5, 'from where it began')
  t.equal(slopeOf((second) => 50e6 + 200e6 * (1 - Math.exp(-second / 100))), undefined)
  t.equal(slopeOf((second) => 50e6 + 30e6 * Math.sin(second)), undefined)
  t.equal(slopeOf((second) => 500e6 + 0.1e6 * second), undefined, 'by less than a fifth')
  t.equal(slopeOf((second) => 50e6 + 1e6 * second, 40), undefined, 'too early')
})

t.test('counters begin anew, and are no more than three hundred', async t => {
  const counters = new Counters()
  const values = [100, 110, 5]
  for (const [second, value] of values.entries()) {
    counters.moveTo(second)
    counters.read('a', value, second)
    for (let name = 0; name < 400; name++) counters.read(`n${name}`, second, second)
    counters.read('b', 'many', second)
  }
  t.strictSame([counters.rise('a', 10), counters.rise('b', 10), counters.rise('n298', 10), counters.rise('n299', 10)], [15, 0, 2, 0])
})

t.test('a full table makes room for routes that are asked now', async t => {
  const table = new TrafficTable(3)
  for (const name of ['a', 'b', 'c']) table.at(name, 0)?.add({}, 0, true)
  t.equal(table.at('d', 10), undefined)
  table.moveTo(200)
  table.at('a', 200)?.add({}, 0, true)
  table.moveTo(400)
  t.strictSame([...table.all()].map(({ name }) => name), ['a', 'c'])
  t.equal(table.at('d', 400)?.name, 'd')
})

t.test('figures are short', async t => {
  t.strictSame([0, 0.004, 0.014, 0.376, 1].map(percent), ['0 %', '0.4 %', '1 %', '38 %', '100 %'])
  t.strictSame([0.42, 9.94, 412.4, 2345, 123_456].map(duration), ['0.4 ms', '9.9 ms', '412 ms', '2.3 s', '123 s'])
  t.strictSame([40, 1620, 12_000].map(span), ['40 s', '27 min', '3 h'])
  t.strictSame([4e5, 157e6, 1.3e9].map(bytes), ['0.4 MB', '150 MB', '1.2 GB'])
})
