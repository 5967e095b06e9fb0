import type { MetricSource } from '@plimsoll/core'
import type { DriverState } from './redis-driver.ts'

/** Read at a scrape, without asking Redis. */
export function redisMetrics (state: () => DriverState | undefined): readonly MetricSource[] {
  const source = (type: 'counter' | 'gauge', what: string, help: string, read: (state: DriverState) => number): MetricSource => ({
    name: `plimsoll_redis_coordinator_${what}`,
    type,
    help,
    labels: [],
    collect: (report) => {
      const now = state()
      report.value(now === undefined ? 0 : read(now))
    }
  })
  return [
    source('gauge', 'connected_state', '1 while the connection for commands is ready', ({ connected }) => connected ? 1 : 0),
    source('counter', 'connects_total', 'Times that the connection for commands became ready', ({ connects }) => connects),
    source('counter', 'script_loads_total', 'Scripts sent whole, since the server did not know their digest', ({ scriptLoads }) => scriptLoads)
  ]
}
