import { UsageError } from '../errors.ts'
import type { RedisCoordinatorOptions } from '../options.ts'

export interface Where {
  readonly url: string
  /** The URL is of a node of a Redis Cluster. */
  readonly cluster: boolean
  /** The URL is of a Sentinel, but for its user and password: those count at the primary of this group. */
  readonly sentinel: string | undefined
}

/** The plugin's options for one URL. @throws PLM_REDIS_COORDINATOR_USAGE */
export function whereIs ({ url, cluster, sentinel }: Where): RedisCoordinatorOptions {
  if (!cluster && sentinel === undefined) return { url }
  if (cluster && sentinel !== undefined) throw new UsageError('give --cluster or --sentinel, not both')
  // The URL itself may hold a password: it is not shown.
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url)) throw new UsageError('--cluster and --sentinel need a URL that begins with redis:// or rediss://')
  const { protocol, hostname, port, username, password, pathname } = new URL(url)
  const address = { host: hostname.replace(/^\[(.*)\]$/, '$1'), ...(port === '' ? {} : { port: Number(port) }) }
  const tls = protocol === 'rediss:'
  const options = {
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(pathname.length > 1 ? { db: Number(pathname.slice(1)) } : {}),
    tls
  }
  return sentinel === undefined ? { ...options, cluster: [address] } : { ...options, sentinels: [address], sentinelName: sentinel, sentinelTls: tls }
}
