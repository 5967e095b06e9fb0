import type { ConnectionOptions } from 'node:tls'
import { accepted, flag, integer, listOf, optionSpec, text } from '@plimsoll/core'
import type { OptionCheck, OptionFault, OptionSpec, ResolvedOptions } from '@plimsoll/core'
import type { Cluster, Redis } from 'ioredis'
import { InvalidOptionError } from './errors.ts'

/** Address of a server. */
export interface RedisAddress {
  readonly host: string
  /** @default 6379, of a Sentinel 26379 */
  readonly port?: number
}

/** Options of the plugin. Without any it uses the Redis of @fastify/redis. */
export interface RedisCoordinatorOptions {
  /** `false`, or `redis-coordinator` in the environment's `PLIMSOLL_DISABLE`: the application runs alone, in mode `single`. @default true */
  readonly enabled?: boolean
  /** `redis://`, or `rediss://` for TLS, with user, password and database as usual; or the path of a Unix socket. */
  readonly url?: string
  /** An ioredis client of your own, single or Cluster: its settings are used for connections beside it. @default fastify.redis */
  readonly client?: Redis | Cluster
  /** Nodes of a Redis Cluster to begin with. */
  readonly cluster?: readonly RedisAddress[]
  /** Sentinels to ask for the primary; needs `sentinelName`. */
  readonly sentinels?: readonly RedisAddress[]
  /** Name of the primary's group. */
  readonly sentinelName?: string
  /** ACL user at the Sentinels. @default none */
  readonly sentinelUsername?: string
  /** Password at the Sentinels. @default none */
  readonly sentinelPassword?: string
  /** TLS to the Sentinels, as for `tls`. @default false */
  readonly sentinelTls?: boolean | ConnectionOptions
  /** ACL user, where the URL has none. @default none */
  readonly username?: string
  /** Password, where the URL has none. @default none */
  readonly password?: string
  /** Database, where the URL has none. @default 0 */
  readonly db?: number
  /** TLS with Node's settings, or with yours, such as `{ ca }`. @default false, or as the URL says */
  readonly tls?: boolean | ConnectionOptions
  /** Services that share a Redis have a namespace each: whoever has the same is one cluster. Letters, digits, `.`, `_`, `-`. @default 'default' */
  readonly namespace?: string
  /** Begins every key and channel, for an ACL that wants it. @default '', or the client's own */
  readonly keyPrefix?: string
  /** The namespace has never been used: missing data is not taken for lost data, and nothing waits for the quarantine. Take it out after the first start. @default false */
  readonly firstUse?: boolean
  /** Where these options cannot be used, such as an undefined `url`, warn once and run alone, in mode `single`. @default false: it is an error at register */
  readonly optional?: boolean
}

type MayStayOut = 'url' | 'client' | 'cluster' | 'sentinels' | 'sentinelName' | 'sentinelUsername' | 'sentinelPassword' | 'sentinelTls' | 'username' | 'password' | 'db' | 'tls' | 'keyPrefix'

export type RedisCoordinatorSettings =
  { readonly [K in Exclude<keyof RedisCoordinatorOptions, MayStayOut>]-?: Exclude<RedisCoordinatorOptions[K], undefined> } &
  { readonly [K in Exclude<MayStayOut, 'cluster' | 'sentinels'>]-?: RedisCoordinatorOptions[K] | undefined } &
  { readonly cluster: readonly Required<RedisAddress>[], readonly sentinels: readonly Required<RedisAddress>[] }

export type ResolvedRedisCoordinatorOptions = ResolvedOptions<RedisCoordinatorSettings>

const options: OptionSpec<RedisCoordinatorOptions, RedisCoordinatorSettings> = optionSpec<RedisCoordinatorOptions, RedisCoordinatorSettings>(InvalidOptionError, {
  enabled: flag({ default: true }),
  url: { ...text({ secret: true }), read: readUrl },
  client: { ...accepted(isClient, 'give a client of ioredis; @fastify/redis with namespaces has one under each'), show: () => 'a client' },
  cluster: addresses(6379),
  sentinels: addresses(26379),
  sentinelName: text(),
  sentinelUsername: text(),
  sentinelPassword: text({ secret: true }),
  sentinelTls: tls(),
  username: text(),
  password: text({ secret: true }),
  db: integer({ min: 0, max: 1_000_000 }),
  tls: tls(),
  namespace: accepted(isNamespace, 'give 1 to 64 letters, digits, ".", "_" or "-"', { default: 'default' }),
  keyPrefix: text({ maxLength: 100 }),
  firstUse: flag({ default: false }),
  optional: flag({ default: false })
}, contradiction)

/**
 * As core's `optionSpec`, and refuses what is there and undefined: fifty processes must not each become leader since an
 * environment variable is missing.
 * @throws PLM_REDIS_COORDINATOR_INVALID_OPTION
 */
export function resolveOptions (given: RedisCoordinatorOptions): ResolvedRedisCoordinatorOptions {
  const missing = Object.entries(given).find(([, value]) => value === undefined)
  if (missing !== undefined) throw new InvalidOptionError(missing[0], 'undefined', 'leave it out or give it a value; an environment variable may be missing')
  return options.resolve(given)
}

/** What a page shows, secrets masked. */
export const configuration: (resolved: ResolvedRedisCoordinatorOptions) => ReturnType<typeof options.configuration> = (resolved) => options.configuration(resolved)

function contradiction (values: Readonly<RedisCoordinatorSettings>): OptionFault | undefined {
  const { url, client, cluster, sentinels } = values
  const given = Object.entries({ url, client, cluster: cluster[0], sentinels: sentinels[0] }).filter(([, value]) => value !== undefined).map(([name]) => name)
  const [first, second] = given
  if (first !== undefined && second !== undefined) return { option: second, right: `leave it out, or ${first}: one of them says where Redis is` }
  if (first === undefined || first === 'client') {
    const useless = OF_A_CONNECTION.find((name) => values[name] !== undefined)
    if (useless !== undefined) return { option: useless, right: 'leave it out, or give url, cluster or sentinels: the client has its own' }
  }
  if (sentinels.length > 0 && values.sentinelName === undefined) return { option: 'sentinelName', right: 'give the name of the group that the sentinels watch' }
  const ofSentinel = OF_SENTINEL.find((name) => values[name] !== undefined)
  if (sentinels.length === 0 && ofSentinel !== undefined) return { option: ofSentinel, right: 'leave it out, or give sentinels' }
  if (cluster.length > 0 && values.db !== undefined && values.db > 0) return { option: 'db', right: 'leave it out: a Redis Cluster has database 0 alone' }
  return undefined
}

const OF_SENTINEL = ['sentinelName', 'sentinelUsername', 'sentinelPassword', 'sentinelTls'] as const
const OF_A_CONNECTION = ['username', 'password', 'db', 'tls', ...OF_SENTINEL] as const

/** Never shown in the error: it may hold the password. */
function readUrl (given: unknown, path: string): string | undefined {
  if (given === undefined) return undefined
  if (typeof given === 'string' && given.length <= 2_000 && (given.startsWith('/') || (/^rediss?:\/\//.test(given) && URL.canParse(given)))) return given
  throw new InvalidOptionError(path, typeof given === 'string' ? 'a string that is not shown' : typeof given, 'give a URL that begins with redis:// or rediss://, or the path of a socket')
}

function addresses (port: number): OptionCheck<readonly Required<RedisAddress>[]> {
  const address = optionSpec<RedisAddress, Required<RedisAddress>>(InvalidOptionError, {
    host: accepted((given): given is string => typeof given === 'string' && given.length > 0 && given.length <= 255, 'give a host name or address', { default: '' }),
    port: integer({ min: 1, max: 65_535, default: port })
  }, ({ host }) => host === '' ? { option: 'host', right: 'give a host name or address' } : undefined)
  return listOf(address.nested(), { maxLength: 100 })
}

function tls (): OptionCheck<boolean | ConnectionOptions | undefined> {
  return { ...accepted((given): given is boolean | ConnectionOptions => typeof given === 'boolean' || (typeof given === 'object' && given !== null), 'give true, false, or options of node:tls'), show: (value) => typeof value === 'boolean' ? value : 'own settings' }
}

function isNamespace (given: unknown): given is string { return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) }

function isClient (given: unknown): given is Redis | Cluster {
  return typeof given === 'object' && given !== null && 'duplicate' in given && typeof given.duplicate === 'function' && 'options' in given
}
