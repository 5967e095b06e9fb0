/**
 * Real services for tests: found on PATH, else provided (Debian), started on a free port of 127.0.0.1, stopped.
 *
 *   if (await skipWithout(t, 'redis-server')) return
 *   const redis = await startRedis()
 *   t.teardown(() => redis.stop())
 *
 * Where CI=true a missing service fails the test; elsewhere it is skipped with one loud line.
 */
export { findService, ServiceMissingError } from './services/find.ts'
export type { ServiceName } from './services/find.ts'
export { startPrometheus } from './services/prometheus.ts'
export type { Prometheus, PrometheusOptions } from './services/prometheus.ts'
export { startRedis } from './services/redis.ts'
export type { RedisOptions } from './services/redis.ts'
export { freePort } from './services/running.ts'
export type { RunningService } from './services/running.ts'
export { skipWithout } from './services/skip.ts'
