import Fastify from 'fastify'
import { expect, test } from 'tstyche'
import alerts from '@plimsoll/alerts'
import type { AlertRecord, AlertRule, Alerts, AlertsOptions, Findings, Notification, NotifierOptions, Silence } from '@plimsoll/alerts'

const app = Fastify()

test('the plugin and its options', () => {
  expect(app.register).type.toBeCallableWith(alerts)
  expect(app.register).type.toBeCallableWith(alerts, { service: 'shop', rules: { 'rps-drop': false as const, 'gc-pause': { threshold: 50 } } })
  expect<AlertsOptions>().type.toBeAssignableFrom({})
  expect<AlertsOptions>().type.toBeAssignableFrom({ rules: { 'latency-threshold': { absoluteMs: 250 } } })
  expect<AlertsOptions>().type.not.toBeAssignableFrom({ rules: { 'gc-pause': { absoluteMs: 250 } } })
  expect<AlertsOptions>().type.not.toBeAssignableFrom({ rules: { latency: false } })
  expect<AlertsOptions>().type.not.toBeAssignableFrom({ whenIsolated: 'shout' })
  expect<AlertsOptions>().type.not.toBeAssignableFrom({ slo: [{ name: 'a' }] })
})

test('notifiers have what their type has', () => {
  expect<NotifierOptions>().type.toBeAssignableFrom({ type: 'webhook', url: 'https://example.org', secret: 'sixteen characters' } as const)
  expect<NotifierOptions>().type.toBeAssignableFrom({ type: 'function', notify: async (notification: Notification) => notification.title } as const)
  expect<NotifierOptions>().type.not.toBeAssignableFrom({ type: 'webhook' } as const)
  expect<NotifierOptions>().type.not.toBeAssignableFrom({ type: 'pigeon', url: 'https://example.org' } as const)
})

test('rules of one\'s own', () => {
  expect<AlertRule>().type.toBeAssignableFrom({ name: 'mine', evaluate: () => true })
  expect<AlertRule>().type.not.toBeAssignableFrom({ name: 'mine', evaluate: () => 'yes' })
  expect<AlertRule>().type.not.toBeAssignableFrom({ name: 'mine', severity: 'mild', evaluate: () => true })
  expect<Findings>().type.toBeAssignableFrom(undefined)
})

test('decorators', () => {
  expect(app.alerts).type.toBe<Alerts>()
  expect(app.alerts.firing({ cluster: true })).type.toBe<readonly AlertRecord[]>()
  expect(app.alerts.silence).type.toBeCallableWith({ rule: 'rps-drop', minutes: 30 })
  expect(app.alerts.silence({ rule: 'x' })).type.toBe<Silence>()
  expect(app.alerts.voice).type.toBe<'all' | 'itself' | 'none'>()
})
