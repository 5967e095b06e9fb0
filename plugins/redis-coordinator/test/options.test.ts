import { Redis } from 'ioredis'
import t from 'tap'
import { configuration, resolveOptions } from '../src/options.ts'
import type { RedisCoordinatorOptions } from '../src/options.ts'
import { isCluster } from '../src/redis-client.ts'
import { namespaceOf, targetOf } from '../src/target.ts'

const refused = (given: object): { readonly code: string, readonly message: string } => {
  try {
    resolveOptions(given as RedisCoordinatorOptions)
  } catch (error) {
    if (error instanceof Error && 'code' in error) return { code: String(error.code), message: error.message }
  }
  return { code: 'it was accepted', message: '' }
}

t.test('what cannot work is refused, naming the option and what would be right', async (t) => {
  const client = new Redis({ lazyConnect: true })
  for (const [given, why] of [
    [{ url: undefined }, /url is undefined; .*environment variable/],
    [{ password: undefined, url: 'redis://x' }, /password is undefined/],
    [{ url: 'http://x' }, /url is a string that is not shown; give a URL that begins with redis:/],
    [{ url: 'localhost:6379' }, /url is/],
    [{ url: 5 }, /url is number/],
    [{ ulr: 'redis://x' }, /ulr .* did you mean url/],
    [{ url: 'redis://x', client }, /client is an object; leave it out, or url/],
    [{ url: 'redis://x', cluster: [{ host: 'x' }] }, /cluster is/],
    [{ url: 'redis://x', sentinels: [{ host: 'x' }], sentinelName: 'm' }, /sentinels is/],
    [{ client: {} }, /client is an object; give a client of ioredis/],
    [{ client: null }, /client is null/],
    [{ client, db: 1 }, /db is 1; leave it out/],
    [{ password: 'x' }, /password is/],
    [{ cluster: [{ host: 'x' }], db: 1 }, /db is 1; .*database 0 alone/],
    [{ cluster: [{}] }, /cluster\[0\].host is/],
    [{ cluster: [{ host: 'x', port: 0 }] }, /cluster\[0\].port is 0/],
    [{ cluster: 'x' }, /cluster is "x"/],
    [{ sentinels: [{ host: 'x' }] }, /sentinelName is undefined; give the name/],
    [{ url: 'redis://x', sentinelPassword: 'x' }, /sentinelPassword is .*leave it out, or give sentinels/],
    [{ url: 'redis://x', namespace: 'a b' }, /namespace is "a b"/],
    [{ url: 'redis://x', namespace: '{x}' }, /namespace is/],
    [{ url: 'redis://x', namespace: 'x'.repeat(65) }, /namespace is/],
    [{ url: 'redis://x', db: -1 }, /db is -1/],
    [{ url: 'redis://x', db: NaN }, /db is NaN/],
    [{ url: 'redis://x', tls: 'yes' }, /tls is "yes"/],
    [{ url: 'redis://x', enabled: 1 }, /enabled is 1/]
  ] as const) {
    const { code, message } = refused(given)
    t.equal(code, 'PLM_REDIS_COORDINATOR_INVALID_OPTION', message)
    t.match(message, why)
  }
})

t.test('each way to say where Redis is leads there', async (t) => {
  const target = (given: RedisCoordinatorOptions, registered?: unknown): unknown => targetOf(resolveOptions(given).values, registered)
  t.same(target({ url: 'redis://x', username: 'u', password: 'p', db: 2, tls: true }), { url: 'redis://x', options: { username: 'u', password: 'p', db: 2, tls: {} } })
  t.same(target({ url: '/run/redis.sock', tls: false }), { url: '/run/redis.sock', options: { username: undefined, password: undefined, db: undefined, tls: undefined } })
  t.same(target({ cluster: [{ host: 'x' }, { host: 'y', port: 7000 }], tls: { servername: 's' } }), { nodes: [{ host: 'x', port: 6379 }, { host: 'y', port: 7000 }], options: { username: undefined, password: undefined, db: undefined, tls: { servername: 's' } } })
  t.same(target({ sentinels: [{ host: 'x' }], sentinelName: 'm', sentinelUsername: 'u', sentinelPassword: 'p', sentinelTls: true, password: 'q' }), {
    options: { password: 'q', sentinels: [{ host: 'x', port: 26379 }], name: 'm', sentinelUsername: 'u', sentinelPassword: 'p', sentinelTLS: {}, enableTLSForSentinelMode: true, username: undefined, db: undefined, tls: undefined }
  })
  t.match(target({ sentinels: [{ host: 'x' }], sentinelName: 'm' }), { options: { enableTLSForSentinelMode: false } })
  const client = new Redis({ lazyConnect: true, keyPrefix: 'mine:' })
  t.equal(isCluster(client), false)
  t.same(target({ client }), { client })
  t.same(target({}, client), { client })
  t.throws(() => target({}), { code: 'PLM_REDIS_COORDINATOR_NO_REDIS', message: /register @fastify\/redis before/ })
  t.throws(() => target({}, 'a string'), { code: 'PLM_REDIS_COORDINATOR_NO_REDIS' })
})

t.test('keys stand under one hash tag, with the prefix of the option or of the client', async (t) => {
  const meta = (given: RedisCoordinatorOptions): string => {
    const { values } = resolveOptions(given)
    return namespaceOf(values, targetOf(values, undefined)).meta
  }
  t.equal(meta({ url: 'redis://x' }), 'plimsoll:{default}:meta')
  t.equal(meta({ url: 'redis://x', keyPrefix: 'p:', namespace: 'shop' }), 'p:plimsoll:{shop}:meta')
  t.equal(meta({ client: new Redis({ lazyConnect: true, keyPrefix: 'mine:' }) }), 'mine:plimsoll:{default}:meta')
  t.equal(meta({ client: new Redis({ lazyConnect: true, keyPrefix: 'mine:' }), keyPrefix: 'p:' }), 'p:plimsoll:{default}:meta')
  t.equal(meta({ client: new Redis({ lazyConnect: true }) }), 'plimsoll:{default}:meta')
  const { values } = resolveOptions({ url: 'redis://x' })
  const namespace = namespaceOf(values, { url: 'redis://x', options: {} })
  for (const key of [...namespace.entries, ...namespace.queue('q:{x}'), ...namespace.capacity('c'), ...namespace.quota('r', 'k')]) t.match(key, /^plimsoll:\{default\}:[^{]*$/)
})

t.test('a page sees the effective configuration, secrets masked', async (t) => {
  const shown = configuration(resolveOptions({ url: 'redis://:5ecret@x', password: '5ecret', tls: { ca: '5ecret' } }))
  t.match(shown, { url: { value: '***', source: 'option' }, password: { value: '***' }, namespace: { value: 'default', source: 'default' }, tls: { value: 'own settings' } })
  t.match(configuration(resolveOptions({ url: 'redis://x', tls: true })), { tls: { value: true } })
  t.match(configuration(resolveOptions({ client: new Redis({ lazyConnect: true, password: '5ecret' }) })), { client: { value: 'a client' } })
  t.notMatch(JSON.stringify(shown), /5ecret/)
})
