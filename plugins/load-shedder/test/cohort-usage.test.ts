import t from 'tap'
import { CohortUsage } from '../src/cohort-usage.ts'

t.test('a client that sends ten times what others send comes after all of them', async t => {
  const usage = new CohortUsage()
  usage.calibrate(0)
  for (let round = 0; round < 100; round++) {
    for (let cohort = 1; cohort < 10; cohort++) usage.arrive(cohort)
    for (let count = 0; count < 10; count++) usage.arrive(0)
  }
  usage.calibrate(300)
  const heavy = usage.arrive(0)
  for (let cohort = 1; cohort < 10; cohort++) t.ok(usage.arrive(cohort) < 96 && heavy >= 96)
})

t.test('the heavier, the later, up to the last level', async t => {
  const usage = new CohortUsage()
  for (let cohort = 0; cohort < 100; cohort++) for (let count = 0; count < 10; count++) usage.arrive(cohort)
  for (let count = 0; count < 100; count++) usage.arrive(200)
  for (let count = 0; count < 1000; count++) usage.arrive(201)
  usage.calibrate(0)
  t.ok(usage.arrive(200) < usage.arrive(201))
  t.ok(usage.arrive(201) <= 127)
  const alone = new CohortUsage()
  for (let cohort = 0; cohort < 1000; cohort++) alone.arrive(cohort)
  for (let count = 0; count < 1_000_000; count++) alone.arrive(1001)
  alone.calibrate(0)
  t.equal(alone.arrive(1001), 127)
})

t.test('equal clients keep their place for a while, and are dealt anew after it', async t => {
  const usage = new CohortUsage()
  const levels = (): number[] => Array.from({ length: 50 }, (_, cohort) => usage.arrive(cohort))
  usage.calibrate(0)
  levels()
  usage.calibrate(1000)
  const first = levels()
  usage.calibrate(2000)
  t.same(levels(), first)
  t.ok(new Set(first).size > 10, 'apart from each other')
  usage.calibrate(12_000)
  t.notSame(levels(), first)
})

t.test('usage is forgotten: a client that was heavy a minute ago is like the others', async t => {
  const usage = new CohortUsage()
  for (let count = 0; count < 1000; count++) usage.arrive(0)
  for (let cohort = 1; cohort < 50; cohort++) usage.arrive(cohort)
  usage.calibrate(0)
  t.ok(usage.arrive(0) >= 96)
  for (let now = 250; now <= 60_000; now += 250) usage.calibrate(now)
  for (let cohort = 1; cohort < 50; cohort++) usage.arrive(cohort)
  usage.calibrate(60_250)
  t.ok(usage.arrive(0) < 96)
})

t.test('levels are worked out at most each 250 ms', async t => {
  const usage = new CohortUsage()
  usage.calibrate(0)
  for (let count = 0; count < 100; count++) usage.arrive(3)
  for (let cohort = 4; cohort < 40; cohort++) usage.arrive(cohort)
  usage.calibrate(249)
  t.ok(usage.arrive(3) < 96)
  usage.calibrate(250)
  t.ok(usage.arrive(3) >= 96)
})
