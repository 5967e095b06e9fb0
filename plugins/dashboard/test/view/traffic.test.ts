import { mergeFrames } from '@plimsoll/core'
import { emptyFrame } from '@plimsoll/core/testing'
import t from 'tap'
import { instanceViews } from '../../src/view/instances.ts'
import { saturationOf } from '../../src/view/saturation.ts'
import { routeViews, trafficOf, upstreamViews } from '../../src/view/traffic.ts'
import { classes, observed } from '../frames.ts'

const { requests, vitals } = emptyFrame()
const settled = { ...requests.settled, completed: 90, refused: 6, 'client-abort': 2, reset: 1, timeout: 1 }
const busy = { requests: { inFlight: 7, leased: 8, openStreams: 3, settled } }

t.test('traffic is per second, and its errors are those of this side', async (t) => {
  const merged = mergeFrames([emptyFrame({ ...busy, window: 2000, routes: [{ method: 'GET', route: '/', inFlight: 7, classes: classes({ '2xx': [80, 10], '5xx': [10, 100], '4xx': [5, 1] }) }] })])
  t.match(trafficOf(merged), { requests: 50, errorShare: 0.12, refused: 3, aborted: 1, inFlight: 7, openStreams: 3 })
  const { p50, p95, p99 } = trafficOf(merged)
  t.ok(Math.abs(p50! - 10) < 0.2)
  t.ok(Math.abs(p95! - 100) < 2)
  t.ok(Math.abs(p99! - 100) < 2)
})

t.test('without the monitor there are counts and no percentiles', async (t) => {
  t.match(trafficOf(mergeFrames([emptyFrame(busy)])), { requests: 100, errorShare: 0.02, p50: null, p95: null, p99: null })
})

t.test('of no frame there is no traffic, and nothing is divided by zero', async (t) => {
  t.match(trafficOf(mergeFrames([])), { requests: 0, errorShare: 0, refused: 0, p50: null, inFlight: 0 })
})

t.test('more errors than requests, as windows of routes and scopes may differ, are all of them', async (t) => {
  t.equal(trafficOf(mergeFrames([emptyFrame({ requests: { ...busy.requests, settled: { ...requests.settled, completed: 1 } }, routes: [{ method: 'GET', route: '/', inFlight: 0, classes: classes({ '5xx': [2, 1] }) }] })])).errorShare, 1)
})

t.test('routes come by the time spent in them, at most 50', async (t) => {
  const routes = Array.from({ length: 60 }, (_, i) => ({ method: 'GET', route: `/${i}`, inFlight: i, classes: classes({ '2xx': [i, 10] }) }))
  const views = routeViews([{ method: 'POST', route: '/slow', inFlight: 1, classes: classes({ '2xx': [2, 400], refused: [2, 1] }) }, ...routes], 500)
  t.equal(views.length, 50)
  t.match(views[0], { method: 'POST', route: '/slow', requests: 8, errorShare: 0, refused: 4, inFlight: 1, time: 1600 })
  t.equal(views[1]?.route, '/59')
  t.match(routeViews([{ method: 'GET', route: '/idle', inFlight: 3, classes: {} }, { method: 'GET', route: '/refusing', inFlight: 0, classes: classes({ refused: [1, 1] }) }], 1000), [{ route: '/refusing' }, { route: '/idle', requests: 0, p50: null, time: 0 }])
})

t.test('upstreams come by requests, at most 50', async (t) => {
  const upstreams = Array.from({ length: 60 }, (_, i) => ({ origin: `https://${i}`, inFlight: 0, classes: classes({ '2xx': [i, 5], timeout: [i, 50] }) }))
  const views = upstreamViews(upstreams, 1000)
  t.equal(views.length, 50)
  t.match(views[0], { origin: 'https://59', requests: 118, errorShare: 0.5, inFlight: 0 })
})

t.test('saturation is the worst instance\'s, with its name', async (t) => {
  const sick = emptyFrame({ instance: 'b', vitals: { ...vitals, eventLoop: { utilization: 0.99, delay: { ...vitals.eventLoop.delay, max: 400 } }, memory: { ...vitals.memory, oldSpaceFloor: undefined } } })
  const saturation = saturationOf(mergeFrames([emptyFrame({ instance: 'a' }), sick]).instances)
  t.match(saturation, { loop: { value: 0.99, instance: 'b' }, loopDelay: { value: 400, instance: 'b' }, heapFloor: { value: 15e6, instance: 'a' }, cpu: { value: 0.1, instance: 'a' } })
  t.strictSame(saturationOf([]).loop, { value: 0, instance: '' })
})

t.test('instances come by name, with what they last said', async (t) => {
  const reasons = Array.from({ length: 30 }, (_, i) => ({ component: `c${i}`, status: 'degraded' as const, reason: 'so' }))
  const views = instanceViews([
    observed({ instance: 'b', ...busy, window: 2000, health: { live: true, ready: false, degraded: true, reasons } }, true),
    observed({ instance: 'a', routes: [{ method: 'GET', route: '/', inFlight: 0, classes: classes({ '2xx': [1, 20] }) }] })
  ], 'a')
  t.match(views, [{ instance: 'a', self: true, state: 'live', requests: 0, ready: true, reasons: [] }, { instance: 'b', self: false, state: 'stale', requests: 50, errorShare: 0.02, p99: null, ready: false, degraded: true }])
  t.ok(Math.abs(views[0]!.p99! - 20) < 0.4)
  t.equal(views[1]?.reasons.length, 10)
  t.equal(views[1]?.reasons[0], 'c0: so')
  t.equal(instanceViews(Array.from({ length: 300 }, (_, i) => observed({ instance: `i${i}` })), 'a').length, 200)
})
