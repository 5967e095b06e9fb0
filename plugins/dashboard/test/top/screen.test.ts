import { stripVTControlCharacters } from 'node:util'
import t from 'tap'
import type { ComponentDetail, View } from '../../src/view/view.ts'
import { paintOf } from '../../src/top/paint.ts'
import { widthOf } from '../../src/top/printable.ts'
import { screenLines } from '../../src/top/screen.ts'
import { tableLines } from '../../src/top/table.ts'
import { bytes, count, duration, percent, timeOfDay } from '../../src/top/words.ts'
import { aComponent, anInstance, aRoute, AT, aView } from './a-view.ts'
import { HOSTILE, isHarmless } from './hostile.ts'

const plain = paintOf(false)
const paper = { width: 120, height: Infinity, paint: plain }

function screen (view: View, { components = [], lost, ...room }: { readonly components?: readonly ComponentDetail[], readonly lost?: string, readonly width?: number, readonly height?: number } = {}): readonly string[] {
  return screenLines({ view, components, lost }, { ...paper, ...room })
}

t.test('the overview says how it is, with figures, routes, upstreams, protections, alerts and components', async (t) => {
  const text = screen(aView({ status: { ...aView().status, level: 'critical', sentence: 'errors 12 % since 02:10: upstream stock is failing', evidence: [{ label: 'stock', value: '88 % errors' }] } }), { components: [aComponent()] }).join('\n')
  t.equal(text, `shop-1   02:14:07 UTC
CRITICAL  errors 12 % since 02:10: upstream stock is failing
stock 88 % errors

120 req/s   errors 0.10 %   refused 0/s   aborted 0.50/s   p50 5.12 ms   p95 20 ms   p99 1.24 s   in flight 7
streams 1
loop 40 %   delay 12 ms   cpu 0.50   heap floor 47.7 MiB   memory 30 %   gc 1 %   pause 4 ms

  ALERTS         state              instance  summary
X HighErrorRate  firing (critical)  shop-1    errors 12 %

  ROUTES by time  req/s  errors  refused/s   p50    p95    p99  in flight  time
  GET /search       100     0 %          0  5 ms  20 ms  40 ms          2  80 %
  POST /orders      100     0 %          0     -      -      -          2  20 %

  UPSTREAMS               req/s  errors   p50    p99  in flight
! https://stock.internal     50     2 %  3 ms  90 ms          1

  PROTECTIONS            instance  state
X circuit-breaker stock  shop-1    open for 12 s, 340 refused

  COMPONENTS      health  size  in use  waiting  efficiency
  pool db shop-1  ok      4/10       2        0`)
})

t.test('of several instances it says which is the worst, and which are silent', async (t) => {
  const instances = [
    anInstance(),
    anInstance({ instance: 'shop-2', self: false, state: 'stale', p99: null }),
    anInstance({ instance: 'shop-3', self: false, degraded: true, ready: false, reasons: ['pool db: exhausted', 'redis: away'] }),
    anInstance({ instance: 'shop-4', self: false, live: false })
  ]
  const lines = screen(aView({ instances }))
  t.equal(lines[0], 'all 4 instances   02:14:07 UTC')
  t.match(lines.join('\n'), /loop 40 % \(shop-1\)/)
  t.match(lines.join('\n'), `  INSTANCES  req/s  errors    p99  loop   cpu  memory  state
  shop-1 *     120     0 %  40 ms  40 %  0.50    30 %  ok
X shop-2       120     0 %      -  40 %  0.50    30 %  STALE
! shop-3       120     0 %  40 ms  40 %  0.50    30 %  not ready, degraded: pool db: exhausted; redis: away
X shop-4       120     0 %  40 ms  40 %  0.50    30 %  not live`)
  t.equal(screen(aView({ of: 'shop-2', instances }))[0], 'shop-2   02:14:07 UTC')
  t.match(screen(aView({ instances: [anInstance({ state: 'stale' })] })).join('\n'), 'STALE')
  t.equal(screen(aView({ instances: [] }))[0], '   02:14:07 UTC')
})

t.test('components show sizes, efficiency by level, and what they recommend; what is not well comes first', async (t) => {
  const components = [
    aComponent({ kind: 'coordinator', name: 'coordinator', snapshot: {} }),
    aComponent({ name: 'good', snapshot: { size: 3, inUse: 1, efficiency: 0.8 } }),
    aComponent({ name: 'fair', snapshot: { efficiency: 0.5, recommendations: ['raise max to 20', { reason: 'workers wait' }, { text: 'lower min' }, 7, { other: 1 }, ['x'], null] } }),
    aComponent({ name: 'poor', snapshot: { efficiency: 0.499 } }),
    aComponent({ name: 'busy', snapshot: { size: 10, max: 10, inUse: 10, waiting: 12_345, recommendations: 'none' } }),
    aComponent({ kind: 'cache', name: 'sick', health: { status: 'failing', reason: 'database is locked' }, snapshot: {} }),
    aComponent({ kind: 'x', name: 'slow', health: { status: 'degraded' }, snapshot: { size: 'many' } })
  ]
  const lines = screen(aView(), { components })
  const from = lines.findIndex((line) => line.includes('COMPONENTS'))
  t.same(lines.slice(from).map((line) => line.replace(/ {2,}/g, '  ')), [
    '  COMPONENTS  health  size  in use  waiting  efficiency',
    'X cache sick shop-1  failing: database is locked',
    '! pool poor shop-1  ok  49.9 %',
    '! pool busy shop-1  ok  10/10  10  12.3k',
    '! x slow shop-1  degraded',
    'i pool fair shop-1  ok  50 %',
    '  pool good shop-1  ok  3  1  80 %',
    '  1 more  ok',
    '',
    'i fair: raise max to 20',
    'i fair: workers wait',
    'i fair: lower min'
  ])
})

t.test('components that are well and have no sizes are one line', async (t) => {
  const components = [aComponent({ kind: 'monitor', name: 'monitor', snapshot: {} }), aComponent({ kind: 'coordinator', name: 'coordinator', snapshot: { mode: 'single' } })]
  t.same(screen(aView(), { components }).slice(-2), ['  COMPONENTS  health  size  in use  waiting  efficiency', '  all 2       ok'])
})

t.test('a level is told by a word or a sign as well, and by colour where there are colours', async (t) => {
  const colours = { ...paper, paint: paintOf(true) }
  for (const [level, word, code] of [['ok', 'OK', '32'], ['notice', 'NOTICE', '36'], ['warning', 'WARNING', '33'], ['critical', 'CRITICAL', '1;31']] as const) {
    const lines = screenLines({ view: aView({ status: { ...aView().status, level } }), components: [], lost: undefined }, colours)
    t.equal(lines[1], `\u001b[${code}m${word}  all is well\u001b[0m`)
  }
  const painted = screenLines({ view: aView(), components: [aComponent()], lost: undefined }, colours)
  t.same(painted.map((line) => stripVTControlCharacters(line)), screen(aView(), { components: [aComponent()] }))
  t.match(screen(aView({ status: { ...aView().status, level: 'dreadful' as 'critical' } }))[1], 'NOTICE', 'a level of a time to come')
})

t.test('when nothing comes it says since when, and what is shown is greyed', async (t) => {
  const lines = screenLines({ view: aView(), components: [], lost: 'http://host refuses connections' }, { ...paper, paint: paintOf(true) })
  t.equal(lines[1], '\u001b[1;31mNO DATA since 02:14:07 UTC, trying again: http://host refuses connections\u001b[0m')
  t.ok(lines[2]?.startsWith('\u001b[2mOK  all is well'))
  for (const line of lines.slice(8)) t.ok(line.startsWith('\u001b[2m'), line)
})

t.test('it never takes more room than there is', async (t) => {
  const view = aView({
    status: { ...aView().status, sentence: 'a long sentence that goes on and on '.repeat(10), evidence: [{ label: 'x', value: 'y'.repeat(300) }] },
    instances: Array.from({ length: 20 }, (_, i) => anInstance({ instance: `shop-${i}` })),
    routes: Array.from({ length: 50 }, (_, i) => aRoute({ route: `/a/rather/long/route/with/日本語/${i}` })),
    upstreams: Array.from({ length: 50 }, () => aView().upstreams[0]!),
    protections: Array.from({ length: 50 }, () => aView().protections[0]!),
    alerts: Array.from({ length: 50 }, () => aView().alerts[0]!)
  })
  const components = Array.from({ length: 100 }, (_, i) => aComponent({ name: `p${i}`, snapshot: { recommendations: ['x'.repeat(500)] } }))
  for (const lost of [undefined, 'gone']) {
    for (let height = 1; height < 80; height += 3) {
      for (const width of [1, 2, 10, 20, 40, 80, 200]) {
        const lines = screenLines({ view, components, lost }, { width, height, paint: plain })
        if (lines.length > height || lines.some((line) => widthOf(line) > width)) t.fail(`${width} x ${height}: ${lines.length} lines, ${Math.max(...lines.map(widthOf))} wide`)
      }
    }
  }
  const lines = screenLines({ view, components: [], lost: undefined }, { width: 100, height: 50, paint: plain })
  t.equal(lines.length, 50)
  for (const title of ['ALERTS', 'INSTANCES', 'ROUTES', 'UPSTREAMS', 'PROTECTIONS']) t.ok(lines.some((line) => line.includes(title)), title)
  t.match(lines.join('\n'), /… \d+ more/)
  t.notMatch(screenLines({ view, components: [], lost: undefined }, paper).join('\n'), / more$/m, 'on paper everything is there')
})

t.test('untrusted texts anywhere send nothing to the terminal', async (t) => {
  for (const text of HOSTILE) {
    const view = aView({
      of: text,
      status: { ...aView().status, sentence: text, evidence: [{ label: text, value: text }] },
      instances: [anInstance({ instance: text, degraded: true, reasons: [text] }), anInstance({ instance: text })],
      routes: [aRoute({ method: text, route: text })],
      upstreams: [{ ...aView().upstreams[0]!, origin: text }],
      protections: [{ kind: text, name: text, instance: text, level: 'ok', text }],
      alerts: [{ ...aView().alerts[0]!, rule: text, state: text as 'firing', severity: text, instance: text, summary: text }],
      saturation: { ...aView().saturation, loop: { value: 1, instance: text } }
    })
    const components = [aComponent({ kind: text, name: text, instance: text, health: { status: text as 'ok', reason: text }, snapshot: { recommendations: [text, { text }] } })]
    for (const height of [Infinity, 40]) {
      for (const line of screenLines({ view, components, lost: undefined }, { width: 100, height, paint: plain })) if (!isHarmless(line) || widthOf(line) > 100) t.fail(JSON.stringify(line))
    }
    t.ok(screen(view, { components }).length > 10)
  }
})

t.test('what is out of the ordinary is marked, wherever it is', async (t) => {
  const { upstreams: [upstream], alerts: [alert] } = aView()
  const text = screen(aView({
    routes: [aRoute({ errorShare: 0.01, time: 0 }), aRoute({ route: '/idle', time: 0 })],
    upstreams: [{ ...upstream!, errorShare: 0 }],
    traffic: { ...aView().traffic, aborted: 0 },
    saturation: { ...aView().saturation, heapFloor: { value: 0, instance: 'shop-1' } },
    alerts: [{ ...alert!, severity: 'page' }, { ...alert!, state: 'pending' }],
    protections: [{ kind: 'coordinator', name: 'coordinator', instance: 'shop-1', level: 'notice', text: 'alone' }]
  })).join('\n')
  t.match(text, /^! GET \/search .* 1 % .* 0 %$/m)
  t.match(text, /^ {2}GET \/idle .* 0 %$/m)
  t.match(text, /^ {2}https:\/\/stock.internal/m)
  t.match(text, /refused 0\/s {3}p50 /)
  t.match(text, /heap floor - /)
  t.match(text, /^! HighErrorRate {2}firing \(page\)/m)
  t.match(text, /^i HighErrorRate {2}pending \(critical\)/m)
  t.match(text, /^i coordinator +shop-1 +alone$/m)
})

t.test('figures have three digits and a unit', async (t) => {
  for (const [value, text] of [[0, '0'], [0.125, '0.13'], [12.34, '12.3'], [1234, '1234'], [12_345, '12.3k'], [2_500_000, '2.50M'], [3e9, '3G'], [-20_000, '-20k']] as const) t.equal(count(value), text)
  for (const [value, text] of [[null, '-'], [0.5, '0.50 ms'], [1500, '1.50 s'], [90_000, '1.50 min']] as const) t.equal(duration(value), text)
  for (const [value, text] of [[0, '0 %'], [0.00001, '<0.01 %'], [0.5, '50 %']] as const) t.equal(percent(value), text)
  for (const [value, text] of [[512, '0.50 KiB'], [5 * 1024 ** 2, '5 MiB'], [1.5 * 1024 ** 3, '1.50 GiB']] as const) t.equal(bytes(value), text)
  t.equal(timeOfDay(AT), '02:14:07')
  t.equal(timeOfDay(NaN), '--:--:--')
})

t.test('a table gives way in its growing column, and then in its first', async (t) => {
  const table = { title: 'T', columns: [{ title: '' }, { title: 'words', grows: true as const }, { title: 'n', align: 'right' as const }], rows: [{ level: 'ok' as const, cells: ['a name that is long', 'words that are long', '7'] }] }
  const line = (width: number): string | undefined => tableLines(table, { width, most: 5, paint: plain })[1]
  t.equal(line(60), '  a name that is long  words that are long  7')
  t.equal(line(40), '  a name that is long  words that ar…  7')
  t.equal(line(30), '  a name that is…  words t…  7')
  t.equal(line(10), '  a name …')
})
