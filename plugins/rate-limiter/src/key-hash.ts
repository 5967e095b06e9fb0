import { hash as digest } from 'node:crypto'

/** Longer keys are hashed by their digest, so that no request pays for what somebody put into a header. */
const MAX_CHARACTERS = 1_024
/** Beside the kind: how the key was brought into characters of 8 bits. */
const WIDE = 0x40000000
const DIGEST = 0x20000000

/**
 * Fingerprints of 64 bits under a secret, so that a store keeps no strings, and nobody outside can make two keys meet:
 * HalfSipHash-1-3 (Aumasson and Bernstein), which is made for 32-bit integers, with both halves of its last state kept. With n
 * keys in a store, a new one takes one of theirs for its own with a probability of n / 2^64: 5e-15 at 100,000.
 */
export class KeyHash {
  /** Of the last key that was hashed; unsigned. */
  low: number = 0
  high: number = 0
  readonly #k0: number
  readonly #k1: number

  /** @param secret two random numbers of 32 bits */
  constructor (secret: readonly [number, number]) {
    this.#k0 = secret[0] | 0
    this.#k1 = secret[1] | 0
  }

  /**
   * Sets {@link low} and {@link high}.
   *
   * @param kind what kind of key it is, below 2^29: equal texts of different kinds are different keys
   */
  of (key: string, kind: number): void {
    if (key.length > MAX_CHARACTERS) this.#hash(digest('sha256', key), kind | DIGEST)
    else if (!this.#hash(key, kind)) this.#hash(Buffer.from(key, 'utf16le').toString('latin1'), kind | WIDE)
  }

  /** `false` where a character has more than 8 bits: four of them make a word. */
  #hash (key: string, kind: number): boolean {
    const { length } = key
    const whole = length & ~3
    let v0 = this.#k0
    let v1 = this.#k1
    let v2 = 0x6c796765 ^ v0
    let v3 = 0x74656462 ^ v1
    let wide = 0
    // The kind, the words, the rest with the length, and three rounds to finish.
    for (let next = -4; next < whole + 16; next += 4) {
      let word = 0
      if (next < 0) word = kind
      else if (next < whole) {
        const a = key.charCodeAt(next)
        const b = key.charCodeAt(next + 1)
        const c = key.charCodeAt(next + 2)
        const d = key.charCodeAt(next + 3)
        wide |= a | b | c | d
        word = a | b << 8 | c << 16 | d << 24
      } else if (next === whole) {
        word = length << 24
        for (let i = whole; i < length; i++) {
          wide |= key.charCodeAt(i)
          word |= key.charCodeAt(i) << 8 * (i - whole)
        }
      } else if (next === whole + 4) v2 ^= 0xee
      v3 ^= word
      v0 = v0 + v1 | 0
      v1 = (v1 << 5 | v1 >>> 27) ^ v0
      v0 = v0 << 16 | v0 >>> 16
      v2 = v2 + v3 | 0
      v3 = (v3 << 8 | v3 >>> 24) ^ v2
      v0 = v0 + v3 | 0
      v3 = (v3 << 7 | v3 >>> 25) ^ v0
      v2 = v2 + v1 | 0
      v1 = (v1 << 13 | v1 >>> 19) ^ v2
      v2 = v2 << 16 | v2 >>> 16
      v0 ^= word
    }
    this.low = (v0 ^ v2) >>> 0
    this.high = (v1 ^ v3) >>> 0
    return wide <= 0xff
  }
}
