import t from 'tap'
import { KeyHash } from '../src/key-hash.ts'

function fingerprint (hash: KeyHash, key: string, kind: number = 0): string {
  hash.of(key, kind)
  return `${hash.high} ${hash.low}`
}

t.test('different keys have different fingerprints: lengths, kinds, every place, wide characters and very long ones', async t => {
  const hash = new KeyHash([1, 2])
  const keys = new Set<string>()
  let made = 0
  const add = (key: string, kind: number = 0): void => { keys.add(fingerprint(hash, key, kind)); made++ }
  for (let length = 0; length < 40; length++) {
    add('a'.repeat(length))
    add('\0'.repeat(length + 1))
    for (let place = 0; place < length; place++) add(`${'a'.repeat(place)}b${'a'.repeat(length - place - 1)}`)
  }
  // The first two would be one word, if a wide character ran over into the next.
  for (const key of ['\u0100abc', '\0abc', 'aé', 'aĀ', 'aĀĀ', '\u0101', '\u0101\u0000', 'x'.repeat(1024), 'x'.repeat(1025), 'x'.repeat(1026), `${'x'.repeat(1025)}y`]) add(key)
  for (let kind = 1; kind < 20; kind++) add('10.0.0.1', kind)
  // What the bytes of a wide key would be as a narrow one.
  add(Buffer.from('aĀ', 'utf16le').toString('latin1'))
  t.equal(keys.size, made)
})

t.test('half a million addresses share their 64 bits with none, and their 32 with few', async t => {
  const hash = new KeyHash([0xdeadbeef, 0x12345678])
  const whole = new Set<number>()
  const low = new Set<number>()
  for (let i = 0; i < 500_000; i++) {
    hash.of(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 0)
    whole.add(hash.high * 2 ** 21 + (hash.low & 0x1fffff))
    low.add(hash.low)
  }
  t.equal(whole.size, 500_000)
  // Expected by the birthday bound: 500,000² / 2³³ = 29.
  t.ok(500_000 - low.size < 60, `${500_000 - low.size} of 32 bits`)
})

t.test('without the secret nobody knows which keys meet', async t => {
  t.not(fingerprint(new KeyHash([1, 2]), 'client'), fingerprint(new KeyHash([1, 3]), 'client'))
  t.not(fingerprint(new KeyHash([1, 2]), 'client'), fingerprint(new KeyHash([0, 2]), 'client'))
  t.equal(fingerprint(new KeyHash([1, 2]), 'client'), fingerprint(new KeyHash([1, 2]), 'client'))
})
