import Fastify from 'fastify'
import t from 'tap'
import { addressKey, addressSource } from '../src/client-address.ts'
import { events, statuses, testApp } from './app.ts'

t.test('one key for each client: IPv6 by its network, mapped IPv4 as IPv4', async t => {
  const cases: ReadonlyArray<readonly [address: string | undefined, key: string, prefix?: number]> = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48', 48],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2:3:4:5:6/128', 128],
    ['ffff:ffff:ffff:ffff::', 'ffff:e000::/19', 19],
    ['::1', '::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
    [undefined, ''],
    ['a:b', 'a:b'],
    ['unix', 'unix']
  ]
  for (const [address, key, prefix = 64] of cases) t.equal(addressKey(address, prefix), key, `${String(address)} /${prefix}`)
})

t.test('addresses of one network share a limit', async t => {
  const { app } = await testApp(t, { limit: 1 })
  t.same([...await statuses(app, '/', 1, '2001:db8::1'), ...await statuses(app, '/', 1, '2001:db8::2'), ...await statuses(app, '/', 1, '2001:db8:0:1::1')], [200, 429, 200])
})

t.test('behind a proxy the client is who Fastify says it is, and nobody can lie about it', async t => {
  const { app } = await testApp(t, { limit: 1 }, { server: { trustProxy: '10.0.0.1' } })
  const from = async (address: string, forwarded: string): Promise<number[]> => await statuses(app, '/', 1, address, { 'x-forwarded-for': forwarded })
  t.same([...await from('10.0.0.1', '192.0.2.1'), ...await from('10.0.0.1', '192.0.2.1')], [200, 429])
  t.same(await from('10.0.0.1', '192.0.2.2'), [200])
  t.same([...await from('192.0.2.3', '192.0.2.50'), ...await from('192.0.2.3', '192.0.2.51')], [200, 429], 'a header from elsewhere')
  t.same([...await from('10.0.0.1', '203.0.113.9, 192.0.2.2')], [429], 'what the client itself put in front')
})

t.test('where Fastify has no such class any more, the address is that of the connection', async t => {
  const app = Fastify({ trustProxy: true })
  t.equal(addressSource(app).ofConnection, false)
  for (const key of Reflect.ownKeys(app)) if (String(key) === 'Symbol(fastify.Request)') Reflect.set(app, key, class { get nothing (): number { return 1 } })
  const source = addressSource(app)
  t.equal(source.ofConnection, true)
  const { req } = await new Promise<{ req: Parameters<typeof source.addressOf>[0] }>(resolve => {
    const asked = Fastify()
    asked.get('/', async request => { resolve({ req: request.raw }) })
    asked.inject({ url: '/', remoteAddress: '192.0.2.7' }).catch(() => {})
  })
  t.equal(source.addressOf(req), '192.0.2.7')
  for (const key of Reflect.ownKeys(app)) if (String(key) === 'Symbol(fastify.Request)') Reflect.set(app, key, undefined)
  t.equal(addressSource(app).ofConnection, true)
})

t.test('a request whose address is no text counts with others like it', async t => {
  const app = Fastify({ trustProxy: () => { throw new Error('no') } })
  const { addressOf } = addressSource(app)
  t.equal(addressOf(Object.create({ headers: {}, socket: {}, connection: {} })), undefined)
})

t.test('all clients behind a proxy that is not trusted share one key: a warning, once', async t => {
  const warned: string[] = []
  const listen = (warning: Error & { readonly code?: string }): void => { if (warning.code === 'PLM_RATE_LIMITER_ONE_KEY') warned.push(warning.message) }
  process.on('warning', listen)
  t.teardown(() => process.off('warning', listen))
  // It is seen at a request that is refused as well as at one that is let through.
  for (const limit of [55, 1000]) {
    const { app } = await testApp(t, { limit }, { server: { trustProxy: '10.9.9.9' } })
    await statuses(app, '/', 20, '10.0.0.1')
    t.equal(events(app, 'one-key').length, 0, 'no forwarding headers')
    for (let i = 0; i < 100; i++) await app.inject({ url: '/', remoteAddress: '10.0.0.1', headers: { 'x-forwarded-for': `192.0.2.${i % 5}` } })
    t.match(events(app, 'one-key'), [/All requests so far count as one client \(10.0.0.1\).*trustProxy/])
  }
  await new Promise(setImmediate)
  t.equal(warned.length, 2, 'once an application')
})

t.test('no warning where clients have keys of their own, nor for one client behind a proxy', async t => {
  const { app } = await testApp(t, { limit: 10 }, { server: { trustProxy: '10.0.0.1' } })
  for (let i = 0; i < 100; i++) await app.inject({ url: '/', remoteAddress: '10.0.0.1', headers: { 'x-forwarded-for': `192.0.2.${i % 5}` } })
  const { app: one } = await testApp(t, { limit: 1000 })
  for (let i = 0; i < 100; i++) await one.inject({ url: '/', remoteAddress: '10.0.0.1', headers: { forwarded: 'for=192.0.2.1' } })
  t.same([...events(app, 'one-key'), ...events(one, 'one-key')], [])
})
