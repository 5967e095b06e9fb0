import type { Frame } from '@plimsoll/core'
import t from 'tap'
import { alertsOptions } from '../src/options.ts'
import type { AlertsOptions } from '../src/options.ts'
import type { Finding, Findings, ResolvedRule } from '../src/rule.ts'
import { chooseRules } from '../src/rule-choice.ts'
import { MAX_ROUTES } from '../src/rules/route-table.ts'
import { component, frameAt, traffic, vitals } from './frames.ts'

const MEGABYTE = 2 ** 20

function rule (name: string, options: AlertsOptions = {}): ResolvedRule {
  const found = chooseRules(alertsOptions.resolve(options).values, () => []).rules.find(one => one.name === name)
  if (found === undefined) throw new Error(`no rule ${name}`)
  return found
}

/** Evaluates the seconds from `from` to `until` (left out), and gives the last result. */
function run ({ evaluate }: ResolvedRule, from: number, until: number, frame: (second: number) => Partial<Frame>): Findings {
  let findings: Findings
  for (let second = from; second < until; second++) findings = evaluate(frameAt(second, frame(second)))
  return findings
}

function only (findings: Findings): Finding {
  if (typeof findings === 'object' && !Array.isArray(findings)) return findings as Finding
  throw new Error(`not one finding: ${JSON.stringify(findings)}`)
}

t.test('latency: nothing is said while the usual is being learned, then more than twice of it is too slow', async t => {
  const latency = rule('latency-threshold')
  t.equal(run(latency, 1, 250, () => traffic({ ok: 5 })), undefined)
  t.equal(run(latency, 250, 600, () => traffic({ ok: 5 })), false)
  const slow = only(run(latency, 600, 640, () => traffic({ ok: 4, slow: 1 })))
  t.ok(slow.active)
  t.match(slow.summary, /of \d+ requests of GET \/ took longer than 30 ms in the last minute; its P99 is usually 10 ms$/)
  t.equal(run(latency, 640, 660, () => traffic({ ok: 5 })), false, 'it ends soon after its cause')
})

t.test('latency: what is slow is not learned, until it has stayed for an hour', async t => {
  const latency = rule('latency-threshold', { rules: { 'latency-threshold': { relearnAfterMs: 600_000 } } })
  run(latency, 1, 600, () => traffic({ ok: 5 }))
  t.ok(only(run(latency, 600, 1100, () => traffic({ ok: 0, slow: 5 }))).active)
  t.equal(run(latency, 1100, 1300, () => traffic({ slow: 5 })), undefined, 'it is learned anew')
  t.equal(run(latency, 1300, 1900, () => traffic({ slow: 5 })), false)
})

t.test('latency: an absolute threshold needs no learning; few requests are not judged; the worst of several routes is named', async t => {
  const latency = rule('latency-threshold', { rules: { 'latency-threshold': { absoluteMs: 500 } } })
  t.equal(run(latency, 1, 20, () => traffic({ slow: 1 })), undefined)
  const slow = only(run(latency, 20, 80, () => traffic({ route: '/a', slow: 5 }, { route: '/b', ok: 3, slow: 2 }, { route: '/c', ok: 1, slow: 2 })))
  t.match(slow.summary, /requests of GET \/a took longer than 500 ms in the last minute, and 2 more routes are too slow$/)
  const two = only(run(latency, 80, 160, () => traffic({ route: '/a', slow: 5 }, { route: '/b', ok: 3, slow: 2 })))
  t.match(two.summary, /1 more route is too slow$/)
})

t.test('latency: a route with little traffic is learned more slowly', async t => {
  const latency = rule('latency-threshold', { rules: { 'latency-threshold': { minRequests: 3 } } })
  t.equal(run(latency, 1, 2900, second => second % 15 === 0 ? traffic({ ok: 1 }) : {}), undefined)
  t.equal(run(latency, 2900, 3700, second => second % 15 === 0 ? traffic({ ok: 1 }) : {}), false)
})

t.test('latency: the P99s of the last hour count', async t => {
  const latency = rule('latency-threshold')
  run(latency, 1, 1200, () => traffic({ ok: 5, ms: 100 }))
  t.equal(run(latency, 1200, 1200 + 5400, () => traffic({ ok: 5, ms: 10 })), false)
  t.match(only(run(latency, 6600, 6660, () => traffic({ slow: 5, slowMs: 60 }))).summary, /usually 10 ms/)
})

t.test('no more routes are followed than the bound', async t => {
  const latency = rule('latency-threshold', { rules: { 'latency-threshold': { absoluteMs: 1, minRequests: 1 } } })
  const many = traffic(...Array.from({ length: MAX_ROUTES + 50 }, (_, index) => ({ route: `/${index}`, slow: 50 })))
  t.match(only(run(latency, 1, 5, () => many)).summary, new RegExp(`and ${MAX_ROUTES - 1} more`))
})

t.test('errors: a route that fails whole is found though it is a small part; below the minimum traffic nothing is said', async t => {
  const errors = rule('error-rate-spike')
  t.equal(run(errors, 1, 10, () => traffic({ ok: 1 })), undefined)
  t.equal(run(errors, 10, 80, () => traffic({ route: '/a', ok: 100 }, { route: '/b', ok: 1 })), false)
  const failing = only(run(errors, 80, 140, () => traffic({ route: '/a', ok: 100 }, { route: '/b', failed: 1 })))
  t.match(failing.summary, /^60 of 60 requests of GET \/b failed in the last minute \(100.0 %\)$/)
  t.equal(failing.value, 1)
})

t.test('errors: when all routes fail, that is said, and which', async t => {
  const errors = rule('error-rate-spike')
  const failing = only(run(errors, 1, 70, () => traffic({ route: '/a', ok: 5, failed: 5 }, { route: '/b', ok: 5, failed: 4 })))
  t.match(failing.summary, /of all routes failed in the last minute \(47\.\d %\); also GET \/a, GET \/b$/)
})

t.test('errors just at the threshold do not come and go', async t => {
  const errors = rule('error-rate-spike')
  const verdicts = new Set<boolean>()
  run(errors, 1, 61, () => traffic({ ok: 9, failed: 1 }))
  for (let second = 61; second < 300; second++) verdicts.add(errors.evaluate(frameAt(second, traffic({ ok: 24, failed: 1 }))) !== false)
  t.same([...verdicts], [true], 'about 4 % after 10 %')
})

t.test('rps-drop: without a quarter of an hour nothing is said; then missing traffic is found, and its return', async t => {
  const drop = rule('rps-drop')
  t.equal(run(drop, 1, 600, () => traffic({ ok: 20 })), undefined)
  t.equal(run(drop, 600, 1500, () => traffic({ ok: 20 })), false)
  const dropped = only(run(drop, 1500, 1560, () => traffic({ ok: 8 })))
  t.match(dropped.summary, /^8.\d requests a second in the last minute, expected were 20.0$/)
  t.equal(run(drop, 1560, 1580, () => traffic({ ok: 20 })), false)
})

t.test('rps-drop: no traffic at all is no lack of data; after an hour it is the new normal', async t => {
  const drop = rule('rps-drop')
  run(drop, 1, 1500, () => traffic({ ok: 20 }))
  t.ok(only(run(drop, 1500, 4900, () => ({}))).active)
  t.equal(run(drop, 4900, 6000, () => ({})), undefined)
})

t.test('rps-drop: where there is little traffic, a quarter less is doubted and then learned, a third less is missed after minutes', async t => {
  const drop = rule('rps-drop')
  const inFifty = (requests: number) => (second: number): Partial<Frame> => traffic({ ok: Math.floor((second + 1) * requests / 50) - Math.floor(second * requests / 50) })
  t.equal(run(drop, 1, 6000, inFifty(30)), false)
  let alerts = 0
  for (let second = 6000; second < 8000; second++) if (drop.evaluate(frameAt(second, inFifty(23)(second)))) alerts++
  t.equal(alerts, 0)
  t.equal(run(drop, 8000, 12_000, inFifty(30)), false)
  t.equal(run(drop, 12_000, 12_090, inFifty(19)), false)
  t.ok(only(run(drop, 12_090, 12_400, inFifty(19))).active)
})

t.test('rps-drop: the end of an hour of batch work is no drop, but a drop below the level before it is', async t => {
  const drop = rule('rps-drop')
  run(drop, 1, 1500, () => traffic({ ok: 20 }))
  t.equal(run(drop, 1500, 4500, () => traffic({ ok: 60 })), false)
  let alerts = 0
  for (let second = 4500; second < 5400; second++) if (drop.evaluate(frameAt(second, traffic({ ok: 20 })))) alerts++
  t.equal(alerts, 0)
  t.ok(only(run(drop, 5400, 5470, () => traffic({ ok: 8 }))).active)
  t.equal(run(drop, 5470, 6600, () => traffic({ ok: 20 })), false)
  t.ok(only(run(drop, 6600, 6670, () => traffic({ ok: 8 }))).active, 'when it is over, the level before it is forgotten')
})

t.test('rps-drop: a step up that stays is the new level after three hours', async t => {
  const drop = rule('rps-drop')
  run(drop, 1, 1500, () => traffic({ ok: 20 }))
  run(drop, 1500, 14_000, () => traffic({ ok: 60 }))
  t.ok(only(run(drop, 14_000, 14_070, () => traffic({ ok: 25 }))).active)
})

t.test('rps-drop: an instance more takes its share, and nothing is missing', async t => {
  const drop = rule('rps-drop')
  const cluster = (instances: number, ok: number): Partial<Frame> => ({ ...traffic({ ok }), components: [component('coordinator', 'coordinator', { instances })] })
  run(drop, 1, 1500, () => cluster(2, 30))
  t.equal(run(drop, 1500, 1700, () => cluster(3, 20)), false)
  t.ok(only(run(drop, 1700, 1800, () => cluster(3, 9))).active)
})

t.test('memory-leak: a floor that rises steadily is found after half an hour, and only then', async t => {
  const leak = rule('memory-leak')
  const rising = (second: number): Partial<Frame> => ({ ...traffic({ ok: 10 }), ...vitals({ major: second % 30 === 0 ? 1 : 0, floor: 50 * MEGABYTE + second * 40 * MEGABYTE / 3600 }) })
  t.equal(run(leak, 1, 1800, rising), undefined)
  const found = only(run(leak, 1800, 2400, rising))
  t.ok(found.active)
  t.match(found.summary, /^40.0 MB an hour more are left after major collections, \d\d.\d MB in \d\d minutes; now \d\d.\d MB$/)
})

t.test('memory-leak: what levels off, stays, rises with the traffic, or was never collected, is none', async t => {
  const floors: ReadonlyArray<readonly [what: string, frame: (second: number) => Partial<Frame>, result: boolean | undefined]> = [
    ['levels off', second => vitals({ major: 1, floor: 50 * MEGABYTE + 60 * MEGABYTE * (1 - Math.exp(-second / 700)) }), false],
    ['stays', () => vitals({ major: 1, floor: 50 * MEGABYTE }), false],
    ['rises with the traffic', second => ({ ...traffic({ ok: Math.round(10 + second / 100) }), ...vitals({ major: 1, floor: second * 20 * MEGABYTE / 3600 }) }), false],
    ['was never collected', second => vitals({ major: 0, floor: second * 20 * MEGABYTE }), undefined],
    ['is not known', () => vitals({ major: 1, floor: undefined }), undefined]
  ]
  for (const [what, frame, result] of floors) {
    const found = run(rule('memory-leak'), 1, 3600, frame)
    t.equal(typeof found === 'object' ? only(found).active : found, result, what)
  }
})

t.test('memory-usage: the share of the nearest limit', async t => {
  const usage = rule('memory-usage')
  t.equal(only(run(usage, 1, 2, () => vitals({ utilization: 0.79 }))).active, false)
  t.match(only(run(usage, 2, 3, () => vitals({ utilization: 0.81 }))), { active: true, value: 0.81, threshold: 0.8, summary: /^81.0 % of the nearest memory limit: heap 19 of 1907 MB, resident 76 of 3815 MB \(machine\)$/ })
})

t.test('gc-pause: long pauses again and again; not one, and not at the start', async t => {
  const pauses = (every: number) => (second: number): Partial<Frame> => vitals({ pause: second % every === 0 ? 150 : 1 })
  t.equal(only(run(rule('gc-pause'), 1, 60, pauses(5))).active, false, 'the start')
  t.equal(only(run(rule('gc-pause'), 1, 600, pauses(100))).active, false, 'now and then')
  t.ok(only(run(rule('gc-pause'), 1, 300, pauses(20))).active)
})

t.test('event-loop-stall: three in half a minute, or a very long one; not at the start', async t => {
  const stall = (ms: number, when: (second: number) => boolean) => (second: number): Partial<Frame> => vitals({ stall: when(second) ? ms : 1 })
  t.equal(only(run(rule('event-loop-stall'), 1, 50, stall(900, () => true))).active, false)
  t.equal(only(run(rule('event-loop-stall'), 1, 300, stall(900, second => second % 20 === 0))).active, false)
  t.ok(only(run(rule('event-loop-stall'), 1, 300, stall(300, second => second % 9 === 0))).active)
  t.ok(only(run(rule('event-loop-stall'), 1, 201, stall(1100, second => second === 200))).active)
})

t.test('connection-pool-exhaustion: one finding a pool, of those that are pools', async t => {
  const components = [
    component('pool', 'database', { size: 10, max: 10, inUse: 10, waiting: 3 }),
    component('pool', 'mail', { max: 10, inUse: 9 }),
    component('pool', 'broken', { max: 'many' }),
    component('pool', 'closed', { max: 0, inUse: 0 }),
    component('queue', 'database', { max: 10, inUse: 10 })
  ]
  t.match(rule('connection-pool-exhaustion').evaluate(frameAt(1, { components })), [
    { active: true, labels: { pool: 'database' }, summary: 'pool database: 10 of 10 in use, 3 waiting' },
    { active: false, labels: { pool: 'mail' }, summary: 'pool mail: 9 of 10 in use' }
  ])
})

t.test('circuit-breaker-open: open and tried again are one alert; isolated by hand is none', async t => {
  const breakers = rule('circuit-breaker-open')
  const look = (...shown: Array<{ readonly name: string, readonly state: string } | string>): Findings => breakers.evaluate(frameAt(1, {
    components: [component('circuit-breaker', 'circuit-breakers', { breakers: shown.map(one => typeof one === 'string' ? one : { ...one, failureRate: 0.6, calls: 20 }) }), component('circuit-breaker', 'other', {}), component('pool', 'p', {})]
  }))
  t.same(look({ name: 'a', state: 'half-open' }, { name: 'b', state: 'isolated' }, 'nonsense'), [])
  t.match(look({ name: 'a', state: 'open' }), [{ active: true, labels: { breaker: 'a' }, summary: 'breaker a is open: 60.0 % of its last 20 calls failed' }])
  t.match(look({ name: 'a', state: 'half-open' }), [{ active: true }])
  t.same(look({ name: 'a', state: 'closed' }), [])
  t.same(look({ name: 'a', state: 'half-open' }), [], 'it was closed in between')
})

t.test('notifier-dead: the notifier that takes nothing is named', async t => {
  const notifiers = [{ name: 'pager', failingForMs: 61_000, queued: 2, lastError: 'it answered 500' }, { name: 'chat', failingForMs: 0, queued: 0, lastError: '' }]
  const { values } = alertsOptions.resolve({ notifiers: [{ type: 'function', notify () {} }] })
  const { rules } = chooseRules(values, () => notifiers)
  t.match(rules.find(({ name }) => name === 'notifier-dead')?.evaluate(frameAt(1)), [
    { active: true, labels: { notifier: 'pager' }, summary: 'notifier pager has taken nothing for 61 s, 2 wait: it answered 500' },
    { active: false, labels: { notifier: 'chat' } }
  ])
})

t.test('rules can be left out, and every built-in one has a runbook', async t => {
  const { rules } = chooseRules(alertsOptions.resolve({ rules: { 'rps-drop': false } }).values, () => [])
  t.notOk(rules.some(({ name }) => name === 'rps-drop' || name === 'notifier-dead'), 'notifier-dead needs a notifier')
  t.equal(rules.length, 8)
  t.ok(rules.every(({ runbook }) => runbook.length > 150))
})

t.test('slo: the budget burns fast, in the long window and in the short one still', async t => {
  const options: AlertsOptions = { slo: [{ name: 'checkout', objective: 0.99, route: 'GET /checkout' }] }
  const fast = rule('slo-checkout-14.4x', options)
  t.equal(run(fast, 1, 10, () => traffic({ route: '/other', failed: 100 })), undefined, 'other routes are not meant')
  const burn = (failed: number) => (): Partial<Frame> => traffic({ route: '/checkout', ok: 10 - failed, failed })
  t.equal(only(run(fast, 10, 3600, burn(0))).active, false)
  const found = only(run(fast, 3600, 4300, burn(9)))
  t.ok(found.active)
  t.match(found.summary, /^\d+ of \d+ requests in an hour were not as promised: the error budget of 1.0 % goes \d\d.\d times as fast as it may \(in the last 5 minutes: \d\d.\d\)$/)
  t.equal(only(run(fast, 4300, 4700, burn(0))).active, false, 'the short window ends it')
})

t.test('slo: a slow burn is found by the long windows only; by latency where that was promised; a few bad ones at night are none', async t => {
  const options: AlertsOptions = { slo: [{ name: 'quick', objective: 0.99, latencyMs: 500 }] }
  const slowly = (second: number): Partial<Frame> => traffic(second % 10 === 0 ? { ok: 9, slow: 1 } : { ok: 10 })
  const { rules } = chooseRules(alertsOptions.resolve(options).values, () => [])
  const [fast, six, three, one] = rules.slice(-4)
  if (fast === undefined || six === undefined || three === undefined || one === undefined) throw new Error('four rules')
  let last: Findings[] = []
  for (let second = 1; second < 40_000; second += 1) last = [fast, six, three, one].map(({ evaluate }) => evaluate(frameAt(second, slowly(second))))
  t.same(last.map(finding => only(finding).active), [false, false, false, false], 'one in a hundred is what is allowed')
  const night = rule('slo-quick-14.4x', options)
  t.equal(only(run(night, 1, 1200, second => second % 300 === 0 ? traffic({ slow: 1 }) : {})).active, false)
  for (let second = 40_000; second < 60_000; second += 10) last = [fast, six, three, one].map(({ evaluate }) => evaluate(frameAt(second, traffic({ ok: 80, slow: 20 }))))
  t.same(last.map(finding => only(finding).active), [true, true, true, true])
})
