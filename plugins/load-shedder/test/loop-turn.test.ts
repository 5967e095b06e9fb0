import fc from 'fast-check'
import t from 'tap'
import { LoopTurn } from '../src/loop-turn.ts'

const close = (value: number, expected: number): boolean => Math.abs(value - expected) < 1e-9

/** A loop that does what it is told, one turn after the other, and asks as the gate does. */
class Driver {
  readonly turn = new LoopTurn()
  now = 0
  idleMs = 0

  idle (ms: number): void {
    this.now += ms
    this.idleMs += ms
  }

  /** Reads so many requests, `each` milliseconds apart. */
  read (count: number, each = 0.03): void {
    for (let index = 0; index < count; index++) {
      this.now += each
      this.turn.arrived(this.now)
    }
  }

  begin (): boolean { return this.turn.begin(this.now, this.idleMs) }

  /** Starts work for so many milliseconds, or for as many as there may be. */
  start (ms: number = this.turn.startBudget()): number {
    this.now += ms
    this.turn.end(this.now, ms)
    return ms
  }

  /** A turn of continuations that take so long, and then of starts; returns what the starts may have. */
  run (continuationsMs: number, startsMs?: number): number {
    this.now += continuationsMs
    this.begin()
    const budget = this.turn.startBudget()
    this.start(startsMs)
    return budget
  }
}

t.test('a loop that has waited for events has nothing behind it: what arrives is started at once', async t => {
  const driver = new Driver()
  driver.idle(100)
  driver.read(1)
  t.notOk(driver.begin())
})

t.test('turns are opened at once for half a millisecond after the loop has waited, if it did next to nothing else', async t => {
  const driver = new Driver()
  const atOnce = (): boolean => driver.turn.beginAtOnce(driver.now, driver.idleMs)
  driver.idle(0.009)
  t.notOk(atOnce(), 'it has hardly waited: there may be more')
  driver.idle(0.002)
  driver.now += 0.4
  t.ok(atOnce(), 'both sums count from the last turn')
  driver.start(0.3)
  t.ok(atOnce())
  driver.start(0.3)
  t.notOk(atOnce(), 'it has not waited since')
  driver.idle(1)
  driver.now += 0.6
  t.notOk(atOnce(), 'it has waited, and was busy since')
  driver.begin()
  driver.start(0)
  driver.idle(1)
  t.ok(atOnce())
})

t.test('what was started at once, and the continuations before it, count like those of any turn', async t => {
  const [one, other] = [new Driver(), new Driver()]
  for (const driver of [one, other]) driver.idle(1)
  for (let turn = 0; turn < 50; turn++) {
    for (const driver of [one, other]) {
      driver.idle(1)
      driver.now += 0.3
    }
    t.ok(one.turn.beginAtOnce(one.now, one.idleMs))
    other.begin()
    for (const driver of [one, other]) driver.start(0.05)
  }
  t.equal(one.run(3, 0), other.run(3, 0))
})

t.test('a loop that was busy looks for more arrivals for 4 ms, and then starts, however many still come', async t => {
  const driver = new Driver()
  const drains: boolean[] = []
  for (let turn = 0; turn < 6; turn++) {
    driver.now += 1
    driver.turn.arrived(driver.now)
    drains.push(driver.begin())
  }
  t.same(drains, [true, true, true, true, false, true])
})

t.test('the first turn without arrivals ends the draining', async t => {
  const driver = new Driver()
  driver.now += 1
  t.notOk(driver.begin(), 'busy, but nothing has come')
  driver.now += 1
  driver.read(1)
  t.ok(driver.begin())
  driver.now += 1
  t.notOk(driver.begin())
})

t.test('what the gate did itself has kept the loop from reading as well', async t => {
  const driver = new Driver()
  driver.idle(10)
  t.notOk(driver.begin())
  driver.start(2)
  driver.read(1)
  t.ok(driver.begin())
})

t.test('2 ms of starts where nothing else has run: neither waiting nor reading requests is work', async t => {
  const driver = new Driver()
  driver.idle(1000)
  t.notOk(driver.begin())
  t.equal(driver.turn.startBudget(), 2)
  driver.start(0)
  driver.read(100, 0.02)
  driver.begin()
  t.equal(driver.turn.startBudget(), 2)
})

t.test('the cost of reading is measured, from arrivals with nothing between them, within bounds', async t => {
  // What remains of 2 ms after a turn of `count` arrivals and `workMs`, once the cost has been learned.
  const budget = (learned: number, each: number, count: number, workMs: number): number => {
    const driver = new Driver()
    driver.read(5000, learned)
    driver.begin()
    driver.start(20)
    driver.read(count, each)
    driver.now += workMs
    driver.begin()
    return driver.turn.startBudget()
  }
  for (const each of [0.01, 0.03, 0.15]) {
    const left = budget(each, each, 100, 1.5)
    t.ok(Math.abs(left - 0.5) < 0.05, `${each} ms each: ${left}`)
  }
  const least = budget(0.001, 0.001, 100, 1)
  t.ok(Math.abs(least - (2 - 1 - 100 * (0.001 - 0.005))) < 0.05, `at least 0.005 ms each: ${least}`)
  const most = budget(1, 0.5, 5, 0)
  t.ok(Math.abs(most - (2 - 5 * (0.5 - 0.2))) < 0.05, `at most 0.2 ms each, the rest was work: ${most}`)
})

t.test('the longer the continuations of the last turn took, the less is started', async t => {
  const budgets = [0, 0.5, 1, 1.9].map(ms => {
    const driver = new Driver()
    driver.run(1000, 0)
    driver.start(10)
    return driver.run(ms)
  })
  t.ok([2, 1.5, 1, 0.1].every((expected, index) => close(budgets[index] ?? NaN, expected)), String(budgets))
  const driver = new Driver()
  driver.run(1000, 0)
  driver.start(10)
  const left = driver.run(5)
  t.ok(left > 0 && left < 0.1, `hardly anything when they took all of it: ${left}`)
})

t.test('the continuations of turns that only drained count as well', async t => {
  const driver = new Driver()
  driver.run(1000, 0)
  driver.start(10)
  driver.idle(1)
  driver.begin()
  driver.start(0)
  for (let turn = 0; turn < 3; turn++) {
    driver.now += 0.6
    driver.turn.arrived(driver.now)
    t.ok(driver.begin())
  }
  t.ok(driver.turn.startBudget() < 0.4, String(driver.turn.startBudget()))
})

t.test('before anything is known of them, starts are owed as much as their continuations took, up to 10 ms', async t => {
  t.equal(new Driver().run(5), 5)
  t.equal(new Driver().run(500), 10)
})

t.test('where handlers come back in waves, starts keep most of the share that they need', async t => {
  const driver = new Driver()
  // Each millisecond of starts brings three of continuations.
  for (let turn = 0; turn < 500; turn++) driver.run(3, 1)
  let started = 0
  for (let turn = 0; turn < 100; turn++) started += driver.run(10)
  const share = started / (100 * 10)
  t.ok(share > 0.1 && share < 1 / 3, String(share))
})

t.test('what was started beyond the budget is taken from the turns that follow, 2 ms at most', async t => {
  const driver = new Driver()
  for (let turn = 0; turn < 500; turn++) driver.run(4, 1)
  driver.run(4, 100)
  const budgets = Array.from({ length: 30 }, () => driver.run(4))
  t.equal(budgets[0], 0)
  t.ok(budgets.some(budget => budget > 0), String(budgets))
})

t.test('whatever happens, the budget is between 0 and 10 ms, and at most 5 turns of a millisecond drain in a row', async () => {
  const step = fc.record({
    busy: fc.double({ min: 0, max: 50, noNaN: true }),
    idle: fc.double({ min: 0, max: 50, noNaN: true }),
    arrivals: fc.integer({ min: 0, max: 20 }),
    started: fc.double({ min: 0, max: 50, noNaN: true })
  })
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), steps => {
    const driver = new Driver()
    let drained = 0
    for (const { busy, idle, arrivals, started } of steps) {
      driver.idle(idle)
      driver.read(arrivals)
      driver.now += 1 + busy
      const drains = driver.begin()
      drained = drains ? drained + 1 : 0
      const budget = driver.turn.startBudget()
      if (!(budget >= 0 && budget <= 10) || drained > 5) return false
      if (!drains) driver.start(started)
    }
    return true
  }), { seed: 5 })
})
