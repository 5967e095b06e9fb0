import { conformance } from '@plimsoll/core/conformance'
import t from 'tap'
import { skipWithout, startRedis } from '../../../tools/services.ts'
import { redisStore } from './store.ts'

const ttlMs = 1_000

/** Cases that keep the event loop busy, which others would take for a slow server: these run alone. */
const BUSY = /^(23|36|47|58|59|64):/

if (!await skipWithout(t, 'redis-server')) {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  t.setTimeout(300_000)
  // They mostly wait, each in a namespace of its own.
  t.jobs = 6
  conformance({
    ttlMs,
    manyItems: 2_000,
    createStore: () => redisStore(redis.port, { ttlMs }),
    test: (name, run) => { t.test(name, { buffered: !BUSY.test(name) }, run) },
    skip: (name, reason) => { t.test(name, { skip: reason }, () => {}) }
  })
}
