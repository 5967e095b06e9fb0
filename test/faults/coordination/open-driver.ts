import { resolveTimings, systemClock } from '@plimsoll/core'
import type { CoordinatorDriver, CoordinatorTimings } from '@plimsoll/core'
import { createDriver } from '@plimsoll/redis-coordinator'
import type { RedisCoordinatorOptions } from '@plimsoll/redis-coordinator'
import type { DriverConfig } from './worker-config.ts'

/** All keys of the batteries and benchmarks lie in it. */
export const NAMESPACE = 'faults'

/** The name that the sentinels know the primary by. */
export const SENTINEL_NAME = 'plimsoll'

const host = '127.0.0.1'

/** redis-coordinator's driver, as an application has it. */
export function openDriver (config: DriverConfig, timings: Partial<CoordinatorTimings>): CoordinatorDriver {
  return createDriver({ ...whereIs(config), namespace: NAMESPACE }, { clock: systemClock, journal: { record: () => {} }, timings: resolveTimings(timings) })
}

function whereIs (config: DriverConfig): RedisCoordinatorOptions {
  switch (config.kind) {
    case 'redis': return { url: `redis://${host}:${config.port}` }
    case 'sentinel': return { sentinels: [{ host, port: config.port }], sentinelName: SENTINEL_NAME }
    case 'redis-cluster': return { cluster: config.ports.map((port) => ({ host, port })) }
  }
}
