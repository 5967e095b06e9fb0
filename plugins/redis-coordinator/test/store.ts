import { randomUUID } from 'node:crypto'
import { resolveTimings, systemClock } from '@plimsoll/core'
import type { CoordinatorTimings, JournalEvent } from '@plimsoll/core'
import type { ConformanceStore } from '@plimsoll/core/conformance'
import { Redis } from 'ioredis'
import { Namespace } from '../src/namespace.ts'
import { RedisDriver } from '../src/redis-driver.ts'
import type { RedisTarget } from '../src/redis-client.ts'

export interface TestStore extends ConformanceStore {
  readonly namespace: Namespace
  /** A plain client beside the driver. */
  readonly client: Redis
  readonly journal: JournalEvent[]
  driver (options?: { readonly firstUse?: boolean, readonly target?: RedisTarget }): RedisDriver
  wipe (): Promise<void>
  jumpClock (ms: number): Promise<void>
}

/** A new namespace of a real server, and what a test does to it behind the driver's back. */
export async function redisStore (port: number, timings: Partial<CoordinatorTimings> = { ttlMs: 300 }): Promise<TestStore> {
  const namespace = new Namespace(randomUUID())
  const client = new Redis(port, '127.0.0.1')
  const resolved = resolveTimings(timings)
  const journal: JournalEvent[] = []
  // It has been in use before: what is missing later was lost.
  await client.hset(namespace.meta, { format: 1, generation: Date.now(), counter: 0 })
  return {
    namespace,
    client,
    journal,
    driver: ({ firstUse = false, target = { url: `redis://127.0.0.1:${port}`, options: {} } } = {}) => new RedisDriver({ target, namespace, firstUse }, {
      clock: systemClock,
      timings: resolved,
      journal: { record: (event) => { journal.push(event) } }
    }),
    // What a server that restarts empty has: the skew of a test survives it.
    wipe: async () => {
      const skew = await client.hget(namespace.meta, 'skew')
      await client.del(...await client.keys(`*{${namespace.name}}*`))
      if (skew !== null) await client.hset(namespace.meta, { skew })
    },
    jumpClock: async (ms) => { await client.hincrby(namespace.meta, 'skew', ms) },
    close: async () => { client.disconnect() }
  }
}
