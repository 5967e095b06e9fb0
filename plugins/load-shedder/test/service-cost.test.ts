import t from 'tap'
import { ServiceCost } from '../src/service-cost.ts'

t.test('is assumed to be a quarter of a millisecond until something is known, and then what was measured', async t => {
  const cost = new ServiceCost()
  t.equal(cost.ms, 0.25)
  cost.observe(0, 0, 50)
  t.equal(cost.ms, 0.25)
  cost.observe(10, 0, 43)
  t.equal(cost.ms, 4.4, 'with the gap before it, as long as four of what was assumed')
})

t.test('follows over about 100 requests', async t => {
  const cost = new ServiceCost()
  cost.observe(100, 0, 500)
  for (let count = 0; count < 100; count++) cost.observe(1, 0, 10)
  t.ok(cost.ms > 7.5 && cost.ms < 9)
  for (let count = 0; count < 500; count++) cost.observe(1, 0, 10)
  t.ok(cost.ms > 9.9)
})

t.test('a gap between two starts may be longer than the time between two looks, up to four requests', async t => {
  const cost = new ServiceCost()
  cost.observe(20, 0, 1000)
  for (let start = 0; start < 500; start++) {
    cost.observe(0, 0, 25)
    cost.observe(1, 0, 25)
  }
  t.equal(Math.round(cost.ms), 50)
  for (let look = 0; look < 1000; look++) cost.observe(0, 0, 25)
  cost.observe(1, 0, 25)
  t.ok(cost.ms < 52, 'what stood still for long was no request')
})

t.test('what refusals take is told apart, and is no cost of those that are served', async t => {
  const cost = new ServiceCost()
  cost.observe(100, 0, 50)
  t.equal(cost.ms, 0.5)
  // 25 ms, of which 0.03 ms went into each of 700 refusals.
  for (let count = 0; count < 100; count++) cost.observe(8, 700, 25)
  t.ok(Math.abs(cost.ms - 0.5) < 0.001, `${cost.ms}`)
  t.ok(Math.abs(cost.refusalMs - 0.03) < 0.001, `${cost.refusalMs}`)
  cost.observe(100, 20, 100.6)
  t.ok(cost.ms > 0.9, 'few refusals hide nothing')
})

t.test('a cost that was learned too high does not last, and what a refusal takes stays in its bounds', async t => {
  const cost = new ServiceCost()
  cost.observe(100, 0, 1000)
  for (let count = 0; count < 200; count++) cost.observe(50, 300, 25)
  t.ok(cost.refusalMs >= 0.005)
  t.ok(cost.ms < 1, `${cost.ms}`)
  for (let count = 0; count < 200; count++) cost.observe(0, 10, 25)
  t.ok(cost.refusalMs <= 0.2)
})
