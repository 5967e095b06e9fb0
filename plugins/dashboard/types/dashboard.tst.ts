import type { FastifyInstance } from 'fastify'
import { expect, test } from 'tstyche'
import dashboard from '@plimsoll/dashboard'
import type { DashboardOptions, Diagnosis, View } from '@plimsoll/dashboard'

declare const app: FastifyInstance
declare const view: View

test('it is registered with and without options', () => {
  expect(app.register).type.toBeCallableWith(dashboard)
  expect(app.register).type.toBeCallableWith(dashboard, { service: 'shop', controls: true, history: 900, enabled: true })
})

test('wrong options are found by the compiler', () => {
  expect<DashboardOptions>().type.not.toBeAssignableFrom({ histroy: 900 })
  expect<DashboardOptions>().type.not.toBeAssignableFrom({ history: '900' })
  expect<DashboardOptions>().type.not.toBeAssignableFrom({ controls: 'yes' })
})

test('a view is typed for who reads the API', () => {
  expect(view.status).type.toBe<Diagnosis>()
  expect(view.traffic.p99).type.toBe<number | null>()
  expect(view.routes[0]?.method).type.toBe<string | undefined>()
})
