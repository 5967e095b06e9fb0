import type { Cells } from '../src/algorithm.ts'
import type { KeyKind, KeyStore } from '../src/key-store.ts'

/** One double a key: the time at which it has recovered; refused from 1,000 ms before it. */
export const kind: KeyKind = {
  width: 1,
  restMs: ({ doubles }: Cells, at: number, now: number) => doubles[at]! - now,
  isRefused: ({ doubles }: Cells, at: number, now: number) => doubles[at]! - now > 1000
}

/** A fingerprint that is spread as a hash's are. */
export function low (key: number): number { return Math.imul(key, 0x9e3779b1) >>> 0 }

export function high (key: number): number { return Math.imul(key, 7) >>> 0 }

export function find (store: KeyStore, key: number): number { return store.find(low(key), high(key)) }

export function put (store: KeyStore, key: number, now: number, restMs: number): number {
  const slot = store.obtain(low(key), high(key), now)
  if (slot !== store.overflow) store.cells.doubles[store.at(slot)] = now + restMs
  return slot
}
