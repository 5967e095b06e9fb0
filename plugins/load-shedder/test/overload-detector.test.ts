import t from 'tap'
import { OverloadDetector } from '../src/overload-detector.ts'
import { SeededRandom } from './simulation/seeded-random.ts'

const COST_MS = 5

/** Feeds Poisson arrivals at a multiple of the capacity; the moment of the first overload, or undefined. */
function firstOverload (multiple: number, requests: number, seed: number): number | undefined {
  const random = new SeededRandom(seed)
  const detector = new OverloadDetector()
  let now = 1000
  detector.pass(now)
  for (let count = 0; count < requests; count++) {
    now += random.exponential(COST_MS / multiple)
    if (detector.arrive(now, COST_MS, true)) return now - 1000
  }
  return undefined
}

t.test('twice the capacity is an overload within 100 requests, ten times within 15', async t => {
  for (let seed = 1; seed <= 50; seed++) {
    t.ok((firstOverload(2, 10_000, seed) ?? Infinity) < 100 * COST_MS, `2x, seed ${seed}`)
    t.ok((firstOverload(10, 10_000, seed) ?? Infinity) < 15 * COST_MS, `10x, seed ${seed}`)
  }
})

t.test('0.9 of the capacity is none in a million requests', async t => {
  t.equal(firstOverload(0.9, 1_000_000, 1), undefined)
})

t.test('the capacity itself is hardly ever one', async t => {
  let overloads = 0
  for (let seed = 1; seed <= 50; seed++) if (firstOverload(1, 2000, seed) !== undefined) overloads++
  t.ok(overloads <= 5, `${overloads} of 50`)
})

t.test('the burst after a standstill of 200 ms is what 200 ms bring, not an overload', async t => {
  const detector = new OverloadDetector()
  detector.pass(1000)
  for (let count = 0; count < 40; count++) t.notOk(detector.arrive(1200 + count * 0.1, COST_MS, count > 0))
  t.ok(detector.intensity(COST_MS) < 1)
})

t.test('a standstill buys no credit for what comes after its burst', async t => {
  const detector = new OverloadDetector()
  detector.pass(1000)
  detector.arrive(1200, COST_MS, false)
  detector.pass(1210)
  detector.pass(1229)
  let overloaded = false
  for (let count = 0; count < 30; count++) overloaded = detector.arrive(1230 + count, COST_MS, true) || overloaded
  t.ok(overloaded)
})

t.test('an hour of idleness buys a burst of half a second, no more', async t => {
  const detector = new OverloadDetector()
  detector.pass(0)
  let served = 0
  while (!detector.arrive(3_600_000, COST_MS, true)) served++
  t.ok(served * COST_MS > 500 && served * COST_MS < 1000, `${served} requests`)
})

t.test('no overload while nobody waits', async t => {
  const detector = new OverloadDetector()
  for (let count = 0; count < 100; count++) t.notOk(detector.arrive(1, COST_MS, false))
  t.ok(detector.arrive(1, COST_MS, true))
})

t.test('dismissed, it is calm until there is an excess again', async t => {
  const detector = new OverloadDetector()
  for (let count = 0; count < 100; count++) detector.arrive(1, COST_MS, true)
  detector.dismiss()
  t.ok(detector.calm)
  t.notOk(detector.arrive(1, COST_MS, true))
})

t.test('it is told once when it begins and once when it ends, and ends by time alone', async t => {
  const detector = new OverloadDetector()
  let now = 1000
  detector.pass(now)
  t.ok(detector.calm)
  let told = 0
  for (let count = 0; count < 1000; count++) if (detector.arrive(now += 0.5, COST_MS, true)) told++
  t.equal(told, 1)
  t.ok(detector.overloaded)
  t.ok(detector.alert(COST_MS))
  t.notOk(detector.calm)
  t.ok(detector.intensity(COST_MS) <= 1.5, 'what is remembered is bounded')
  const ends: number[] = []
  for (const from = now; now < from + 300; now += 10) if (detector.pass(now)) ends.push(now - from)
  t.equal(ends.length, 1)
  t.ok((ends[0] ?? Infinity) <= 150)
  t.ok(detector.calm)
  t.notOk(detector.alert(COST_MS))
})
