import t from 'tap'
import { readFrame } from '@plimsoll/core'
import type { Frame } from '@plimsoll/core'
import { emptyFrame } from '@plimsoll/core/testing'
import { classOf, routeOf } from './traffic.ts'

const whole: Frame = emptyFrame({
  health: { live: true, ready: false, degraded: true, reasons: [{ component: 'shop', status: 'failing', reason: 'closed' }] },
  components: [{ kind: 'shop', name: 'shop', health: { status: 'degraded', reason: 'late' }, snapshot: { deep: { er: [1, null] } } }],
  routes: [routeOf('/', { '2xx': classOf(1, 2) })],
  upstreams: [{ origin: 'http://x', inFlight: 0, classes: { timeout: classOf(1) } }],
  figures: [{ name: 'render', type: 'timer', value: 1, time: 1000, buckets: [64, 1] }],
  slow: [{ at: 1, method: 'GET', route: '/', outcome: '2xx', status: 200, ms: 9, requestId: '', traceId: '' }],
  journal: [{ sequence: 1, at: 1, component: 'shop', event: 'opened', message: 'open', severity: 'info', data: {} }]
})

t.test('a frame that went over the wire is the same frame', async (t) => {
  const sent: unknown = JSON.parse(JSON.stringify(whole))
  t.strictSame(readFrame(sent), sent)
  t.match(readFrame(JSON.parse(JSON.stringify({ ...whole, later: 'version' }))), { sequence: 1 }, 'a newer version may have more')
})

t.test('what is no frame is none', async (t) => {
  const spoilt: Readonly<Record<string, object>> = {
    'another type': { sequence: '1' },
    'a missing part': { vitals: undefined },
    'a negative count': { journalMissed: -1 },
    'no list': { routes: {} },
    'an unknown word': { health: { ...whole.health, reasons: [{ component: 'shop', status: 'great', reason: '' }] } },
    'a figure that is none': { requests: { ...whole.requests, inFlight: null } },
    'a class that is none': { routes: [routeOf('/', { '2xx': { ...classOf(1), count: 1.5 } })] },
    'odd buckets': { figures: [{ ...whole.figures[0], buckets: [1] }] },
    'buckets out of order': { figures: [{ ...whole.figures[0], buckets: [9, 1, 8, 1] }] },
    'a bucket that there isn\'t': { figures: [{ ...whole.figures[0], buckets: [896, 1] }] },
    'an empty bucket': { figures: [{ ...whole.figures[0], buckets: [1, 0] }] },
    'no buckets': { figures: [{ ...whole.figures[0], buckets: 'many' }] },
    'a snapshot that is none': { components: [{ ...whole.components[0], snapshot: [] }] }
  }
  for (const [what, part] of Object.entries(spoilt)) t.equal(readFrame({ ...whole, ...part }), undefined, what)
  for (const what of [undefined, null, 7, 'frame', [], [whole]]) t.equal(readFrame(what), undefined)
})

t.test('texts are cut, prototype keys left out, and what is too large is no frame', async (t) => {
  const snapshot: unknown = JSON.parse('{ "__proto__": { "polluted": true }, "fine": 1 }')
  const read = readFrame({ ...whole, instance: 'x'.repeat(5000), components: [{ ...whole.components[0], snapshot }] })
  t.equal(read?.instance.length, 1000)
  t.strictSame(read?.components[0]?.snapshot, { fine: 1 })
  t.equal(readFrame({ ...whole, routes: Array.from({ length: 200_000 }, () => routeOf('/', {})) }), undefined)
})
