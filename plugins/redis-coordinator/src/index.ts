import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { ensureCore, isEnabled } from '@plimsoll/core'
import type { CoordinatorDriver, Core, DriverPorts } from '@plimsoll/core'
import { resolveOptions } from './options.ts'
import type { RedisCoordinatorOptions, ResolvedRedisCoordinatorOptions } from './options.ts'
import { redisComponent } from './redis-component.ts'
import { RedisDriver } from './redis-driver.ts'
import type { RedisDriverOptions } from './redis-driver.ts'
import { redisMetrics } from './redis-metrics.ts'
import { namespaceOf, targetOf } from './target.ts'

/**
 * Core's coordinator on Redis: leadership, queues, capacity, rates and broadcasts for all instances of the service.
 * It never waits for Redis at boot. Register it once, on any instance, after @fastify/redis where that is used.
 */
const redisCoordinator: FastifyPluginAsync<RedisCoordinatorOptions> = fp(async (fastify: FastifyInstance, given: RedisCoordinatorOptions): Promise<void> => {
  const core = ensureCore(fastify)
  const chosen = choose(core, given, Reflect.get(fastify, 'redis'))
  if (chosen === undefined) return
  let driver: RedisDriver | undefined
  core.offerBackend('redis', (ports) => {
    driver = new RedisDriver(chosen.driver, ports)
    return driver
  })
  core.components.register(redisComponent(chosen.resolved, () => driver?.state))
  for (const metric of redisMetrics(() => driver?.state)) core.metrics.register(metric)
}, { fastify: '5.x', name: '@plimsoll/redis-coordinator' })

export default redisCoordinator

/**
 * The driver alone, for core's `coordinator: { backend: 'redis', options }`: options as of the plugin, no I/O.
 * @throws PLM_REDIS_COORDINATOR_INVALID_OPTION, PLM_REDIS_COORDINATOR_NO_REDIS
 */
export function createDriver (options: RedisCoordinatorOptions, ports: DriverPorts): CoordinatorDriver {
  return new RedisDriver(driverOptions(resolveOptions(options), undefined), ports)
}

interface Chosen { readonly resolved: ResolvedRedisCoordinatorOptions, readonly driver: RedisDriverOptions }

/** `undefined`: the application runs alone, as it was told to. */
function choose (core: Core, given: RedisCoordinatorOptions, registered: unknown): Chosen | undefined {
  try {
    const resolved = resolveOptions(given)
    if (!isEnabled('redis-coordinator', resolved.values.enabled)) return undefined
    return { resolved, driver: driverOptions(resolved, registered) }
  } catch (error) {
    if (given.optional !== true || !(error instanceof Error)) throw error
    core.journal.record({ component: 'coordinator', event: 'backend-missing', severity: 'warning', message: `${error.message}. Since it is optional, this instance runs alone, in mode single.` })
    return undefined
  }
}

function driverOptions ({ values }: ResolvedRedisCoordinatorOptions, registered: unknown): RedisDriverOptions {
  const target = targetOf(values, registered)
  return { target, namespace: namespaceOf(values, target), firstUse: values.firstUse }
}

export * from './errors.ts'
export type { RedisAddress, RedisCoordinatorOptions } from './options.ts'
