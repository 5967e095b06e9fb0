import type { ConnectionOptions } from 'node:tls'
import type { RedisOptions } from 'ioredis'
import { NoRedisError } from './errors.ts'
import { Namespace } from './namespace.ts'
import type { RedisCoordinatorSettings } from './options.ts'
import type { RedisTarget } from './redis-client.ts'

/**
 * Where Redis is, by the options, or else by what @fastify/redis has registered.
 * @throws PLM_REDIS_COORDINATOR_NO_REDIS
 */
export function targetOf (values: RedisCoordinatorSettings, registered: unknown): RedisTarget {
  const { url, client, cluster, sentinels } = values
  if (client !== undefined) return { client }
  const options = connectionOptions(values)
  if (url !== undefined) return { url, options }
  if (cluster.length > 0) return { nodes: cluster, options }
  if (sentinels.length > 0) return { options: { ...options, ...sentinelOptions(values) } }
  if (isRegistered(registered)) return { client: registered }
  if (registered !== undefined) throw new NoRedisError('fastify.redis has clients under names; hand one over as { client: fastify.redis.<name> }')
  throw new NoRedisError('give url, client, cluster or sentinels, or register @fastify/redis before it')
}

/** The prefix of a client counts here as well: its user may have no right to other keys. */
export function namespaceOf ({ namespace, keyPrefix }: RedisCoordinatorSettings, target: RedisTarget): Namespace {
  return new Namespace(namespace, keyPrefix ?? ('client' in target ? prefixOf(target.client) : ''))
}

function prefixOf ({ options }: Extract<RedisTarget, { client: unknown }>['client']): string {
  return options.keyPrefix ?? ''
}

// ioredis takes what is undefined for what is left out.
function connectionOptions ({ username, password, db, tls }: RedisCoordinatorSettings): RedisOptions {
  return { username, password, db, tls: tlsOptions(tls) }
}

function sentinelOptions ({ sentinels, sentinelName, sentinelUsername, sentinelPassword, sentinelTls }: RedisCoordinatorSettings): RedisOptions {
  const sentinelTLS = tlsOptions(sentinelTls)
  return { sentinels: [...sentinels], name: sentinelName, sentinelUsername, sentinelPassword, sentinelTLS, enableTLSForSentinelMode: sentinelTLS !== undefined }
}

function tlsOptions (given: boolean | ConnectionOptions | undefined): ConnectionOptions | undefined {
  if (typeof given === 'object') return given
  return given === true ? {} : undefined
}

function isRegistered (value: unknown): value is Extract<RedisTarget, { client: unknown }>['client'] {
  return typeof value === 'object' && value !== null && 'duplicate' in value && typeof value.duplicate === 'function'
}
