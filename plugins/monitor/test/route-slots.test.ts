import type { RouteRecord } from '@plimsoll/core'
import t from 'tap'
import { RouteSlots } from '../src/route-slots.ts'

const route = (id: number, methods: readonly string[], url: string): RouteRecord => ({ id, methods, url, config: {}, constraints: {} })

t.test('each method of a route has a slot of its own, made when it is first asked for', async (t) => {
  const slots = new RouteSlots(20)
  t.equal(slots.size, 2)
  const items = route(5, ['GET', 'POST'], '/items/:id')
  t.strictSame(slots.labelOf(slots.slotOf(items, 'POST')), { method: 'POST', route: '/items/:id' })
  t.strictSame(slots.labelOf(slots.slotOf(items, 'GET')), { method: 'GET', route: '/items/:id' })
  t.equal(slots.size, 4)
  t.equal(slots.slotOf(items, 'PUT'), slots.slotOf(items, 'GET'), 'a method that it has not counts with its first')
  t.equal(slots.slotOf(items, undefined), slots.slotOf(items, 'GET'))
  t.strictSame(slots.labelOf(slots.slotOf(undefined, 'GET')), { method: '*', route: '(unmatched)' })
})

t.test('routes above the bound share one slot', async (t) => {
  const slots = new RouteSlots(10)
  for (let id = 0; id < 100; id++) slots.slotOf(route(id, ['GET'], `/${id}`), 'GET')
  t.equal(slots.size, 10)
  t.strictSame(slots.labelOf(slots.slotOf(route(99, ['GET'], '/99'), 'GET')), { method: '*', route: '(other)' })
  t.equal(slots.slotOf(route(200, ['GET', 'POST'], '/200'), 'POST'), slots.slotOf(route(99, ['GET'], '/99'), 'GET'))
})
