import t from 'tap'
import { PoissonArrivals, totalMs, type Phase } from '../tools/load/arrivals.ts'
import { seededRandom } from '@plimsoll/core/testing'
import { exponential, weightedChoice } from '../tools/load/random.ts'

interface Arrival { readonly atMs: number, readonly phase: number }

function allArrivals (phases: readonly Phase[], seed = 1): Arrival[] {
  const arrivals = new PoissonArrivals(phases, seededRandom(seed))
  const all: Arrival[] = []
  for (; arrivals.atMs < Infinity; arrivals.advance()) all.push({ atMs: arrivals.atMs, phase: arrivals.phase })
  return all
}

/** A Poisson count stays within 5 standard deviations of its mean but for one case in two million, and the seed is fixed. */
function near (count: number, mean: number): boolean {
  return Math.abs(count - mean) <= 5 * Math.sqrt(mean)
}

t.test('a step brings its rate, with the exponential distances of a Poisson process', async t => {
  const arrivals = allArrivals([{ seconds: 50, rate: 400 }])
  t.ok(near(arrivals.length, 20_000), `${arrivals.length} arrivals`)
  const distances = arrivals.slice(1).map((arrival, index) => arrival.atMs - (arrivals[index]?.atMs ?? 0))
  const longerThanMean = distances.filter(distance => distance > 2.5).length / distances.length
  t.ok(Math.abs(longerThanMean - Math.exp(-1)) < 0.02, `a share of ${longerThanMean} is longer than the mean`)
})

t.test('a ramp brings the mean of its two rates, and its second half brings more', async t => {
  const arrivals = allArrivals([{ seconds: 20, rate: 100, toRate: 900 }])
  t.ok(near(arrivals.length, 10_000), `${arrivals.length} arrivals`)
  const firstHalf = arrivals.filter(arrival => arrival.atMs < 10_000).length
  t.ok(near(firstHalf, 3_000), `${firstHalf} in the first half`)
})

t.test('a ramp that falls to nothing stays in its time', async t => {
  const arrivals = allArrivals([{ seconds: 10, rate: 500, toRate: 0 }])
  t.ok(near(arrivals.length, 2_500))
  t.ok(arrivals.every(arrival => arrival.atMs >= 0 && arrival.atMs <= 10_000))
})

t.test('each phase has its own arrivals, in order, inside its time', async t => {
  const phases: Phase[] = [{ seconds: 2, rate: 100 }, { seconds: 1, rate: 0 }, { seconds: 3, rate: 1000 }]
  const arrivals = allArrivals(phases)
  const inPhase = (phase: number): Arrival[] => arrivals.filter(arrival => arrival.phase === phase)
  t.ok(near(inPhase(0).length, 200))
  t.equal(inPhase(1).length, 0, 'a rate of 0 sends nothing')
  t.ok(near(inPhase(2).length, 3000))
  t.ok(inPhase(0).every(arrival => arrival.atMs <= 2000))
  t.ok(inPhase(2).every(arrival => arrival.atMs >= 3000 && arrival.atMs <= 6000))
  t.strictSame(arrivals.map(arrival => arrival.atMs), arrivals.map(arrival => arrival.atMs).sort((a, b) => a - b))
  t.equal(totalMs(phases), 6000)
})

t.test('the same seed gives the same arrivals, another seed gives others', async t => {
  const phases = [{ seconds: 1, rate: 100 }]
  t.strictSame(allArrivals(phases, 7), allArrivals(phases, 7))
  t.notSame(allArrivals(phases, 7), allArrivals(phases, 8))
})

t.test('random numbers are uniform in [0, 1), and their exponentials have mean 1', async t => {
  const random = seededRandom(3)
  const numbers = Array.from({ length: 20_000 }, random)
  t.ok(numbers.every(number => number >= 0 && number < 1))
  const tenths = numbers.reduce<number[]>((counts, number) => {
    const tenth = Math.floor(number * 10)
    counts[tenth] = (counts[tenth] ?? 0) + 1
    return counts
  }, [])
  t.ok(tenths.every(count => near(count, 2_000)), tenths.join(' '))
  const mean = Array.from({ length: 20_000 }, () => exponential(random)).reduce((a, b) => a + b) / 20_000
  t.ok(Math.abs(mean - 1) < 0.04, `mean ${mean}`)
})

t.test('classes are chosen in proportion to their weights', async t => {
  const choose = weightedChoice([5, 65, 0, 30], seededRandom(5))
  const counts = [0, 0, 0, 0]
  for (let draw = 0; draw < 20_000; draw++) {
    const index = choose()
    counts[index] = (counts[index] ?? 0) + 1
  }
  t.ok(near(counts[0] ?? 0, 1_000) && near(counts[1] ?? 0, 13_000) && near(counts[3] ?? 0, 6_000), counts.join(' '))
  t.equal(counts[2], 0)
})
