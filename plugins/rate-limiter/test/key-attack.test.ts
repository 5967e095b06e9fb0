import t from 'tap'
import { KeyStore } from '../src/key-store.ts'
import { find, kind, low, put } from './keys.ts'

t.test('an attacker with a million keys does not get a refused client forgotten, nor one that was refused and has not recovered', async t => {
  const store = new KeyStore(1000, kind)
  const limited = put(store, 1, 0, 2_000_000)
  const marked = put(store, 2, 0, 900)
  store.markRefused(marked)
  for (let i = 0; i < 1_000_000; i++) put(store, 10 + i, i / 2000, 100)
  t.equal(find(store, 1), limited)
  t.equal(find(store, 2), marked)
  t.equal(store.size, 1000)
  t.ok(store.counts.evicted > 0)
  t.equal(store.counts.overflowed, 0)
})

t.test('memory: what the README says, and it does not grow', async t => {
  for (const [width, bytes] of [[1, 23], [2, 31], [6, 63]] as const) {
    const store = new KeyStore(100_000, { ...kind, width })
    const reserved = store.bytes
    t.ok(reserved / 100_000 <= bytes + 0.1, `${reserved / 100_000} bytes a key`)
    for (let key = 0; key < 200_000; key++) store.obtain(low(key), key, 1)
    t.equal(store.bytes, reserved)
  }
})
