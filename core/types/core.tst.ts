import type { IncomingMessage } from 'node:http'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { Agent } from 'undici'
import { expect, test } from 'tstyche'
import plimsoll, { accepted, ensureCore, flag, integer, oneOf, optionSpec, priorityInterceptor, text } from '@plimsoll/core'
import type { AdmissionCheck, Component, Core, CoreOptions, OptionCheck, Priority, PriorityRank, Refusal, RequestScope, ScopeListener, SettleReason } from '@plimsoll/core'
import type { FakeClock } from '@plimsoll/core/testing'

const app: FastifyInstance = Fastify()

test('the plugin and its options', () => {
  expect(app.register).type.toBeCallableWith(plimsoll)
  expect(app.register).type.toBeCallableWith(plimsoll, { priority: () => 'high' as const })
  expect(app.register).type.toBeCallableWith(plimsoll, { priority: (req: IncomingMessage) => req.url === '/' ? 'high' as const : undefined })
  expect<CoreOptions>().type.toBeAssignableFrom({})
  expect<CoreOptions>().type.not.toBeAssignableFrom({ priority: 'high' })
  expect<CoreOptions>().type.not.toBeAssignableFrom({ priority: () => 'urgent' as const })
  expect<CoreOptions>().type.not.toBeAssignableFrom({ priority: async () => 'high' as const })
  expect<CoreOptions>().type.not.toBeAssignableFrom({ priorityRules: [{ path: '/' }] })
  expect<CoreOptions>().type.not.toBeAssignableFrom({ priorityHeader: {} })
})

test('the decorator is the core', () => {
  expect(app.plimsoll).type.toBe<Core>()
  expect(ensureCore(app)).type.toBe<Core>()
  expect(ensureCore).type.not.toBeCallableWith({})
})

test('route config', () => {
  expect(app.get).type.toBeCallableWith('/', { config: { priority: 'critical' } }, () => 'ok')
  expect(app.get).type.not.toBeCallableWith('/', { config: { priority: 'urgent' } }, () => 'ok')
  expect(app.get).type.not.toBeCallableWith('/', { config: { degrade: 'cheap' } }, () => 'ok')
  app.get('/', {
    config: {
      degrade (request, reply, refusal) {
        expect(refusal).type.toBe<Refusal>()
        return reply.send(request.url)
      }
    }
  }, () => 'ok')
})

test('classes and ranks', () => {
  expect<Priority>().type.toBe<'system' | 'critical' | 'high' | 'normal' | 'low' | 'batch'>()
  expect<PriorityRank>().type.toBe<0 | 1 | 2 | 3 | 4 | 5>()
})

test('a request scope says why it ended, and carries the listener\'s own value', () => {
  const listener: ScopeListener<{ count: number }> = { settled (_scope, reason, value) { expect(reason).type.toBe<SettleReason>(); value.count++ } }
  const scope = ensureCore(app).scopeOf({} as never, {} as never)
  expect(scope).type.toBe<RequestScope>()
  expect(scope.watch).type.toBeCallableWith(listener, { count: 0 })
  expect(scope.watch<{ count: number }>).type.not.toBeCallableWith(listener, 'no count')
  expect<Pick<RequestScope, 'settled'>>().type.not.toBeAssignableTo<{ settled: SettleReason }>()
})

test('admission checks are synchronous', () => {
  expect<AdmissionCheck>().type.toBeAssignableFrom({ name: 'a', order: 1, check: () => undefined })
  expect<AdmissionCheck>().type.not.toBeAssignableFrom({ name: 'a', order: 1, check: async () => undefined })
  expect<AdmissionCheck>().type.not.toBeAssignableFrom({ name: 'a', order: 1, check: () => false })
})

test('components', () => {
  expect<Component>().type.toBeAssignableFrom({ kind: 'a', name: 'a', snapshot: () => ({ n: 1 }), health: () => ({ status: 'ok' as const }) })
  expect<Component>().type.not.toBeAssignableFrom({ kind: 'a', name: 'a', snapshot: () => ({ n: new Date() }), health: () => ({ status: 'ok' as const }) })
  expect<Component>().type.not.toBeAssignableFrom({ kind: 'a', name: 'a', snapshot: () => ({}), health: () => ({ status: 'fine' as const }) })
})

test('option specs: what is not optional needs a default', () => {
  class InvalidOption extends Error { constructor (name: string, given: string, right: string) { super(`${name} ${given} ${right}`) } }
  interface Options { readonly limit?: number, readonly mode?: 'a' | 'b', readonly note?: string }
  expect(integer({ default: 1 })).type.toBe<OptionCheck<number>>()
  expect(integer()).type.toBe<OptionCheck<number | undefined>>()
  expect(oneOf(['a', 'b'], { default: 'a' })).type.toBe<OptionCheck<'a' | 'b'>>()
  expect(flag).type.not.toBeCallableWith()
  const spec = optionSpec<Options>(InvalidOption, { limit: integer({ default: 1 }), mode: oneOf(['a', 'b'], { default: 'a' }), note: text({ default: '-' }) })
  expect(spec.resolve({}).values.limit).type.toBe<number>()
  expect(spec.resolve).type.not.toBeCallableWith({ limit: '1' })
  expect(optionSpec<{ readonly limit?: number }>).type.not.toBeCallableWith(InvalidOption, { limit: integer() })
  expect(optionSpec<{ readonly limit?: number }>).type.not.toBeCallableWith(InvalidOption, {})
  expect(accepted).type.toBeCallableWith((given: unknown): given is 7 => given === 7, 'give 7')
})

test('the interceptor fits undici\'s compose, which core does not depend on', () => {
  const agent = new Agent()
  expect(agent.compose).type.toBeCallableWith(priorityInterceptor())
  expect(priorityInterceptor).type.not.toBeCallableWith({ remaining: () => 'soon' })
})

test('the fake clock is a clock', () => {
  expect<FakeClock>().type.toBeAssignableTo<Core['clock']>()
})
