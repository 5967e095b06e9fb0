import { ALGORITHMS } from '../../plugins/rate-limiter/src/algorithms/index.ts'
import type { AlgorithmName } from '../../plugins/rate-limiter/src/algorithms/index.ts'
import type { Rate, Verdict } from '../../plugins/rate-limiter/src/algorithm.ts'
import { KeyHash } from '../../plugins/rate-limiter/src/key-hash.ts'
import { KeyStore } from '../../plugins/rate-limiter/src/key-store.ts'

/** Counts a request of `key`; `false`, or a promise of it, where it is over the limit. */
export type Take = (key: string, now: number) => boolean | Promise<boolean>

export interface StoreOptions {
  readonly limit: number
  readonly windowMs: number
  readonly maxKeys: number
}

/** The limiters without their plugins, made ready for so many keys. */
export const stores: Readonly<Record<string, (options: StoreOptions) => Promise<Take>>> = {
  plimsoll: options => ours('gcra', options),
  'plimsoll, sliding-window': options => ours('sliding-window', options),
  'Map get + set': async () => {
    const counts = new Map<string, number>()
    return key => {
      counts.set(key, (counts.get(key) ?? 0) + 1)
      return true
    }
  },
  '@fastify/rate-limit': async ({ limit, windowMs, maxKeys }) => {
    const { default: LocalStore } = await import('@fastify/rate-limit/store/LocalStore.js')
    return local(new LocalStore(false, false, maxKeys), windowMs, limit)
  },
  // As it comes: 5,000 keys.
  '@fastify/rate-limit, default cache': async ({ limit, windowMs }) => {
    const { default: LocalStore } = await import('@fastify/rate-limit/store/LocalStore.js')
    return local(new LocalStore(false, false), windowMs, limit)
  },
  'rate-limiter-flexible': async ({ limit, windowMs }) => {
    const { RateLimiterMemory } = await import('rate-limiter-flexible')
    const limiter = new RateLimiterMemory({ points: limit, duration: windowMs / 1000 })
    return async key => await limiter.consume(key).then(() => true, () => false)
  },
  'express-rate-limit': async ({ limit, windowMs }) => {
    const { MemoryStore } = await import('express-rate-limit')
    const store = new MemoryStore()
    store.init({ windowMs })
    return async key => (await store.increment(key)).totalHits <= limit
  }
}

async function ours (name: AlgorithmName, { limit, windowMs, maxKeys }: StoreOptions): Promise<Take> {
  const algorithm = ALGORITHMS[name]
  const rate: Rate = { limit, windowMs, burst: limit }
  const verdict: Verdict = { allowed: false, remaining: 0, retryAfterMs: 0, resetMs: 0 }
  const looked: Verdict = { ...verdict }
  const hash = new KeyHash([0x1234567, 0x89abcde])
  const store = new KeyStore(maxKeys, {
    width: algorithm.width,
    restMs: (cells, at, now) => algorithm.restMs(cells, at, rate, now),
    isRefused (cells, at, now) {
      algorithm.take(cells, at, rate, now, 0, looked)
      return looked.remaining < 1
    }
  })
  return (key, now) => {
    hash.of(key, 0)
    const slot = store.obtain(hash.low, hash.high, now)
    algorithm.take(store.cells, store.at(slot), rate, now, 1, verdict)
    if (!verdict.allowed) store.markRefused(slot)
    return verdict.allowed
  }
}

interface LocalStoreLike { incr (key: string, done: (error: Error | null, result: { readonly current: number }) => void, timeWindow: number, max: number): void }

function local (store: LocalStoreLike, windowMs: number, limit: number): Take {
  return key => {
    let allowed = false
    store.incr(key, (_error, { current }) => { allowed = current <= limit }, windowMs, limit)
    return allowed
  }
}

const PREFIX = 'an-api-key-of-forty-characters'

/** A key of 40 characters, in bytes, as it comes from a socket. */
export function keyBytes (index: number): Buffer { return Buffer.from((PREFIX + index.toString(36)).padEnd(40, '.').slice(0, 40)) }

/** A string that nobody has seen before: its hash is not known yet, and it is no part of another. */
export function fresh (bytes: Buffer): string { return bytes.toString('latin1') }
