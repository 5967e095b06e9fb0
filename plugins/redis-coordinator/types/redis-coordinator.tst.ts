import type { CoordinatorDriver, DriverPorts } from '@plimsoll/core'
import Fastify from 'fastify'
import type { Cluster, Redis } from 'ioredis'
import { expect, test } from 'tstyche'
import redisCoordinator, { createDriver, UnreachableError } from '@plimsoll/redis-coordinator'
import type { RedisAddress, RedisCoordinatorOptions } from '@plimsoll/redis-coordinator'

const app = Fastify()

declare const client: Redis
declare const cluster: Cluster
declare const ports: DriverPorts
declare const addresses: readonly RedisAddress[]

test('the plugin and its options', () => {
  expect(app.register).type.toBeCallableWith(redisCoordinator)
  expect(app.register).type.toBeCallableWith(redisCoordinator, { url: 'redis://localhost' })
  expect<RedisCoordinatorOptions>().type.toBeAssignableFrom({})
  expect<RedisCoordinatorOptions>().type.toBeAssignableFrom({ client })
  expect<RedisCoordinatorOptions>().type.toBeAssignableFrom({ client: cluster })
  expect<RedisCoordinatorOptions>().type.toBeAssignableFrom({ cluster: addresses, tls: { ca: 'pem' } })
  expect<RedisCoordinatorOptions>().type.toBeAssignableFrom({ sentinels: addresses, sentinelName: 'shop' })
  expect<RedisCoordinatorOptions>().type.not.toBeAssignableFrom({ url: 5 })
  expect<RedisCoordinatorOptions>().type.not.toBeAssignableFrom({ url: undefined })
  expect<RedisCoordinatorOptions>().type.not.toBeAssignableFrom({ client: {} })
  expect<RedisCoordinatorOptions>().type.not.toBeAssignableFrom({ tls: 'yes' })
})

test('the driver alone', () => {
  expect(createDriver({ url: 'redis://localhost' }, ports)).type.toBe<CoordinatorDriver>()
  expect(createDriver).type.not.toBeCallableWith({ url: 'redis://localhost' })
  expect(new UnreachableError('why').code).type.toBe<'PLM_REDIS_COORDINATOR_UNREACHABLE'>()
})
