import type { Clock, CoordinatorTimings } from '@plimsoll/core'
import { Cluster, Redis } from 'ioredis'
import type { ClusterOptions, RedisOptions } from 'ioredis'

/** What is used of an ioredis client, single, behind Sentinel or of a Cluster. */
export interface RedisClient {
  readonly status: string
  connect (): Promise<void>
  disconnect (reconnect?: boolean): void
  callBuffer (command: string, ...args: (string | Buffer)[]): Promise<unknown>
  publish (channel: string, message: Buffer): Promise<number>
  subscribe (...channels: string[]): Promise<unknown>
  unsubscribe (...channels: string[]): Promise<unknown>
  on (event: string, listener: (...args: unknown[]) => void): unknown
  off (event: string, listener: (...args: unknown[]) => void): unknown
}

/** Where Redis is. */
export type RedisTarget =
  | { readonly url?: string, readonly options: RedisOptions }
  | { readonly nodes: readonly { readonly host: string, readonly port: number }[], readonly options: RedisOptions }
  /** The application's own: its settings are used, for connections of our own. */
  | { readonly client: Redis | Cluster }

interface Tuning extends Omit<RedisOptions, 'replyMapping'> {
  readonly replyMapping: 'legacy'
  readonly retryStrategy: (times: number) => number
}

/**
 * ioredis' defaults are made for caches: they queue commands while Redis is away, send them again after a reconnect, and
 * wait up to five seconds between attempts. Here a command fails at once, once, and core decides what becomes of it.
 */
function tuning (clock: Clock, { connectTimeoutMs }: CoordinatorTimings, connectionName: string, replica: ReplicaFound): Tuning {
  return {
    connectionName,
    lazyConnect: true,
    enableOfflineQueue: false,
    enableAutoPipelining: false,
    enableReadyCheck: false,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    replyMapping: 'legacy',
    keyPrefix: '',
    connectTimeout: connectTimeoutMs,
    // One that is given up may be dead already, and say no goodbye.
    disconnectTimeout: 100,
    retryStrategy: retryDelay(clock),
    // The one who was primary: behind a Sentinel or a load balancer another connection leads to the new one.
    reconnectOnError: replica.leave
  }
}

/**
 * Whether the present connection was found to lead to a replica. All commands that are under way are refused by it, and told
 * to leave for each of them, ioredis would put another listener on the socket each time.
 */
class ReplicaFound {
  #leaving = false

  readonly arrive = (): void => { this.#leaving = false }

  /** Whether to reconnect because of `error`. */
  readonly leave = ({ message }: Error): boolean => {
    if (this.#leaving || !message.includes('READONLY')) return false
    this.#leaving = true
    return true
  }
}

/** 25 to 250 ms, spread: all instances lose Redis at the same moment. */
function retryDelay (clock: Clock): (times: number) => number {
  return (times) => Math.min(50 * 2 ** Math.min(times - 1, 3), 250) * (0.5 + 0.5 * clock.random())
}

export function createClient (target: RedisTarget, clock: Clock, timings: CoordinatorTimings, connectionName: string): RedisClient {
  const replica = new ReplicaFound()
  const client = clientOf(target, tuning(clock, timings, connectionName, replica))
  client.on('connect', replica.arrive)
  return client
}

function clientOf (target: RedisTarget, tuned: Tuning): RedisClient {
  if ('client' in target) return isCluster(target.client) ? target.client.duplicate([], clusterOptions(target.client.options.redisOptions ?? {}, tuned)) : target.client.duplicate(tuned)
  if ('nodes' in target) return new Cluster([...target.nodes], clusterOptions(target.options, tuned))
  const options = { ...target.options, ...tuned }
  return target.url === undefined ? new Redis(options) : new Redis(target.url, options)
}

/** By its mark, since it may come from another copy of ioredis. */
export function isCluster (client: Redis | Cluster): client is Cluster { return client.isCluster }

/** The cluster's own options stand in the place of some of a connection's; it finds a new primary by itself. */
function clusterOptions (given: RedisOptions, { retryStrategy, enableOfflineQueue, reconnectOnError, ...tuned }: Tuning): ClusterOptions & { readonly redisOptions: Omit<RedisOptions, 'replyMapping'> & { readonly replyMapping: 'legacy' } } {
  return {
    lazyConnect: true,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    keyPrefix: '',
    clusterRetryStrategy: retryStrategy,
    redisOptions: { ...given, ...tuned }
  }
}
