import fc from 'fast-check'
import t from 'tap'
import { KeyStore } from '../src/key-store.ts'
import { find, high, kind, low, put } from './keys.ts'

t.test('finds what was put and nothing else, whatever was forgotten meanwhile: against a Map', async () => {
  const operations = fc.array(fc.record({ key: fc.oneof(fc.nat(40), fc.constantFrom(2 ** 32 - 1, 2 ** 32 - 2, 2 ** 31)), restMs: fc.constantFrom(1, 500, 3000), pause: fc.constantFrom(0, 1, 400) }), { maxLength: 200 })
  fc.assert(fc.property(operations, fc.integer({ min: 1, max: 12 }), (steps, maxKeys) => {
    const store = new KeyStore(maxKeys, kind)
    const model = new Map<number, number>()
    let now = 1
    for (const { key, restMs, pause } of steps) {
      now += pause
      const before = new Map(model)
      const slot = put(store, key, now, restMs)
      if (slot !== store.overflow) model.set(key, now + restMs)
      for (const [known, until] of [...model]) {
        const at = find(store, known)
        if (at >= 0 && store.cells.doubles[store.at(at)] !== until) return false
        // Forgotten: for another's sake, and not while it was refused.
        if (at < 0) {
          if (known === key || before.has(key) || until - now > 1000) return false
          model.delete(known)
        }
      }
      if (store.size > maxKeys || model.size > maxKeys) return false
    }
    return true
  }), { numRuns: 2000, seed: 1 })
})

t.test('a client that was refused and has not recovered stays, though another has more to lose', async t => {
  const store = new KeyStore(2, kind)
  store.markRefused(put(store, 1, 0, 100))
  put(store, 2, 0, 500)
  put(store, 3, 0, 700)
  t.equal(find(store, 1), 0)
  t.equal(find(store, 2), -1)
})

t.test('a client that was refused and has recovered is one like any other', async t => {
  const store = new KeyStore(2, kind)
  store.markRefused(put(store, 1, 0, 500))
  t.equal(store.obtain(low(1), high(1), 500), 0)
  put(store, 1, 500, 100)
  put(store, 2, 500, 200)
  put(store, 3, 500, 300)
  t.equal(find(store, 1), -1, 'the one with the least to lose goes')
})

t.test('full of refused clients, new ones share one place; when one recovers, they have places again', async t => {
  const store = new KeyStore(40, kind)
  for (let key = 0; key < 40; key++) put(store, key, 0, 2000 + key)
  t.equal(store.obtain(low(100), 1, 0), store.overflow)
  t.equal(store.obtain(low(101), 1, 0), store.overflow)
  t.equal(store.counts.overflowed, 2)
  t.equal(store.refusedNow(0), 0, 'nobody has been marked')
  for (let key = 0; key < 40; key++) store.markRefused(find(store, key))
  t.equal(store.refusedNow(0), 40)
  t.equal(store.refusedNow(1020), 19)
  store.markRefused(store.overflow)
  t.equal(store.refusedNow(0), 40)
  // The search looks at 32 of them a time.
  const slots = [1, 2].map(i => store.obtain(low(200 + i), 1, 2005))
  t.ok(slots.some(slot => slot !== store.overflow))
})

t.test('a slot that is forgotten begins anew', async t => {
  const store = new KeyStore(4, { ...kind, width: 3 })
  const slot = store.obtain(1, 1, 0)
  store.cells.doubles.fill(9, store.at(slot), store.at(slot) + 3)
  store.markRefused(slot)
  store.forget(slot)
  t.same([...store.cells.doubles], new Array(15).fill(0))
  t.equal(store.refusedNow(0), 0)
})

t.test('says what it takes, which is the same empty and full', async t => {
  const store = new KeyStore(1000, kind)
  const empty = store.bytes
  t.ok(empty > 1000 * 16 && empty < 1000 * 64, `${empty} bytes for 1,000 keys`)
  for (let key = 0; key < 2000; key++) put(store, key, 0, 500)
  t.equal(store.bytes, empty)
})
