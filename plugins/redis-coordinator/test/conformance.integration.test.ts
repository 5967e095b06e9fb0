import { conformanceCases, runCase } from '@plimsoll/core/conformance'
import t from 'tap'
import { skipWithout, startRedis } from '../../../tools/services.ts'
import { redisStore } from './store.ts'

const ttlMs = 1_000

/** A machine that is busy with other things may lose a lease of a second: what failed is tried with one that it keeps. */
const PATIENT_TTL_MS = 5_000

/** Cases that keep the event loop busy, which others would take for a slow server: these run alone. */
const BUSY: readonly number[] = [23, 36, 47, 58, 59, 64]

if (!await skipWithout(t, 'redis-server')) {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  t.setTimeout(600_000)
  // They mostly wait, each in a namespace of its own.
  t.jobs = 6
  for (const one of conformanceCases) {
    const run = (ttlMs: number): Promise<void> => runCase(one, { ttlMs, manyItems: 2_000, createStore: () => redisStore(redis.port, { ttlMs }) })
    t.test(`${one.number}: ${one.name}`, { buffered: !BUSY.includes(one.number) }, async (t) => {
      const failure: unknown = await run(ttlMs).then(() => undefined, (error: unknown) => error)
      if (failure === undefined) return
      t.comment(`${String(failure)}; again with a lease of ${PATIENT_TTL_MS} ms`)
      await run(PATIENT_TTL_MS)
    })
  }
}
