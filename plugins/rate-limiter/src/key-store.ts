import type { Cells } from './algorithm.ts'

/** What the keys of a store stand for: when one may be forgotten. */
export interface KeyKind {
  /** Doubles a key. */
  readonly width: number
  /** Until the key is as good as never seen; 0 or less: it is. */
  restMs (cells: Cells, at: number, now: number): number
  /** Whether a request would be refused now. */
  isRefused (cells: Cells, at: number, now: number): boolean
}

/** Slots that are looked at for one that can be reused: bounds the time that a new key takes. */
const SCAN = 32
/** Of a slot: it was refused, and has not recovered since. */
const REFUSED = 1

/**
 * The state of a bounded number of keys, in arrays that are made once and never grow: 9 bytes of fingerprint and flag, 6 of
 * hash table and 8 a double. Keys are known by their fingerprints only.
 *
 * When it is full, a new key takes the place of one that has recovered, else of one that has used least among those looked
 * at. A key that is refused, or was and has not recovered since, stays: so many other keys can't get it forgotten. Where all
 * are such, new keys share one place, {@link overflow}.
 */
export class KeyStore {
  readonly cells: Cells
  readonly maxKeys: number
  /** The slot that keys share for which there was no place. */
  readonly overflow: number
  /** How often a key was sent there, and how often a key that had not recovered was forgotten. */
  readonly counts: { overflowed: number, evicted: number } = { overflowed: 0, evicted: 0 }
  readonly #kind: KeyKind
  readonly #lows: Uint32Array
  readonly #highs: Uint32Array
  readonly #flags: Uint8Array
  /** Open addressing with linear probing (Knuth 6.4): slot + 1, or 0. A third of it stays empty. */
  readonly #table: Int32Array
  /** Brings a fingerprint of 32 bits into the table's range. */
  readonly #scale: number
  #size = 0
  #hand = 0

  constructor (maxKeys: number, kind: KeyKind) {
    this.maxKeys = maxKeys
    this.overflow = maxKeys
    this.#kind = kind
    const doubles = new Float64Array((maxKeys + 1) * kind.width)
    this.cells = { doubles, words: new Uint32Array(doubles.buffer) }
    this.#lows = new Uint32Array(maxKeys)
    this.#highs = new Uint32Array(maxKeys)
    this.#flags = new Uint8Array(maxKeys + 1)
    this.#table = new Int32Array(Math.ceil(maxKeys * 1.5) + 1)
    this.#scale = this.#table.length / 2 ** 32
  }

  /** Keys that have a slot, recovered ones included. */
  get size (): number { return this.#size }

  /** What the arrays take, whatever is in them. */
  get bytes (): number {
    return [this.cells.doubles, this.#lows, this.#highs, this.#flags, this.#table].reduce((sum, { byteLength }) => sum + byteLength, 0)
  }

  /** The index of a slot's first double. */
  at (slot: number): number { return slot * this.#kind.width }

  /** The key's slot, -1 where it has none. */
  find (low: number, high: number): number {
    let place = this.#home(low)
    let slot = this.#table[place]! - 1
    while (slot >= 0 && (this.#lows[slot] !== low || this.#highs[slot] !== high)) {
      place = this.#after(place)
      slot = this.#table[place]! - 1
    }
    return slot
  }

  /** The key's slot, taken from another key if need be; {@link overflow} where none can be had. */
  obtain (low: number, high: number, now: number): number {
    const found = this.find(low, high)
    if (found >= 0) {
      if (this.#flags[found] !== 0 && this.#restMs(found, now) <= 0) this.#flags[found] = 0
      return found
    }
    const slot = this.#size < this.maxKeys ? this.#size++ : this.#recycle(now)
    if (slot < 0) {
      this.counts.overflowed++
      return this.overflow
    }
    this.#lows[slot] = low
    this.#highs[slot] = high
    let place = this.#home(low)
    while (this.#table[place] !== 0) place = this.#after(place)
    this.#table[place] = slot + 1
    return slot
  }

  /** Its state stays until it has recovered. */
  markRefused (slot: number): void { this.#flags[slot] = REFUSED }

  /** As if the key had never been seen. */
  forget (slot: number): void {
    this.#flags[slot] = 0
    this.cells.doubles.fill(0, this.at(slot), this.at(slot + 1))
  }

  /** Keys of which a request would be refused now. Looks at all that were refused lately: not for a hot path. */
  refusedNow (now: number): number {
    let count = 0
    for (let slot = this.#flags.indexOf(REFUSED); slot >= 0 && slot < this.#size; slot = this.#flags.indexOf(REFUSED, slot + 1)) {
      if (this.#kind.isRefused(this.cells, this.at(slot), now)) count++
    }
    return count
  }

  // A slot whose key may be forgotten, emptied; -1 if there is none among those that the hand passes.
  #recycle (now: number): number {
    let victim = -1
    let leastMs = Infinity
    for (let looked = Math.min(SCAN, this.maxKeys); looked > 0 && leastMs > 0; looked--) {
      const slot = this.#hand
      this.#hand = slot + 1 === this.maxKeys ? 0 : slot + 1
      const restMs = this.#restMs(slot, now)
      if (restMs < leastMs && (restMs <= 0 || !this.#isKept(slot, now))) {
        victim = slot
        leastMs = restMs
      }
    }
    if (victim < 0) return -1
    if (leastMs > 0) this.counts.evicted++
    this.#unlink(victim)
    this.forget(victim)
    return victim
  }

  #isKept (slot: number, now: number): boolean {
    return this.#flags[slot] !== 0 || this.#kind.isRefused(this.cells, this.at(slot), now)
  }

  #restMs (slot: number, now: number): number { return this.#kind.restMs(this.cells, this.at(slot), now) }

  // Closes the gap: whatever lies behind it and could not be found any more moves up.
  #unlink (slot: number): void {
    const table = this.#table
    let gap = this.#home(this.#lows[slot]!)
    while (table[gap] !== slot + 1) gap = this.#after(gap)
    for (let place = this.#after(gap); table[place] !== 0; place = this.#after(place)) {
      const home = this.#home(this.#lows[table[place]! - 1]!)
      if (this.#distance(home, place) < this.#distance(gap, place)) continue
      table[gap] = table[place]!
      gap = place
    }
    table[gap] = 0
  }

  #home (low: number): number { return Math.floor(low * this.#scale) }

  #after (place: number): number { return place + 1 === this.#table.length ? 0 : place + 1 }

  #distance (from: number, to: number): number { return to >= from ? to - from : to - from + this.#table.length }
}
