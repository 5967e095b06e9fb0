import t from 'tap'
import { FrameHistory } from '@plimsoll/core'
import { frameOf, historyOf, START } from './hour.ts'
import { classOf, routeOf } from './traffic.ts'

t.test('an hour of one frame a second is kept, and no more', async (t) => {
  const history = historyOf(4000)
  t.ok(history.length >= 3600 && history.length <= 3660, `${history.length} frames`)
  t.equal(history.oldest, START + (4000 - history.length) * 1000)
})

t.test('500 busy routes stay within the bytes: the oldest minutes go', async (t) => {
  const bytes = 4 * 1024 * 1024
  const history = new FrameHistory({ seconds: 3600, maxBytes: bytes })
  const classes = { '2xx': classOf(...Array.from({ length: 20 }, (_, i) => i + 1)), '4xx': classOf(1) }
  const routes = Array.from({ length: 500 }, (_, i) => routeOf(`/route/${i}`, classes, 1))
  let most = 0
  for (let second = 0; second < 60 * 8; second++) {
    history.add(frameOf(second, { routes }))
    most = Math.max(most, history.bytes)
  }
  t.ok(most <= bytes, `${most} bytes at most`)
  t.ok(history.length >= 120 && history.length < 480, `${history.length} seconds are left`)
  t.equal(history.query({ of: { method: 'GET', route: '/route/499' } }).columns['requests']!.at(-1), 21)
  t.comment(`${Math.round(history.bytes / history.length)} bytes a second with 500 routes of two classes`)
})
