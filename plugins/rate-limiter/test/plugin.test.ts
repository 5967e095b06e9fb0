import { once } from 'node:events'
import { ensureCore } from '@plimsoll/core'
import Fastify from 'fastify'
import type { FastifyRequest } from 'fastify'
import t from 'tap'
import rateLimiter from '../src/index.ts'
import type { LimitedRequest, RefusedRequest } from '../src/index.ts'
import { RefusalJournal } from '../src/refusal-journal.ts'
import { events, gate, statuses, testApp } from './app.ts'

const TEN_SECONDS = { windowMs: 10_000 }

t.test('registered without options and without await, each address has 1,000 requests a minute', async t => {
  const app = Fastify()
  app.register(rateLimiter)
  app.get('/', async () => 'root')
  t.teardown(() => app.close())
  const { statusCode, headers } = await app.inject('/')
  t.equal(statusCode, 200)
  t.match(headers, { 'ratelimit-policy': '"default";q=1000;w=60', ratelimit: '"default";r=999;t=1' })
})

t.test('over the limit: 429 with a code, when to come back, and what the limit is; then it is let through again', async t => {
  const { app, clock } = await testApp(t, { limit: 2, ...TEN_SECONDS })
  t.same(await statuses(app, '/', 3), [200, 200, 429])
  const refused = await app.inject({ url: '/', remoteAddress: '192.0.2.1' })
  t.same(refused.json(), { statusCode: 429, code: 'PLM_RATE_LIMITER_EXCEEDED', error: 'Too Many Requests', message: 'refused by rate-limiter: exceeded' })
  t.match(refused.headers, { 'retry-after': '5', 'ratelimit-policy': '"default";q=2;w=10', ratelimit: '"default";r=0;t=10' })
  t.equal((await app.inject({ url: '/', remoteAddress: '192.0.2.2' })).statusCode, 200, 'another client')
  clock.advance(5000)
  t.same(await statuses(app, '/', 2), [200, 429])
})

t.test('limits stack: a route has its own and those of the whole application, and what one refuses the other does not count', async t => {
  const { app } = await testApp(t, { limit: 3, ...TEN_SECONDS }, {
    routes: app => {
      app.get('/login', { config: { rateLimit: { limit: 1, ...TEN_SECONDS } } }, async () => 'in')
      app.get('/alone', { config: { rateLimit: { limit: 5, global: false } } }, async () => 'alone')
      app.get('/free', { config: { rateLimit: false } }, async request => request.rateLimit ?? 'unlimited')
      app.get('/usual', { config: { rateLimit: true } }, async () => 'usual')
      app.get('/two', { config: { rateLimit: [{ name: 'second', limit: 10, windowMs: 1000 }, { name: 'day', limit: 100, windowMs: 86_400_000 }] } }, async () => 'two')
    }
  })
  t.same(await statuses(app, '/login', 4), [200, 429, 429, 429])
  t.same(await statuses(app, '/', 3), [200, 200, 429])
  t.same(await statuses(app, '/usual', 1), [429])
  t.same(await statuses(app, '/alone', 6), [200, 200, 200, 200, 200, 429])
  t.same(await statuses(app, '/free', 5), [200, 200, 200, 200, 200])
  t.equal((await app.inject('/free')).body, 'unlimited')
  const two = await app.inject({ url: '/two', remoteAddress: '192.0.2.9' })
  t.equal(two.headers['ratelimit-policy'], '"default";q=3;w=10, "second";q=10;w=1, "day";q=100;w=86400')
  t.equal(two.headers['ratelimit'], '"default";r=2;t=4', 'the limit that leaves least')
})

t.test('more limits for the whole application, by other keys; those before the one that refuses get back what they counted', async t => {
  const { app } = await testApp(t, { limit: 5, limits: [{ name: 'per-account', limit: 2, key: { header: 'X-Account' } }] })
  t.same(await statuses(app, '/', 4, '192.0.2.1', { 'x-account': 'a' }), [200, 200, 429, 429])
  t.same(await statuses(app, '/', 4, '192.0.2.1', { 'x-account': 'b' }), [200, 200, 429, 429])
  t.equal(app.rateLimiter.peek('192.0.2.1').remaining, 1)
  t.equal(app.rateLimiter.peek('a', 'per-account').remaining, 0)
  t.same(await statuses(app, '/', 2, '192.0.2.3'), [200, 200], 'without the header they count under the address')
  t.same(await statuses(app, '/', 1, '192.0.2.3'), [429])
  t.equal(app.rateLimiter.peek('192.0.2.3', 'per-account').remaining, 2, 'a key that looks like an address is not that address')
})

t.test('routes that give a limit the same name share it; with other options they are refused', async t => {
  const limit = { name: 'search', limit: 2 }
  const { app } = await testApp(t, {}, { routes: app => { for (const url of ['/a', '/b']) app.get(url, { config: { rateLimit: limit } }, async () => url) } })
  t.same([...await statuses(app, '/a', 1), ...await statuses(app, '/b', 2)], [200, 200, 429])
  const wrong = async (rateLimit: unknown, pattern: RegExp): Promise<void> => {
    const other = Fastify()
    other.register(rateLimiter)
    other.get('/a', { config: { rateLimit: limit } }, async () => 'a')
    Reflect.apply(other.get, other, ['/wrong', { config: { rateLimit } }, async () => 'wrong'])
    await t.rejects(async () => { await other.ready() }, { code: 'PLM_RATE_LIMITER_INVALID_ROUTE', message: pattern })
    await other.close()
  }
  await wrong({ ...limit, limit: 3 }, /route GET \/wrong: two rate limits are named search and differ/)
  await wrong({ ...limit, key: { header: 'x' } }, /two rate limits are named search/)
  await wrong({ limit: -1 }, /route GET \/wrong: rate-limiter option rateLimit.limit is -1; give a whole number from 1/)
  await wrong({}, /rateLimit.limit is undefined; it is needed/)
  await wrong('much', /rateLimit is "much"; give an object/)
  await wrong([{ limit: 1 }, { limit: 1, windowMs: 1 }], /rateLimit\[1\].windowMs is 1/)
})

t.test('a route takes key, algorithm and cluster from the plugin where it says nothing of them; what then contradicts is refused', async t => {
  const { app } = await testApp(t, { limit: 100, key: { header: 'x-key' }, algorithm: 'fixed-window' }, { routes: app => app.get('/one', { config: { rateLimit: { limit: 1 } } }, async () => 'one') })
  const limit = app.rateLimiter.limits.named('GET /one')
  t.equal(limit.plan.algorithm, 'fixed-window')
  t.equal((await app.inject({ method: 'HEAD', url: '/one', headers: { 'x-key': 'c' } })).statusCode, 200)
  t.same(await statuses(app, '/one', 1, '1.1.1.1', { 'x-key': 'c' }), [429], 'HEAD and GET count together')
  t.same([...await statuses(app, '/one', 2, '1.1.1.1', { 'x-key': 'a' }), ...await statuses(app, '/one', 1, '1.1.1.1', { 'x-key': 'b' })], [200, 429, 200])
  const other = Fastify()
  other.register(rateLimiter, { algorithm: 'fixed-window' })
  other.get('/burst', { config: { rateLimit: { limit: 10, burst: 2 } } }, async () => 'burst')
  await t.rejects(async () => { await other.ready() }, { code: 'PLM_RATE_LIMITER_INVALID_ROUTE', message: /burst of GET \/burst is 2; leave it out: fixed-window/ })
  await other.close()
})

t.test('unknown paths are limited as well, health checks never', async t => {
  const { app } = await testApp(t, { limit: 2 }, { routes: app => app.get('/readyz', { config: { priority: 'system' } }, async () => 'ready') })
  t.same(await statuses(app, '/readyz', 5), [200, 200, 200, 200, 200])
  t.same(await statuses(app, '/nowhere', 3), [404, 404, 429])
})

t.test('a request costs what it is said to; a function that fails costs 1 and is journalled once', async t => {
  let cost: unknown = 3
  const { app } = await testApp(t, { limit: 10, cost: 2, limits: [{ name: 'by-weight', limit: 10, cost: () => { if (cost === 'throw') throw new Error('no weight'); return Number(cost) } }] })
  await statuses(app, '/', 1)
  t.equal(app.rateLimiter.peek('192.0.2.1').remaining, 8)
  t.equal(app.rateLimiter.peek('192.0.2.1', 'by-weight').remaining, 7)
  for (const wrong of ['throw', NaN]) {
    cost = wrong
    await statuses(app, '/', 1)
  }
  t.equal(app.rateLimiter.peek('192.0.2.1', 'by-weight').remaining, 5)
  t.equal(events(app, 'function-failed').length, 1)
  cost = 0
  t.equal((await app.inject({ url: '/', remoteAddress: '192.0.2.1' })).statusCode, 200)
  t.equal(app.rateLimiter.peek('192.0.2.1', 'by-weight').remaining, 5)
  cost = 1_000_000
  t.equal((await app.inject({ url: '/', remoteAddress: '192.0.2.77' })).statusCode, 200, 'more than can ever be there counts as all of it')
  t.equal(app.rateLimiter.peek('192.0.2.77', 'by-weight').remaining, 0)
})

t.test('a limit that was lowered below the cost of a request still lets one through at a time', async t => {
  const { app } = await testApp(t, { limit: 10, cost: 5 })
  app.rateLimiter.setLimit(3)
  t.same(await statuses(app, '/', 2), [200, 429])
})

t.test('without a limit for the whole application, only routes have theirs; limits by the same header find the client once', async t => {
  const { app } = await testApp(t, { global: false }, {
    routes: app => {
      app.get('/a', { config: { rateLimit: [{ limit: 1, key: { header: 'x' } }, { limit: 5, key: { header: 'X' } }, { limit: 5, key: { header: 'y' } }] } }, async () => 'a')
    }
  })
  t.same(await statuses(app, '/', 3), [200, 200, 200])
  t.equal((await app.inject('/')).headers['ratelimit'], undefined)
  t.same(await statuses(app, '/a', 2, '192.0.2.1', { x: '1' }), [200, 429])
  t.equal(app.rateLimiter.limits.named('GET /a').keys, app.rateLimiter.limits.named('GET /a 2').keys)
  t.not(app.rateLimiter.limits.named('GET /a').keys, app.rateLimiter.limits.named('GET /a 3').keys)
  const { app: none } = await testApp(t, { global: false })
  t.throws(() => none.rateLimiter.peek('a'), { message: 'there is no rate limit default; there are none' })
})

t.test('keys by a function; what it throws, and what is no key, counts under the address', async t => {
  const { app } = await testApp(t, {
    limit: 1,
    key: req => {
      if (req.headers['x-user'] === 'throw') throw new Error('no user')
      return String(req.headers['x-user'] ?? '')
    }
  })
  t.same(await statuses(app, '/', 2, '1.1.1.1', { 'x-user': 'a' }), [200, 429])
  t.same(await statuses(app, '/', 1, '1.1.1.1', { 'x-user': 'throw' }), [200])
  t.same(await statuses(app, '/', 1, '1.1.1.1'), [429])
  t.match(events(app, 'function-failed'), [/the function key of this application failed: Error: no user. Such requests count under their address/])
})

t.test('headers of the draft, the classic ones, both or none', async t => {
  const headersOf = async (headers: 'draft' | 'classic' | 'both' | 'none'): Promise<string[]> => {
    const { app } = await testApp(t, { limit: 2, ...TEN_SECONDS, name: 'a "quoted" name', headers })
    const admitted = (await app.inject('/')).headers
    await statuses(app, '/', 2, '127.0.0.1')
    const refused = (await app.inject('/')).headers
    const names = (all: object): string => Object.keys(all).filter(name => name.includes('ratelimit')).join()
    t.equal(names(refused), names(admitted), headers)
    return ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'ratelimit', 'ratelimit-policy'].flatMap(name => admitted[name] === undefined ? [] : [`${name}: ${String(admitted[name])}`])
  }
  const classic = ['x-ratelimit-limit: 2', 'x-ratelimit-remaining: 1', 'x-ratelimit-reset: 5']
  const draft = ['ratelimit: "a \\"quoted\\" name";r=1;t=5', 'ratelimit-policy: "a \\"quoted\\" name";q=2;w=10']
  t.same(await headersOf('classic'), classic)
  t.same(await headersOf('draft'), draft)
  t.same(await headersOf('both'), [...classic, ...draft])
  t.same(await headersOf('none'), [])
})

t.test('allow and deny by address, range and function; a function that throws says no', async t => {
  const { app } = await testApp(t, { limit: 1, allow: ['10.0.0.0/8', '2001:db8::/32'], deny: ['192.0.2.66'] })
  t.same(await statuses(app, '/', 3, '10.1.2.3'), [200, 200, 200])
  t.same(await statuses(app, '/', 3, '2001:db8::7'), [200, 200, 200])
  const denied = await app.inject({ url: '/', remoteAddress: '192.0.2.66' })
  t.equal(denied.statusCode, 403)
  t.equal(denied.json().code, 'PLM_RATE_LIMITER_DENIED')
  t.equal(denied.headers['ratelimit'], undefined)
  t.equal(denied.headers['retry-after'], undefined)
  t.same(app.rateLimiter.listed, { allowed: 6, denied: 1 })
  const { app: other } = await testApp(t, { limit: 1, allow: req => { if (req.headers['x'] === 'throw') throw new Error('no'); return req.headers['x'] === 'yes' }, deny: () => { throw new Error('no') } })
  t.same(await statuses(other, '/', 2, '1.1.1.1', { x: 'yes' }), [200, 200])
  t.same(await statuses(other, '/', 2, '1.1.1.1', { x: 'throw' }), [200, 429])
  t.equal(events(other, 'function-failed').length, 2)
})

t.test('listeners are told; one that throws harms nobody', async t => {
  const told: string[] = []
  const tell = (what: string) => (request: LimitedRequest): void => { told.push(`${what} ${request.key} ${request.remaining}`) }
  const { app } = await testApp(t, { limit: 1, onAllowed: tell('allowed'), onRefused: request => { tell('refused')(request); throw new Error('listener') } })
  t.same(await statuses(app, '/', 3), [200, 429, 429])
  t.same(told, ['allowed 192.0.2.1 0', 'refused 192.0.2.1 0', 'refused 192.0.2.1 0'])
  t.match(events(app, 'function-failed'), [/onRefused .*listener. The request goes on. Told once/])
})

t.test('an answer of one\'s own: JSON, text, any type; the usual one where it throws', async t => {
  const answer = async (response: (refused: RefusedRequest) => string | { contentType: string, body: string } | { wait: number }): Promise<[unknown, string]> => {
    const { app } = await testApp(t, { limit: 1, ...TEN_SECONDS, response })
    await app.inject('/')
    const { headers, body, statusCode } = await app.inject('/')
    t.equal(statusCode, 429)
    t.equal(headers['retry-after'], '10')
    return [headers['content-type'], body]
  }
  t.same(await answer(({ retryAfter }) => ({ wait: retryAfter })), ['application/json; charset=utf-8', '{"wait":10}'])
  t.same(await answer(({ name, limit }) => `${name} ${limit}`), ['text/plain; charset=utf-8', 'default 1'])
  t.same(await answer(() => ({ contentType: 'application/problem+json', body: '{}' })), ['application/problem+json; charset=utf-8', '{}'])
  t.match((await answer(() => { throw new Error('no') }))[1], /PLM_RATE_LIMITER_EXCEEDED/)
})

t.test('who goes on is banned, with 403; the ban ends', async t => {
  const banned: string[] = []
  const { app, clock } = await testApp(t, { limit: 1, ...TEN_SECONDS, ban: { after: 3, forMs: 60_000 }, limits: [{ name: 'other', limit: 100 }], onBanned: ({ key, name }) => { banned.push(`${key} ${name}`) } }, {
    routes: app => app.get('/roomy', { config: { rateLimit: { limit: 1000, global: false } } }, async () => 'roomy')
  })
  t.same(await statuses(app, '/', 6), [200, 429, 429, 403, 403, 403])
  const refused = await app.inject({ url: '/', remoteAddress: '192.0.2.1' })
  t.equal(refused.json().code, 'PLM_RATE_LIMITER_BANNED')
  t.equal(refused.headers['retry-after'], '60')
  t.same(await statuses(app, '/roomy', 1), [403], 'whatever the limit of the route')
  t.same(banned, ['192.0.2.1 default'])
  t.match(events(app, 'banned'), [/banned for 60000 ms: 3 of its requests were refused by the limit default/])
  t.same(await statuses(app, '/', 1, '192.0.2.2'), [200])
  clock.advance(60_000)
  t.same(await statuses(app, '/', 1), [200])
  // Refusals of different windows don't add up.
  for (let i = 0; i < 4; i++) {
    t.same(await statuses(app, '/', 2, '192.0.2.5'), [200, 429])
    clock.advance(10_000)
  }
})

t.test('a ban by another key than the first gives back what the first limit counted', async t => {
  const { app } = await testApp(t, { limit: 5, limits: [{ name: 'user', limit: 5, key: { header: 'user' } }] })
  t.equal(app.rateLimiter.ban('eve', 1000, 'user'), true)
  t.same(await statuses(app, '/', 2, '192.0.2.1', { user: 'eve' }), [403, 403])
  t.equal(app.rateLimiter.peek('192.0.2.1').remaining, 5)
  t.equal(app.rateLimiter.limits.named('default').counts.allowed, 0)
})

t.test('by hand: look, take, penalise, reward, ban, reset, change the limit', async t => {
  const { app } = await testApp(t, { limit: 10, ...TEN_SECONDS })
  const { rateLimiter: limiter } = app
  t.same(limiter.peek('192.0.2.1'), { name: 'default', limit: 10, remaining: 10, resetMs: 0, retryAfterMs: 0 })
  t.match(limiter.take('192.0.2.1'), { allowed: true, remaining: 9 })
  t.match(limiter.take('192.0.2.1', { cost: 20 }), { allowed: false, remaining: 9 })
  limiter.penalize('192.0.2.1', 30)
  t.equal(limiter.peek('192.0.2.1').remaining, 0)
  limiter.reward('192.0.2.1', 25)
  t.equal(limiter.peek('192.0.2.1').remaining, 4)
  t.equal(limiter.peek('::ffff:192.0.2.1').remaining, 4, 'an address in any form')
  limiter.ban('192.0.2.1', 1000)
  t.same(await statuses(app, '/', 1), [403])
  limiter.unban('192.0.2.1')
  limiter.unban('192.0.2.123')
  t.same(await statuses(app, '/', 1), [200])
  limiter.reset('192.0.2.1')
  limiter.reset('192.0.2.200')
  t.equal(limiter.peek('192.0.2.1').remaining, 10)
  limiter.setLimit(20)
  t.equal((await app.inject('/')).headers['ratelimit-policy'], '"default";q=20;w=10')
  t.throws(() => limiter.peek('a', 'none'), { code: 'PLM_RATE_LIMITER_UNKNOWN_LIMIT', message: 'there is no rate limit none; there are default' })
  for (const wrong of [0, -1, 1.5, NaN, 1e10]) {
    t.throws(() => limiter.penalize('a', wrong), { code: 'PLM_RATE_LIMITER_INVALID_POINTS' })
    t.throws(() => limiter.setLimit(wrong), { code: 'PLM_RATE_LIMITER_INVALID_POINTS' })
    t.throws(() => limiter.ban('a', wrong), { code: 'PLM_RATE_LIMITER_INVALID_POINTS' })
  }
})

t.test('where no more bans can be kept, the client is limited as before', async t => {
  const { app } = await testApp(t, { limit: 1 })
  for (let i = 0; i < 10_000; i++) app.rateLimiter.bans.ban(Math.imul(i, 0x9e3779b1) >>> 0, i, 1_000_000, 1e9)
  t.equal(app.rateLimiter.ban('192.0.2.1', 1000), false)
  t.match(events(app, 'banned'), [/no place left/])
  const { app: other } = await testApp(t, { limit: 1, ban: { after: 1, forMs: 1000 } })
  for (let i = 0; i < 10_000; i++) other.rateLimiter.bans.ban(Math.imul(i, 0x9e3779b1) >>> 0, i, 1_000_000, 1e9)
  t.same(await statuses(other, '/', 2), [200, 429])
})

t.test('a dry run counts, journals, and refuses nobody', async t => {
  const { app } = await testApp(t, { limit: 1, dryRun: true, ban: { after: 1, forMs: 1000 } })
  t.same(await statuses(app, '/', 3), [200, 200, 200])
  const { headers } = await app.inject('/')
  t.equal(headers['ratelimit'], undefined)
  t.match(events(app, 'would-refuse'), [/1 would have been refused \(exceeded, limit default\)/])
  t.match(app.rateLimiter.limits.named('default').counts, { refused: 2, spared: 2 })
})

t.test('the journal has one refusal in ten seconds, limit and reason, and no secret', async t => {
  const { app, clock } = await testApp(t, { limit: 1, windowMs: 100_000, limits: [{ name: 'key', limit: 1, key: { header: 'x-api-key' } }] })
  await statuses(app, '/', 5)
  clock.advance(10_000)
  await statuses(app, '/', 1)
  t.match(events(app, 'refused'), [/^1 refused \(exceeded, limit default\).*client 192.0.2.1, to come back in 100 s/, /^4 refused/])
  await statuses(app, '/', 1, '192.0.2.8', { 'x-api-key': 'secret' })
  await statuses(app, '/', 1, '192.0.2.9', { 'x-api-key': 'secret' })
  t.match(events(app, 'refused').at(-1), /limit key\).*client \(not shown\)/)
})

t.test('the journal remembers no more limits than it must', async t => {
  const { clock } = await testApp(t, {})
  const entries: string[] = []
  const journal = new RefusalJournal({ clock, record: ({ message }) => { entries.push(message) } })
  const { raw: req } = await new Promise<FastifyRequest>(resolve => {
    const other = Fastify()
    other.get('/', async request => { resolve(request) })
    other.inject('/').catch(() => {})
  })
  const refusal = { req, reason: 'exceeded', limit: 1, remaining: 0, resetMs: 0, retryAfterMs: 0, key: 'k'.repeat(10_000), retryAfter: 1, statusCode: 429 } as const
  for (let i = 0; i < 300; i++) journal.refused({ ...refusal, name: `limit ${i}` }, true, false)
  t.equal(entries.length, 201, 'all above 200 together')
  t.ok(entries.every(message => message.length < 500))
})

t.test('switched off by option, by environment, by control: everything passes', async t => {
  const { app } = await testApp(t, { limit: 1, enabled: false })
  t.same(await statuses(app, '/', 2), [200, 200])
  app.rateLimiter.setEnabled(true)
  t.same(await statuses(app, '/', 2), [200, 429])
})

t.test('registered twice it is refused', async t => {
  const app = Fastify()
  app.register(rateLimiter)
  app.register(rateLimiter)
  await t.rejects(async () => { await app.ready() }, { code: 'PLM_RATE_LIMITER_REGISTERED_TWICE' })
})

t.test('in a gate it runs before routing, with the same answers; a route can degrade', async t => {
  const app = Fastify()
  gate(app)
  app.register(rateLimiter, { limit: 2 })
  app.get('/', async request => request.rateLimit?.remaining)
  app.get('/cheap', { config: { degrade: () => 'cheaper' } }, async () => 'dear')
  t.teardown(() => app.close())
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const first = await fetch(origin)
  t.equal(await first.text(), '1')
  t.equal(first.headers.get('ratelimit-policy'), '"default";q=2;w=60')
  await (await fetch(origin)).text()
  const refused = await fetch(origin, { method: 'POST', body: 'x'.repeat(100) })
  t.equal(refused.status, 429)
  t.match(refused.headers.get('ratelimit'), /^"default";r=0;t=\d+$/)
  t.match(refused.headers.get('retry-after'), /^\d+$/)
  t.match(await refused.json(), { code: 'PLM_RATE_LIMITER_EXCEEDED' })
  const cheaper = await fetch(`${origin}/cheap`)
  t.equal(await cheaper.text(), 'cheaper')
})

t.test('where core was imported too late, a route\'s limit holds from its first request on, and a bad one is journalled', async t => {
  const { app } = await testApp(t, { limit: 5 })
  const { limits } = app.rateLimiter
  const route = { id: 1000, methods: ['GET'], url: '/late', config: { rateLimit: { limit: 2 } }, constraints: {} }
  t.same(limits.of(route).limits.map(({ plan }) => plan.name), ['default', 'GET /late'])
  t.equal(limits.of(route), limits.of(route))
  const bad = { ...route, id: 1001, config: { rateLimit: { limit: 0 } } }
  t.same(limits.of(bad).limits.map(({ plan }) => plan.name), ['default'])
  t.match(events(app, 'function-failed'), [/config.rateLimit of route GET \/late/])
})

t.test('everything is left when the application closes', async t => {
  const app = Fastify()
  const core = ensureCore(app)
  app.register(rateLimiter)
  await app.ready()
  t.equal(core.admission.checks.length, 1)
  const closed = once(app.server, 'close').catch(() => {})
  await app.close()
  await closed
  t.equal(core.admission.checks.length, 0)
})
