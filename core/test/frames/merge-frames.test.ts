import t from 'tap'
import { mergeFrames } from '@plimsoll/core'
import type { Frame } from '@plimsoll/core'
import { emptyFrame } from '@plimsoll/core/testing'
import { classOf, routeOf } from './traffic.ts'

const entry = { component: 'shop', event: 'opened', message: 'open', severity: 'info', data: {} } as const
const slow = { at: 1, method: 'GET', route: '/', outcome: '2xx', status: 200, requestId: '', traceId: '' } as const
const timer = { name: 'render', type: 'timer', value: 1, time: 2000, buckets: classOf(2).buckets } as const

function frames (): readonly Frame[] {
  return [
    emptyFrame({ instance: 'b', sequence: 4, at: 20, requests: { ...emptyFrame().requests, inFlight: 2 }, routes: [routeOf('/', { '2xx': classOf(1, 2) }, 1)], figures: [timer, { name: 'depth', type: 'gauge', value: 5, time: 0, buckets: [] }], slow: [{ ...slow, ms: 7 }], journal: [{ ...entry, sequence: 1, at: 10 }] }),
    emptyFrame({ instance: 'a', sequence: 9, at: 10, window: 2000, requests: { ...emptyFrame().requests, inFlight: 3 }, routes: [routeOf('/', { '2xx': classOf(2), '5xx': classOf(8) }, 2), routeOf('/other', {})], upstreams: [{ origin: 'http://x', inFlight: 1, classes: {} }], figures: [timer, { name: 'depth', type: 'gauge', value: 3, time: 0, buckets: [] }], slow: [{ ...slow, ms: 9 }], journal: [{ ...entry, sequence: 8, at: 11 }, { ...entry, sequence: 7, at: 11 }], components: [{ kind: 'shop', name: 'shop', health: { status: 'ok' }, snapshot: {} }] }),
    emptyFrame({ instance: 'a', sequence: 8, routes: [routeOf('/', { '2xx': classOf(1000) })] })
  ]
}

t.test('what can be added is added, the newest frame of each instance; what can\'t stays by instance', async (t) => {
  const merged = mergeFrames(frames())
  t.equal(merged.at, 20)
  t.equal(merged.window, 1500)
  t.strictSame(merged.instances.map(({ instance, sequence }) => [instance, sequence]), [['a', 9], ['b', 4]])
  t.equal(merged.requests.inFlight, 5)
  t.strictSame(merged.routes, [routeOf('/', { '2xx': classOf(2, 1, 2), '5xx': classOf(8) }, 3), routeOf('/other', {})])
  t.strictSame(merged.upstreams, [{ origin: 'http://x', inFlight: 1, classes: {} }])
  t.strictSame(merged.figures, [{ ...timer, value: 2, time: 4000, buckets: classOf(2, 2).buckets }, { name: 'depth', type: 'gauge', value: 8, time: 0, buckets: [] }])
  t.strictSame(merged.slow.map(({ ms, instance }) => [ms, instance]), [[9, 'a'], [7, 'b']])
  t.strictSame(merged.journal.map(({ sequence }) => sequence), [8, 7, 1])
  t.strictSame(merged.components.map(({ instance }) => instance), ['a'])
})

t.test('the order in which frames come changes nothing', async (t) => {
  t.strictSame(mergeFrames(frames().toReversed()), mergeFrames(frames()))
})

t.test('no frame at all is an empty one', async (t) => {
  t.match(mergeFrames([]), { at: 0, window: 0, instances: [], routes: [], requests: { inFlight: 0 } })
})

t.test('samples and entries of many instances are bounded', async (t) => {
  const many = Array.from({ length: 50 }, (_, i) => emptyFrame({ instance: `${i}`, slow: Array.from({ length: 10 }, () => ({ ...slow, ms: i })), journal: Array.from({ length: 10 }, (_, n) => ({ ...entry, sequence: n, at: i })) }))
  const merged = mergeFrames(many)
  t.equal(merged.slow.length, 100)
  t.equal(merged.journal.length, 200)
  t.equal(merged.journal[0]?.at, 49)
})
