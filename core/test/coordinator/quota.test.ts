import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import type { QuotaDriver, QuotaRate, TokenLease } from '../../src/coordinator/quota-driver.ts'
import { Quota } from '../../src/coordinator/quota.ts'
import type { QuotaOptions } from '../../src/coordinator/quota-options.ts'
import { readQuotaOptions } from '../../src/coordinator/quota-options.ts'
import { fakeClock } from '../../src/testing/index.ts'
import type { FakeClock } from '../../src/testing/index.ts'

/** Token buckets in memory that answer after a while, or do not. */
class Store implements QuotaDriver {
  line: 'open' | 'hang' | 'fail' = 'open'
  latencyMs = 1
  asked = 0
  readonly keys = new Set<string>()
  readonly hung: Array<(error: Error) => void> = []
  #buckets = new Map<string, { tokens: number, at: number }>()
  readonly #clock: FakeClock

  constructor (clock: FakeClock) { this.#clock = clock }

  wipe (): void { this.#buckets = new Map() }

  take (_operation: string, key: string, tokens: number, { limit, windowMs, burst }: QuotaRate): Promise<TokenLease> {
    this.asked += 1
    this.keys.add(key)
    if (this.line === 'fail') return Promise.reject(new Error('no line'))
    if (this.line === 'hang') return new Promise((_resolve, reject) => { this.hung.push(reject) })
    return new Promise((resolve) => {
      this.#clock.after(this.latencyMs, () => {
        const now = this.#clock.now()
        const bucket = this.#buckets.get(key) ?? { tokens: burst, at: now }
        const filled = Math.min(burst, bucket.tokens + (now - bucket.at) * limit / windowMs)
        const granted = Math.min(tokens, Math.floor(filled))
        this.#buckets.set(key, { tokens: filled - granted, at: now })
        resolve({ granted, retryAfterMs: granted === tokens ? 0 : windowMs / limit })
      })
    })
  }
}

interface Cluster {
  readonly clock: FakeClock
  readonly store: Store
  readonly quotas: readonly Quota[]
  isolated: boolean
  elapse (ms: number): Promise<void>
  /** So many of each instance's takes of the key are admitted. */
  admitted (key: string, takes: number): number
}

function cluster (instances: number, options: QuotaOptions): Cluster {
  const clock = fakeClock({ now: 1_000 })
  const store = new Store(clock)
  const all: Cluster = {
    clock,
    store,
    isolated: false,
    quotas: Array.from({ length: instances }, () => new Quota('rate', readQuotaOptions(options).options, {
      driver: store, clock, operationId: () => 'op', isolated: () => all.isolated, instances: () => instances
    })),
    async elapse (ms) {
      for (let left = ms; left > 0; left--) {
        clock.advance(Math.min(1, left))
        await setImmediate()
      }
    },
    admitted: (key, takes) => all.quotas.reduce((sum, quota) => sum + Array.from({ length: takes }, () => quota.take(key).allowed).filter(Boolean).length, 0)
  }
  return all
}

t.test('a key that was seen before costs the store a tenth of a request a request, at 20 times the instances', async (t) => {
  const { store, quotas, elapse } = cluster(5, { limit: 100, windowMs: 1_000 })
  let takes = 0
  for (let step = 0; step < 600; step++) {
    t.equal(quotas[step % 5]?.take('client').allowed, true)
    takes += 1
    await elapse(11)
  }
  t.ok(store.asked <= takes / 10, `${store.asked} for ${takes}`)
})

t.test('from when a key was new, all instances together admit the rate and at most a batch each', async (t) => {
  for (const latencyMs of [1, 30]) {
    const all = cluster(5, { limit: 100, windowMs: 10_000 })
    all.store.latencyMs = latencyMs
    let admitted = 0
    for (let step = 0; step < 2_000; step++) {
      admitted += all.admitted('client', 3)
      await all.elapse(10)
      const rate = 100 + (all.clock.now() - 1_000) / 100
      if (admitted > rate + 5 * 10) t.fail(`${admitted} admitted at ${all.clock.now()}`)
    }
    t.ok(admitted >= 0.8 * 300, `${admitted} admitted`)
  }
})

t.test('a store that does not answer is gone on without after 50 ms: the rate divided by the instances, from what was used before', async (t) => {
  const all = cluster(5, { limit: 100, windowMs: 10_000 })
  for (let step = 0; step < 400; step++) {
    all.admitted('client', 1)
    await all.elapse(25)
  }
  all.store.line = 'hang'
  const before = all.clock.now()
  // What was leased is used, and one batch of optimism.
  t.ok(all.admitted('client', 50) <= 5 * 20)
  await all.elapse(51)
  let admitted = 0
  for (let step = 0; step < 100; step++) {
    admitted += all.admitted('client', 4)
    await all.elapse(100)
  }
  const part = (all.clock.now() - before) / 100
  t.ok(admitted <= part + 5, `${admitted} of ${part}: no second burst`)
  t.ok(admitted >= 0.8 * part, `${admitted} of ${part}`)
  t.ok(all.quotas[0]?.take('new').allowed)
  t.equal(Array.from({ length: 40 }, () => all.quotas[0]?.take('new').allowed).filter(Boolean).length, 19, 'of a new key: this part of the burst')
})

t.test('what was admitted without the store is paid back when it answers again, and it is asked once in a while until then', async (t) => {
  const all = cluster(2, { limit: 100, windowMs: 100_000 })
  all.store.line = 'fail'
  t.equal(all.admitted('client', 1), 2)
  await all.elapse(1)
  t.ok(all.admitted('client', 200) >= 2 * 49, 'its part')
  const asked = all.store.asked
  for (let step = 0; step < 100; step++) {
    all.admitted('client', 10)
    await all.elapse(10)
  }
  t.ok(all.store.asked - asked <= 2 * 5, `${all.store.asked - asked} probes in a second`)
  all.store.line = 'open'
  await all.elapse(300)
  all.admitted('other', 1)
  all.admitted('client', 1)
  await all.elapse(300)
  t.equal(all.admitted('other', 1), 2)
  t.ok(all.admitted('client', 100) <= 2, 'nearly all of the burst was used without the store')
})

t.test('after a loss of data, what was used of this part is owed', async (t) => {
  const all = cluster(2, { limit: 100, windowMs: 100_000 })
  for (let step = 0; step < 60; step++) {
    all.admitted('client', 1)
    await all.elapse(3)
  }
  all.store.wipe()
  for (const quota of all.quotas) quota.dataLost()
  let admitted = 0
  for (let step = 0; step < 50; step++) {
    admitted += all.admitted('client', 1)
    await all.elapse(3)
  }
  t.ok(admitted <= 2 * 25 + 2, `${admitted} admitted anew`)
})

t.test('an answer that comes after all is no proof that the store is away, nor is the late failure of one that was overtaken', async (t) => {
  const all = cluster(1, { limit: 1_000, windowMs: 1_000 })
  const [quota] = all.quotas
  all.store.line = 'hang'
  quota?.take('lost')
  await all.elapse(60)
  all.store.line = 'open'
  quota?.take('probe')
  await all.elapse(260)
  t.equal(quota?.take('probe').allowed, true)
  await all.elapse(5)
  all.store.hung[0]?.(new Error('late'))
  await all.elapse(1)
  // A whole batch ahead of the store, which is more than this instance would admit by itself of a key that has used its part.
  t.equal(Array.from({ length: 500 }, () => quota?.take('another').allowed).filter(Boolean).length, 500)
})

t.test('keys of clients that are refused are not forgotten for others, and where all are, new keys share one bucket', async (t) => {
  const all = cluster(1, { limit: 2, windowMs: 100_000, maxKeys: 50 })
  const [quota] = all.quotas
  t.throws(() => readQuotaOptions({ limit: 0, windowMs: 1_000 }), { code: 'PLM_COORDINATOR_INVALID_OPTION' })
  for (let step = 0; step < 5; step++) {
    quota?.take('abuser')
    await all.elapse(5)
  }
  t.equal(quota?.take('abuser').allowed, false)
  for (let i = 0; i < 10_000; i++) {
    quota?.take(`passer-by ${i}`)
    if (i % 10 === 0) await all.elapse(2)
  }
  t.equal(quota?.keys, 50)
  t.equal(quota?.take('abuser').allowed, false)
  for (let i = 0; i < 200; i++) {
    quota?.take(`abuser ${i}`)
    await all.elapse(2)
    quota?.take(`abuser ${i}`)
    await all.elapse(2)
    quota?.take(`abuser ${i}`)
  }
  t.equal(quota?.keys, 50)
  t.equal(quota?.limitedKeys(), 50)
  const decisions = Array.from({ length: 20 }, (_, i) => quota?.take(`late ${i}`).allowed)
  t.ok(decisions.filter(Boolean).length <= 2, 'one bucket for all of them')
})

t.test('peek takes nothing; a charge is remembered, and can be given back; a rate can be changed', async (t) => {
  const all = cluster(1, { limit: 10, windowMs: 10_000 })
  const [quota] = all.quotas
  t.same(quota?.peek('client'), { allowed: true, remaining: 5, retryAfterMs: 0 })
  t.equal(quota?.keys, 0)
  t.equal(quota?.take('client', 0).allowed, true)
  quota?.charge('client', 5)
  t.equal(quota?.peek('client').allowed, false)
  t.equal(quota?.take('client').allowed, false)
  quota?.charge('client', -5)
  t.equal(quota?.take('client').allowed, true)
  await all.elapse(5)
  const held = quota?.peek('client').remaining ?? 0
  quota?.charge('client', 1)
  t.equal(quota?.peek('client').remaining, held - 1)
  quota?.forget('client')
  t.equal(quota?.keys, 0)
  quota?.setRate({ limit: 100, windowMs: 10_000, burst: 100 })
  t.equal(quota?.peek('client').remaining, 50)
  all.isolated = true
  t.equal(quota?.take('client', 60).allowed, true)
  t.equal(quota?.take('client', 60).allowed, false)
  t.equal(quota?.peek('client').remaining, 40)
  t.equal(quota?.take('client', 40).allowed, true)
  t.same(quota?.peek('client'), { allowed: false, remaining: 0, retryAfterMs: 100 })
})

t.test('a client at its limit is told when to come back, and costs the store a request a batch', async (t) => {
  const all = cluster(1, { limit: 100, windowMs: 10_000 })
  const [quota] = all.quotas
  for (let step = 0; step < 100; step++) {
    all.admitted('client', 20)
    await all.elapse(3)
  }
  const { allowed, retryAfterMs } = quota?.take('client') ?? {}
  t.equal(allowed, false)
  t.ok((retryAfterMs ?? 0) > 100)
  await all.elapse(retryAfterMs ?? 0)
  t.equal(quota?.take('client').allowed, true)
})

t.test('the store sees no key of a client', async (t) => {
  const all = cluster(1, { limit: 10, windowMs: 10_000 })
  all.quotas[0]?.take('an API key')
  t.match([...all.store.keys], [/^[\w-]{22}$/])
})
