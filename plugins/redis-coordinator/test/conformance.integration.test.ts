import { conformance } from '@plimsoll/core/conformance'
import t from 'tap'
import { skipWithout, startRedis } from '../../../tools/services.ts'
import { redisStore } from './store.ts'

if (!await skipWithout(t, 'redis-server')) {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  t.setTimeout(90_000)
  conformance({
    manyItems: 5_000,
    createStore: () => redisStore(redis.port),
    test: (name, run) => { t.test(name, run) },
    skip: (name, reason) => { t.test(name, { skip: reason }, () => {}) }
  })
}
