import Fastify from 'fastify'
import type { FastifyRequest } from 'fastify'
import { expect, test } from 'tstyche'
import * as undici7 from 'undici-7'
import * as undici8 from 'undici'
import circuitBreaker, { circuitBreakerFetch, circuitBreakerInterceptor, CircuitBreakers } from '@plimsoll/circuit-breaker'
import type { CircuitBreaker, CircuitBreakerPluginOptions, RouteCircuitBreakerOptions } from '@plimsoll/circuit-breaker'

const app = Fastify()
const breakers = new CircuitBreakers()

test('the plugin and its options', () => {
  expect(app.register).type.toBeCallableWith(circuitBreaker)
  expect(app.register).type.toBeCallableWith(circuitBreaker, { cluster: 'quorum' as const, failureRateThreshold: 0.2, circuits: { bank: { timeout: 800 } } })
  expect<CircuitBreakerPluginOptions>().type.toBeAssignableFrom({})
  expect<CircuitBreakerPluginOptions>().type.not.toBeAssignableFrom({ cluster: 'all' })
  expect<CircuitBreakerPluginOptions>().type.not.toBeAssignableFrom({ timeout: '5s' })
  expect<CircuitBreakerPluginOptions>().type.not.toBeAssignableFrom({ circuits: { bank: { cluster: 'any' } } })
})

test('decorator', () => {
  expect(app.circuitBreakers).type.toBe<CircuitBreakers>()
  expect(app.circuitBreakers.get('bank')).type.toBe<CircuitBreaker>()
})

test('route config', () => {
  expect(app.get).type.toBeCallableWith('/', { config: { circuitBreaker: true } }, async () => 'ok')
  expect(app.get).type.toBeCallableWith('/', { config: { circuitBreaker: { name: 'bank', timeout: 500, key: (request: FastifyRequest) => request.ip } } }, async () => 'ok')
  expect<RouteCircuitBreakerOptions>().type.not.toBeAssignableFrom({ retry: {} })
  expect<RouteCircuitBreakerOptions>().type.not.toBeAssignableFrom({ key: () => 5 })
  expect(app.get).type.not.toBeCallableWith('/', { config: { circuitBreaker: { timeout: '5s' } } }, async () => 'ok')
})

test('an interceptor for undici 7 and 8, and a fetch', () => {
  expect(new undici7.Agent().compose).type.toBeCallableWith(circuitBreakerInterceptor(breakers))
  expect(new undici8.Agent().compose).type.toBeCallableWith(circuitBreakerInterceptor(breakers, { name: 'bank' }))
  expect(circuitBreakerInterceptor).type.toBeCallableWith(breakers, { key: ({ origin }: { readonly origin?: string | URL | undefined }) => String(origin), propagate: true })
  expect(circuitBreakerInterceptor).type.not.toBeCallableWith(breakers, { key: 'origin' })
  expect(circuitBreakerFetch(breakers)).type.toBe<typeof fetch>()
})
