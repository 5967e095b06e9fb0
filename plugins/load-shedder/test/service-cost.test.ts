import t from 'tap'
import { ServiceCost } from '../src/service-cost.ts'

t.test('is assumed to be a millisecond until something is known, and then what was measured', async t => {
  const cost = new ServiceCost()
  t.equal(cost.ms, 1)
  cost.observe(0, 50)
  t.equal(cost.ms, 1)
  cost.observe(10, 44)
  t.equal(cost.ms, 4.4)
})

t.test('follows over about 100 requests', async t => {
  const cost = new ServiceCost()
  cost.observe(100, 500)
  for (let count = 0; count < 100; count++) cost.observe(1, 10)
  t.ok(cost.ms > 7.5 && cost.ms < 9)
  for (let count = 0; count < 500; count++) cost.observe(1, 10)
  t.ok(cost.ms > 9.9)
})
