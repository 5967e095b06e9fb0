import fc from 'fast-check'
import t from 'tap'
import { ALGORITHMS } from '../src/algorithms/index.ts'
import type { AlgorithmName } from '../src/algorithms/index.ts'
import type { Rate } from '../src/algorithm.ts'
import { Counted } from './counted.ts'
import { curves, LIMIT, promises, WINDOW } from './promises.ts'
import type { History } from './promises.ts'

const names = Object.keys(ALGORITHMS) as AlgorithmName[]
const START = 10_000

function rateOf (name: AlgorithmName): Rate { return { limit: LIMIT, windowMs: WINDOW, burst: name === 'leaky-bucket' ? 1 : LIMIT } }

/** Bursts, with pauses that like to end at edges. */
const arrivals = fc.array(fc.record({
  pause: fc.oneof(fc.constantFrom(0, 1, 99, 100, 199, 200, 500, 999, 1000, 1001, 1099, 1100), fc.nat(2500)),
  requests: fc.integer({ min: 1, max: 2 * LIMIT })
}), { minLength: 1, maxLength: 25 })

function historyOf (name: AlgorithmName, bursts: ReadonlyArray<{ readonly pause: number, readonly requests: number }>): History {
  const key = new Counted(ALGORITHMS[name], rateOf(name))
  const admitted: number[] = []
  const refused: Array<{ at: number, after: number }> = []
  let now = START
  for (const { pause, requests } of bursts) {
    now += pause
    for (let i = 0; i < requests; i++) {
      if (key.take(now)) admitted.push(now)
      else refused.push({ at: now, after: admitted.length })
    }
  }
  return { admitted, refused }
}

// gcra and token-bucket promise the same; every other pair differs.
const sameAs = (name: AlgorithmName): AlgorithmName => name === 'token-bucket' ? 'gcra' : name

for (const name of names) {
  t.test(`${name} keeps its promise`, async t => {
    const { failed, counterexample } = fc.check(fc.property(arrivals, bursts => promises[name](historyOf(name, bursts)) === undefined), { numRuns: 500, seed: 1 })
    t.equal(failed, false, { counterexample })
  })

  for (const sibling of names.filter(other => sameAs(other) !== sameAs(name))) {
    t.test(`${sibling} breaks the promise of ${name}, and the test sees it`, async t => {
      const { failed } = fc.check(fc.property(arrivals, bursts => promises[name](historyOf(sibling, bursts)) === undefined), { numRuns: 500, seed: 1, endOnFailure: true })
      t.equal(failed, true)
    })
  }

  t.test(`${name}: what the README says of any window is reached, so the table is no higher than it must be`, async t => {
    let most = 0
    fc.assert(fc.property(arrivals, bursts => {
      const { admitted } = historyOf(name, bursts)
      for (const [first, begun] of admitted.entries()) most = Math.max(most, admitted.slice(first).filter(time => time < begun + WINDOW).length)
    }), { numRuns: 2000, seed: 1, examples: [[Array.from({ length: 300 }, () => ({ pause: 10, requests: 1 }))]] })
    t.equal(most, curves[name](WINDOW))
  })

  t.test(`${name}: looking counts nothing and says what there is`, async () => {
    fc.assert(fc.property(arrivals, bursts => {
      const looked = new Counted(ALGORITHMS[name], rateOf(name))
      const plain = new Counted(ALGORITHMS[name], rateOf(name))
      let now = START
      for (const { pause, requests } of bursts) {
        now += pause
        looked.take(now, 0)
        const { remaining, allowed } = looked.verdict
        if (!allowed) return false
        const admitted = plain.takeMany(now, Math.max(requests, remaining))
        if (admitted !== Math.min(remaining, Math.max(requests, remaining)) || looked.takeMany(now, Math.max(requests, remaining)) !== admitted) return false
      }
      return looked.neighboursUntouched
    }), { numRuns: 300, seed: 1 })
  })

  t.test(`${name}: whoever comes back after what the refusal said is let through, and not a millisecond before`, async () => {
    fc.assert(fc.property(arrivals, bursts => {
      const key = new Counted(ALGORITHMS[name], rateOf(name))
      let now = START
      for (const { pause, requests } of bursts) {
        now += pause
        key.takeMany(now, requests)
        if (key.take(now)) continue
        const { retryAfterMs, resetMs } = key.verdict
        const wait = Math.ceil(retryAfterMs - 0.001)
        if (wait <= 0 || resetMs < retryAfterMs - 0.001) return false
        if (wait > 1 && key.take(now + wait - 1)) return false
        now += wait
        if (!key.take(now)) return false
      }
      return true
    }), { numRuns: 300, seed: 1 })
  })

  t.test(`${name}: what is given back was never taken, and what is charged counts although it doesn't fit`, async () => {
    fc.assert(fc.property(arrivals, fc.integer({ min: 1, max: LIMIT }), (bursts, units) => {
      const key = new Counted(ALGORITHMS[name], rateOf(name))
      const plain = new Counted(ALGORITHMS[name], rateOf(name))
      let now = START
      for (const { pause, requests } of bursts) {
        now += pause
        key.charge(now, units)
        key.charge(now, -units)
        if (key.takeMany(now, requests) !== plain.takeMany(now, requests)) return false
      }
      key.charge(now, 2 * LIMIT)
      return !key.take(now) && key.verdict.remaining === 0
    }), { numRuns: 300, seed: 1 })
  })

  t.test(`${name}: a key that has recovered is as good as new`, async t => {
    const key = new Counted(ALGORITHMS[name], rateOf(name))
    t.ok(key.restMs(START) <= 0)
    key.takeMany(START, LIMIT)
    const rest = key.restMs(START)
    t.ok(rest > 0 && key.restMs(START + rest - 1) > 0)
    t.ok(key.restMs(START + rest) <= 0)
    t.equal(key.takeMany(START + rest, 2 * LIMIT), name === 'leaky-bucket' ? 1 : LIMIT)
    key.charge(START + 10 * WINDOW, 1)
    key.charge(START + 10 * WINDOW, -3)
    t.ok(key.restMs(START + 10 * WINDOW) <= 0)
  })

  t.test(`${name}: a time that lies before the last one gives nothing`, async t => {
    const key = new Counted(ALGORITHMS[name], rateOf(name))
    key.takeMany(START, LIMIT)
    for (const earlier of [1, 100, 1000, 5000]) t.equal(key.take(START - earlier), false, `${earlier} ms before`)
    const mixed = new Counted(ALGORITHMS[name], rateOf(name))
    const admitted = [START, START - 900, START].map(now => mixed.takeMany(now, now === START ? 1 : 2)).reduce((sum, count) => sum + count) + mixed.takeMany(START, 10)
    t.ok(admitted <= LIMIT, `${admitted} at once`)
  })
}

t.test('with the same burst, the buckets and gcra decide alike', async () => {
  const rate = { limit: LIMIT, windowMs: WINDOW, burst: 3 }
  fc.assert(fc.property(arrivals, fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1 }), (bursts, costs) => {
    const keys = (['gcra', 'token-bucket', 'leaky-bucket'] as const).map(name => new Counted(ALGORITHMS[name], rate))
    let now = START
    let i = 0
    for (const { pause, requests } of bursts) {
      now += pause
      for (let request = 0; request < requests; request++) {
        const cost = costs[i++ % costs.length]!
        if (new Set(keys.map(key => key.take(now, cost))).size > 1 || new Set(keys.map(({ verdict }) => verdict.remaining)).size > 1) return false
      }
    }
    return true
  }), { numRuns: 300, seed: 1 })
})

t.test('windows and rates that have no exact sum lose no request', async t => {
  for (const name of ['gcra', 'token-bucket'] as const) {
    for (const limit of [3, 7, 1000, 999_983]) {
      const key = new Counted(ALGORITHMS[name], { limit, windowMs: 60_000, burst: limit })
      t.equal(key.takeMany(9_876_543_210.123, Math.min(limit, 20_000) + 1), Math.min(limit, 20_001), `${name}, ${limit}`)
    }
  }
})

t.test('a sliding window of a process that runs for years is right beyond 32 bits of slices', async t => {
  const key = new Counted(ALGORITHMS['sliding-window'], { limit: 2, windowMs: 100, burst: 2 })
  for (const now of [2 ** 31 * 10 - 50, 2 ** 32 * 10 - 50, 2 ** 33 * 10 + 2 ** 25]) {
    t.equal(key.takeMany(now, 5), 2)
    t.equal(key.takeMany(now + 40, 5), 0)
    t.equal(key.takeMany(now + 200, 5), 2)
    t.equal(key.takeMany(now + 240, 5), 0)
  }
  key.charge(2 ** 34, 2 ** 32)
  key.charge(2 ** 34, 2 ** 32)
  t.equal(key.take(2 ** 34), false)
})
