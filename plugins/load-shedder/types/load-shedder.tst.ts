import Fastify from 'fastify'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { expect, test } from 'tstyche'
import loadShedder, { TYPE_RSS_BYTES } from '@plimsoll/load-shedder'
import type { Force, LiveOptions, LoadShedder, LoadShedderOptions, MemoryUsage, PressureType, Strategy, StrategyPorts } from '@plimsoll/load-shedder'

const app = Fastify()

declare function makeStrategy (ports: StrategyPorts): Strategy

test('the plugin and its options', () => {
  expect(app.register).type.toBeCallableWith(loadShedder)
  expect(app.register).type.toBeCallableWith(loadShedder, { strategy: 'oldest' as const, limit: 10 })
  expect<LoadShedderOptions>().type.toBeAssignableFrom({})
  expect<LoadShedderOptions>().type.toBeAssignableFrom({ strategy: makeStrategy })
  expect<LoadShedderOptions>().type.toBeAssignableFrom({ statusRoute: true })
  expect<LoadShedderOptions>().type.toBeAssignableFrom({ statusRoute: { url: '/alive', routeOpts: { logLevel: 'silent' } } })
  expect<LoadShedderOptions>().type.not.toBeAssignableFrom({ strategy: 'best' })
  expect<LoadShedderOptions>().type.not.toBeAssignableFrom({ maxQueue: '10' })
  expect<LoadShedderOptions>().type.not.toBeAssignableFrom({ priority: () => 'urgent' })
  expect<LoadShedderOptions>().type.not.toBeAssignableFrom({ client: () => 5 })
  expect<LoadShedderOptions>().type.not.toBeAssignableFrom({ customError: new Error('an instance') })
})

test('decorators', () => {
  expect(app.loadShedder).type.toBe<LoadShedder>()
  expect(app.loadShedder.force).type.toBe<Force>()
  expect(app.loadShedder.forceOn).type.toBeCallableWith('high')
  expect(app.loadShedder.forceOn).type.not.toBeCallableWith('urgent')
  expect(app.isUnderPressure()).type.toBe<boolean>()
  expect(app.memoryUsage()).type.toBe<MemoryUsage>()
})

test('options that can be changed while the service runs', () => {
  expect<LiveOptions>().type.toBeAssignableFrom({ dryRun: true, maxQueue: 1, maxStreams: 1, limit: 1 })
  expect<LiveOptions>().type.not.toBeAssignableFrom({ retryAfter: 1 })
})

test('route config', () => {
  expect(app.get).type.toBeCallableWith('/', { config: { priority: 'critical' as const, stream: true } }, async () => 'ok')
  expect(app.get).type.toBeCallableWith('/', { config: { pressureHandler: (_request: FastifyRequest, reply: FastifyReply, type: PressureType, value: number | undefined) => reply.send({ type, value }) } }, async () => 'ok')
  expect(app.get).type.not.toBeCallableWith('/', { config: { pressureHandler: 'no' } }, async () => 'ok')
  expect(TYPE_RSS_BYTES).type.toBe<'rssBytes'>()
})
