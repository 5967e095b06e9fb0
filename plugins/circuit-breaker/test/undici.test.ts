import { AsyncLocalStorage } from 'node:async_hooks'
import Fastify from 'fastify'
import t from 'tap'
import * as undici7 from 'undici-7'
import * as undici8 from 'undici'
import { ensureCore } from '@plimsoll/core'
import type { RequestScope } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import { circuitBreakerFetch, circuitBreakerInterceptor, CircuitBreakers } from '../src/index.ts'
import type { CircuitBreaker, CircuitBreakerInterceptorOptions, CircuitBreakersOptions } from '../src/index.ts'
import { closedOrigin, flakyUpstream } from './flaky-upstream.ts'
import { TOUCHY } from './guarded-app.ts'
import { until } from './until.ts'

type Test = typeof t

interface Client {
  /** Reads the whole body. */
  get (url: string, options?: { readonly signal?: AbortSignal, readonly retry?: 'inside' | 'outside' }): Promise<{ readonly status: number, readonly body: string }>
  /** Begins the body and lets go of it. */
  abandon (url: string): Promise<void>
}

interface Bench {
  readonly client: Client
  readonly breakers: CircuitBreakers
  readonly origin: string
  readonly seen: ReadonlyArray<Readonly<Record<string, unknown>>>
  /** That of the upstream. */
  readonly breaker: () => CircuitBreaker
}

const RETRY = { minTimeout: 1, maxTimeout: 2, maxRetries: 3 } as const

function client7 (t: Test, breakers: CircuitBreakers, options: CircuitBreakerInterceptorOptions): Client {
  const agent = new undici7.Agent()
  t.teardown(() => agent.destroy())
  const guard = circuitBreakerInterceptor(breakers, options)
  const dispatchers = {
    none: agent.compose(guard),
    inside: agent.compose(undici7.interceptors.retry(RETRY), guard),
    outside: agent.compose(guard, undici7.interceptors.retry(RETRY))
  }
  return {
    async get (url, { signal, retry } = {}) {
      const { statusCode, body } = await undici7.request(url, { dispatcher: dispatchers[retry ?? 'none'], signal: signal ?? null })
      return { status: statusCode, body: await body.text() }
    },
    async abandon (url) {
      const { body } = await undici7.request(url, { dispatcher: dispatchers.none })
      body.on('error', () => {}).destroy()
    }
  }
}

function client8 (t: Test, breakers: CircuitBreakers, options: CircuitBreakerInterceptorOptions): Client {
  const agent = new undici8.Agent()
  t.teardown(() => agent.destroy())
  const guard = circuitBreakerInterceptor(breakers, options)
  const dispatchers = {
    none: agent.compose(guard),
    inside: agent.compose(undici8.interceptors.retry(RETRY), guard),
    outside: agent.compose(guard, undici8.interceptors.retry(RETRY))
  }
  return {
    async get (url, { signal, retry } = {}) {
      const { statusCode, body } = await undici8.request(url, { dispatcher: dispatchers[retry ?? 'none'], signal: signal ?? null })
      return { status: statusCode, body: await body.text() }
    },
    async abandon (url) {
      const { body } = await undici8.request(url, { dispatcher: dispatchers.none })
      body.on('error', () => {}).destroy()
    }
  }
}

function nodeFetch (_t: Test, breakers: CircuitBreakers, options: CircuitBreakerInterceptorOptions): Client {
  const guarded = circuitBreakerFetch(breakers, options)
  return {
    async get (url, { signal } = {}) {
      const response = await guarded(url, { signal: signal ?? null })
      return { status: response.status, body: await response.text() }
    },
    async abandon (url) {
      const { body } = await guarded(url)
      await body?.cancel()
    }
  }
}

const CLIENTS = { 'undici 7': client7, 'undici 8': client8, 'fetch of Node': nodeFetch }

for (const [name, makeClient] of Object.entries(CLIENTS)) {
  const bench = async (t: Test, settings: CircuitBreakersOptions = {}, options: CircuitBreakerInterceptorOptions = {}): Promise<Bench> => {
    const { origin, seen } = await flakyUpstream(t)
    const breakers = new CircuitBreakers({ ...TOUCHY, ...settings })
    return { client: makeClient(t, breakers, options), breakers, origin, seen, breaker: () => breakers.get(origin) }
  }

  t.test(`${name}: a status from 500 on is a failure, others are not; an open circuit makes no call`, async t => {
    const { client, origin, seen, breaker } = await bench(t as Test)
    t.strictSame(await client.get(`${origin}/200`), { status: 200, body: 'answer' })
    t.equal((await client.get(`${origin}/404`)).status, 404)
    for (const status of [500, 799]) t.equal((await client.get(`${origin}/${status}`)).status, status)
    t.match(breaker().stats, { successes: 2, failures: 2 })
    await t.rejects(client.get(`${origin}/200`), { code: 'PLM_CIRCUIT_BREAKER_OPEN', statusCode: 503, circuit: origin })
    t.equal(seen.length, 4)
    t.equal(breaker().inFlight, 0)
  })

  t.test(`${name}: a reset in mid-body is a failure, whatever the head said`, async t => {
    const { client, origin, breaker } = await bench(t as Test)
    for (let i = 0; i < 2; i++) await t.rejects(client.get(`${origin}/reset?always`))
    t.match(breaker().stats, { successes: 0, failures: 2 })
    t.equal(breaker().state, 'open')
  })

  t.test(`${name}: a connection that is refused, or closed without an answer, is a failure`, async t => {
    const { client, origin, breakers, breaker } = await bench(t as Test)
    await t.rejects(client.get(`${origin}/slam`))
    const closed = await closedOrigin()
    await t.rejects(client.get(closed))
    t.equal(breaker().stats.failures, 1)
    t.equal(breakers.get(closed).stats.failures, 1)
  })

  t.test(`${name}: what the caller aborts decides nothing, before the head and in the body`, async t => {
    const { client, origin, seen, breaker } = await bench(t as Test)
    for (const path of ['/hang', '/stall']) {
      const count = seen.length
      const controller = new AbortController()
      const answer = client.get(origin + path, { signal: controller.signal })
      answer.catch(() => {})
      await until(() => seen.length === count + 1)
      if (path === '/stall') await new Promise(resolve => setTimeout(resolve, 20))
      controller.abort()
      await t.rejects(answer, { name: 'AbortError' })
    }
    await client.abandon(`${origin}/stall`)
    await until(() => breaker().inFlight === 0)
    t.match(breaker().stats, { ignored: 3, failures: 0, successes: 0 })
  })

  t.test(`${name}: a caller whose own timeout is over has met a slow upstream`, async t => {
    const { client, origin, breaker } = await bench(t as Test)
    await t.rejects(client.get(`${origin}/hang`, { signal: AbortSignal.timeout(30) }))
    t.match(breaker().stats, { timeouts: 1, failures: 1, ignored: 0 })
  })

  t.test(`${name}: the timeout of the circuit ends a call that hangs, and a body that does`, async t => {
    const { client, origin, breaker } = await bench(t as Test, { timeout: 40 })
    await t.rejects(client.get(`${origin}/hang`), { code: 'PLM_CIRCUIT_BREAKER_TIMEOUT', statusCode: 504 })
    await t.rejects(client.get(`${origin}/stall`))
    t.match(breaker().stats, { timeouts: 2, failures: 2 })
    t.equal(breaker().state, 'open')
    t.equal(breaker().inFlight, 0)
  })

  t.test(`${name}: circuits by name, and by a key; a key that throws takes the origin`, async t => {
    const one = await bench(t as Test, {}, { name: 'bank' })
    await one.client.get(`${one.origin}/200`)
    t.equal(one.breakers.get('bank').stats.successes, 1)
    const many = await bench(t as Test, {}, { key: ({ path = '' }) => { if (path === '/201') throw new Error('no key'); return path === '/202' ? '' : path } })
    for (const path of ['/200', '/201', '/202']) await many.client.get(many.origin + path)
    t.strictSame([...many.breakers.values()].map(breaker => [breaker.name, breaker.stats.successes]), [['/200', 1], [many.origin, 2]])
    t.strictSame(one.breakers.snapshots()[0]?.origins, [one.origin], 'and says where the calls go, where its name does not')
    t.strictSame(many.breakers.snapshots().map(({ name, origins }) => [name, origins]), [[many.origin, undefined], ['/200', [many.origin]]])
  })

  t.test(`${name}: the class and the time left of the request that is served are passed on`, async t => {
    const storage = new AsyncLocalStorage<RequestScope>()
    const { client, origin, seen } = await bench(t as Test, {}, { propagate: { storage, remaining: () => 250 } })
    const app = Fastify()
    t.teardown(() => app.close())
    const core = ensureCore(app, { clock: fakeClock() })
    app.get('/', { config: { priority: 'high' } }, async ({ raw }, reply) => {
      const scope = core.scopeOf(raw, reply.raw)
      core.priorities.classify(scope)
      return await storage.run(scope, () => client.get(`${origin}/200`))
    })
    t.equal((await app.inject('/')).statusCode, 200)
    t.match(seen[0], { 'x-priority': 'high', 'x-deadline-ms': '250' })
  })

  t.test(`${name}: a call that is made for no request is passed on as it is`, async t => {
    const { client, origin, seen } = await bench(t as Test, {}, { propagate: true })
    t.equal((await client.get(`${origin}/200`)).status, 200)
    t.notMatch(seen[0], { 'x-priority': String })
  })

  if (name === 'fetch of Node') continue

  t.test(`${name}: with retries inside, a call counts once, by how it ended`, async t => {
    const { client, origin, breaker, seen } = await bench(t as Test)
    t.equal((await client.get(`${origin}/reset`, { retry: 'inside' })).body, 'abcdefghij')
    t.match(breaker().stats, { successes: 1, failures: 0 })
    t.equal(seen.length, 2)
    await t.rejects(client.get(`${origin}/503`, { retry: 'inside' }))
    await t.rejects(client.get(`${origin}/429`, { retry: 'inside' }))
    t.match(breaker().stats, { fires: 3, successes: 2, failures: 1 })
  })

  t.test(`${name}: with retries outside, each attempt counts, and none is made once the circuit is open`, async t => {
    const { client, origin, breaker, seen } = await bench(t as Test)
    t.equal((await client.get(`${origin}/reset`, { retry: 'outside' })).body, 'abcdefghij')
    t.match(breaker().stats, { successes: 1, failures: 1 })
    await t.rejects(client.get(`${origin}/503`, { retry: 'outside' }), { code: 'PLM_CIRCUIT_BREAKER_OPEN' })
    t.equal(seen.length, 4, 'two of 503, which open it, and no third')
    await t.rejects(client.get(`${origin}/200`, { retry: 'outside' }), { code: 'PLM_CIRCUIT_BREAKER_OPEN' })
    t.equal(seen.length, 4)
  })
}

t.test('a call that waits for a connection is ended at its timeout, and not made afterwards', async t => {
  const { origin, seen } = await flakyUpstream(t)
  const breakers = new CircuitBreakers({ ...TOUCHY, timeout: 40 })
  const guard = circuitBreakerInterceptor(breakers)
  const busyAndWaiting = [
    (): Array<Promise<unknown>> => {
      const pool = new undici7.Pool(origin, { connections: 1, pipelining: 1 })
      t.teardown(() => pool.destroy())
      return [undici7.request(`${origin}/hang`, { dispatcher: pool, headersTimeout: 300 }), undici7.request(`${origin}/200`, { dispatcher: pool.compose(guard) })]
    },
    (): Array<Promise<unknown>> => {
      const pool = new undici8.Pool(origin, { connections: 1, pipelining: 1 })
      t.teardown(() => pool.destroy())
      return [undici8.request(`${origin}/hang`, { dispatcher: pool, headersTimeout: 300 }), undici8.request(`${origin}/200`, { dispatcher: pool.compose(guard) })]
    }
  ]
  for (const begin of busyAndWaiting) {
    const [busy = Promise.resolve(), waiting = Promise.resolve()] = begin()
    busy.catch(() => {})
    await t.rejects(waiting, { code: 'PLM_CIRCUIT_BREAKER_TIMEOUT' })
    await t.rejects(busy, { code: 'UND_ERR_HEADERS_TIMEOUT' })
  }
  t.equal(breakers.get(origin).stats.timeouts, 2)
  t.equal(seen.length, 2)
})
