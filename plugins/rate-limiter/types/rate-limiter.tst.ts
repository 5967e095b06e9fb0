import Fastify from 'fastify'
import type { FastifyRequest } from 'fastify'
import { expect, test } from 'tstyche'
import rateLimiter from '@plimsoll/rate-limiter'
import type { AlgorithmName, LimitedRequest, LimitOptions, RateLimiter, RateLimiterOptions, RefusedRequest, RouteLimitOptions, Standing } from '@plimsoll/rate-limiter'

const app = Fastify()

test('the plugin and its options', () => {
  expect(app.register).type.toBeCallableWith(rateLimiter)
  expect(app.register).type.toBeCallableWith(rateLimiter, { limit: 100, windowMs: 1000, algorithm: 'sliding-window' as const })
  expect<RateLimiterOptions>().type.toBeAssignableFrom({})
  expect<RateLimiterOptions>().type.toBeAssignableFrom({ key: { header: 'x-api-key' }, cost: 2 })
  expect<RateLimiterOptions>().type.toBeAssignableFrom({ key: () => 'account', cost: () => 2, allow: () => true, deny: ['10.0.0.0/8'] })
  expect<RateLimiterOptions>().type.toBeAssignableFrom({ limits: [{ name: 'second', limit: 10, windowMs: 1000 }] })
  expect<RateLimiterOptions>().type.toBeAssignableFrom({ response: (refused: RefusedRequest) => ({ wait: refused.retryAfter }) })
  expect<RateLimiterOptions>().type.toBeAssignableFrom({ response: () => ({ contentType: 'text/html', body: '<p>later</p>' }) })
  expect<RateLimiterOptions>().type.toBeAssignableFrom({ onRefused: (request: LimitedRequest) => { request.key.toUpperCase() } })
  expect<RateLimiterOptions>().type.not.toBeAssignableFrom({ limits: [{ limit: 10 }] })
  expect<RateLimiterOptions>().type.not.toBeAssignableFrom({ windowMs: '1 minute' })
  expect<RateLimiterOptions>().type.not.toBeAssignableFrom({ algorithm: 'best' })
  expect<RateLimiterOptions>().type.not.toBeAssignableFrom({ key: 'header' })
  expect<RateLimiterOptions>().type.not.toBeAssignableFrom({ key: async () => 'account' })
  expect<RateLimiterOptions>().type.not.toBeAssignableFrom({ headers: true })
  expect<LimitOptions>().type.not.toBeAssignableFrom({ ban: { after: 3 } })
  expect<AlgorithmName>().type.toBe<'gcra' | 'sliding-window' | 'fixed-window' | 'token-bucket' | 'leaky-bucket'>()
})

test('decorators', () => {
  expect(app.rateLimiter).type.toBe<RateLimiter>()
  expect(app.rateLimiter.peek('192.0.2.1')).type.toBe<Standing>()
  expect(app.rateLimiter.take).type.toBeCallableWith('192.0.2.1', { cost: 2, limit: 'default' })
  expect(app.rateLimiter.take('192.0.2.1').allowed).type.toBe<boolean>()
  expect(app.rateLimiter.penalize).type.not.toBeCallableWith('192.0.2.1')
  expect(app.rateLimiter.ban('192.0.2.1', 1000)).type.toBe<boolean>()
  expect<FastifyRequest['rateLimit']>().type.toBe<Standing | undefined>()
})

test('route config', () => {
  expect(app.get).type.toBeCallableWith('/', { config: { rateLimit: { limit: 5 } } }, async () => 'ok')
  expect(app.get).type.toBeCallableWith('/', { config: { rateLimit: [{ limit: 5, windowMs: 1000 }, { limit: 100 }] } }, async () => 'ok')
  expect(app.get).type.toBeCallableWith('/', { config: { rateLimit: false } }, async () => 'ok')
  expect(app.get).type.not.toBeCallableWith('/', { config: { rateLimit: {} } }, async () => 'ok')
  expect(app.get).type.not.toBeCallableWith('/', { config: { rateLimit: 'none' } }, async () => 'ok')
  expect<RouteLimitOptions>().type.toBeAssignableFrom({ limit: 5, global: false })
})
