import { expect, test } from 'tstyche'
import type { ClaimedItem, CoordinationOptions, Coordinator, CoordinatorDriver, CoordinatorMode, CoordinatorOptions, Core, DriverPorts, Fence, MakeDriver, PushResult, QuotaDecision } from '@plimsoll/core'
import { conformance } from '@plimsoll/core/conformance'

declare const coordinator: Coordinator
declare const core: Core
declare const driver: CoordinatorDriver
declare const fence: Fence

test('an instance has an id; a driver is optional, and a whole one', () => {
  expect<CoordinatorOptions>().type.toBeAssignableFrom({ id: 'a' })
  expect<CoordinatorOptions>().type.toBeAssignableFrom({ id: 'a', timings: { ttlMs: 1_000 } })
  expect<CoordinatorOptions>().type.not.toBeAssignableFrom({})
  expect<CoordinatorOptions>().type.not.toBeAssignableFrom({ id: 1 })
  expect<CoordinatorOptions>().type.not.toBeAssignableFrom({ id: 'a', driver: { name: 'half' } })
  expect(coordinator.mode).type.toBe<CoordinatorMode>()
  expect(coordinator.connect()).type.toBe<Promise<boolean>>()
})

test('every core has one, and takes a backend by name, as an object, or from a plugin', () => {
  expect(core.coordinator).type.toBe<Coordinator>()
  expect<CoordinationOptions>().type.toBeAssignableFrom({})
  expect<CoordinationOptions>().type.toBeAssignableFrom({ backend: 'redis', options: { url: process.env['REDIS_URL'] }, optional: true })
  expect<CoordinationOptions>().type.toBeAssignableFrom({ backend: driver, id: 'a', meta: { zone: 1 }, timings: { ttlMs: 1_000 } })
  expect<CoordinationOptions>().type.not.toBeAssignableFrom({ backend: { name: 'half' } })
  expect<CoordinationOptions>().type.not.toBeAssignableFrom({ timings: { ttl: 1_000 } })
  expect<CoordinationOptions>().type.not.toBeAssignableFrom({ meta: { now: new Date() } })
  expect(core.offerBackend).type.toBeCallableWith('mine', ({ clock, journal, timings }: DriverPorts) => {
    journal.record({ component: 'mine', event: 'made', message: `at ${clock.now()}, ttl ${timings.ttlMs}` })
    return driver
  })
  expect(core.offerBackend).type.not.toBeCallableWith('mine', driver)
  expect<MakeDriver>().type.not.toBeAssignableFrom(async () => driver)
})

test('writes take a fence and a revision', () => {
  expect(coordinator.set).type.toBeCallableWith('key', { a: 1 }, { fence, ifRevision: 0n, ttlMs: 1_000 })
  expect(coordinator.set).type.not.toBeCallableWith('key', 1, { ifRevision: 0 })
  expect(coordinator.set).type.not.toBeCallableWith('key', 1, { fence: 7n })
})

test('a queue carries one type', () => {
  const queue = coordinator.queue<{ to: string }>('mails')
  expect(queue.push({ to: 'a' })).type.toBe<Promise<PushResult>>()
  expect(queue.push).type.not.toBeCallableWith({ from: 'a' })
  expect<ClaimedItem>().type.not.toBeAssignableFrom({ id: 'a', attempt: '1', body: new Uint8Array() })
})

test('capacity and rates need their figures', () => {
  expect(coordinator.capacity).type.toBeCallableWith('db', { total: 10, isolated: 'floor' })
  expect(coordinator.capacity).type.not.toBeCallableWith('db', { isolated: 'half' })
  expect(coordinator.capacity).type.not.toBeCallableWith('db', {})
  expect(coordinator.quota('api', { limit: 1, windowMs: 1 }).take('key')).type.toBe<QuotaDecision>()
  expect(coordinator.quota).type.not.toBeCallableWith('api', { limit: 1 })
})

test('the suite needs a store, and is told what is left out', () => {
  const store = async () => ({ driver: (): CoordinatorDriver => coordinator.link.driver, close: async () => {} })
  expect(conformance).type.toBeCallableWith({ createStore: store, test: () => {}, skip: () => {} })
  expect(conformance).type.not.toBeCallableWith({ createStore: store, test: () => {} })
})
