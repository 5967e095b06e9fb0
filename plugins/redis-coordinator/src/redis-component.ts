import type { Component, ComponentHealth } from '@plimsoll/core'
import { configuration } from './options.ts'
import type { ResolvedRedisCoordinatorOptions } from './options.ts'
import type { DriverState } from './redis-driver.ts'

/** What pages see of the connection; what it is for, core's component `coordinator` tells. */
export function redisComponent (resolved: ResolvedRedisCoordinatorOptions, state: () => DriverState | undefined): Component {
  return {
    kind: 'redis-coordinator',
    name: 'redis-coordinator',
    snapshot: () => {
      const now = state()
      return {
        namespace: resolved.values.namespace,
        connected: now?.connected ?? false,
        connects: now?.connects ?? 0,
        scriptLoads: now?.scriptLoads ?? 0,
        version: now?.server.version ?? null,
        persistent: now?.server.persistent ?? null,
        evicts: now?.server.evicts ?? null
      }
    },
    health: () => healthOf(state()),
    configuration: () => configuration(resolved)
  }
}

/** A Redis that is away is for the coordinator to tell. */
function healthOf (state: DriverState | undefined): ComponentHealth {
  const policy = state?.server.evicts
  return policy === undefined ? { status: 'ok' } : { status: 'degraded', reason: `Redis deletes keys when it is full (maxmemory-policy ${policy}); set noeviction.` }
}
