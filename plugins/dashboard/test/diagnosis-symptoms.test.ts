import t from 'tap'
import type { Diagnosis } from '../src/view/view.ts'
import { breaker, limiter, shedder, watch } from './diagnosis/watch.ts'
import type { Moment } from './diagnosis/watch.ts'

const FROM = 90
const OK = { 'GET /': { ok: 40 }, 'GET /a': { ok: 20 }, 'GET /b': { ok: 20 } }

/** A calm service, in which something is different from second 90 on; what is said 30 seconds later. */
function then (different: (second: number) => Partial<Moment> | readonly Moment[], seconds: number = 120): Diagnosis {
  const said = watch(seconds, (second) => {
    const change = second >= FROM ? different(second) : {}
    return Array.isArray(change) ? change : [{ routes: OK, ...change }]
  })
  t.strictSame(said.slice(0, FROM).filter(({ level }) => level !== 'ok'), [], 'calm before')
  return said.at(-1)!
}

const brief = ({ symptom, level, cause: { kind, name } }: Diagnosis): string => `${symptom} ${level}: ${kind} ${name}`

t.test('refusals', async t => {
  t.equal(brief(then((second) => ({ routes: { ...OK, 'GET /': { ok: 20, refused: 40 } }, components: shedder({ low: 60 * second }, { low: 40 * (second - FROM) }, { force: 'on' }) }))),
    'refusals warning: component load-shedder', 'an operator does it')
  t.equal(brief(then((second) => ({ routes: { ...OK, 'GET /': { ok: 20, refused: 40 } }, components: shedder({ critical: 60 * second }, { critical: 40 * (second - FROM) }) }))),
    'refusals critical: unknown ', 'of what is critical, and nothing explains it')
  t.match(then((second) => ({ routes: { 'GET /': { ok: 100, refused: 40 }, 'GET /a': { ok: 60 }, 'GET /b': { ok: 60 } }, components: shedder({ low: 60 * second }, { low: 40 * (second - FROM) }) })),
    { cause: { kind: 'traffic' }, sentence: /^refusing 67 % of low since 02:01: 3\.3 times the usual traffic$/ })
  t.match(then((second) => ({ routes: { 'GET /': { ok: 100, refused: 60 }, 'GET /a': { ok: 80 }, 'GET /b': { ok: 80 } }, loop: 0.98, components: shedder({ low: 90 * second }, { low: 60 * (second - FROM) }) })),
    { cause: { kind: 'traffic' }, sentence: /^refusing 67 % of low since 02:01: event loop 98 %, 4\.1 times the usual traffic$/ })
  t.match(then((second) => ({ routes: { ...OK, 'GET /': { ok: 20, refused: 40, ms: 800 } }, upstreams: { 'http://db': { ok: 20, ms: 790 } }, components: shedder({ low: 60 * second, batch: 60 * second }, { low: 40 * (second - FROM), batch: 20 * (second - FROM) }) })),
    { cause: { kind: 'route', name: 'GET /' }, sentence: /^refusing 67 % of low and 33 % of batch since .*: most time in GET \/$/ }, 'an upstream that nobody knew before is no evidence')
  t.equal(brief(then((second) => ({ routes: { ...OK, 'GET /': { ok: 20, refused: 40 } }, components: limiter(40 * (second - FROM), { limitedKeys: 150 }) }))),
    'refusals warning: component rate-limiter/default', 'everybody is over the limit')
  t.match(then((second) => ({ routes: { ...OK, 'GET /': { ok: 20, refused: 10 } }, components: limiter(10 * (second - FROM), { limitedKeys: 2 }) })),
    { level: 'notice', cause: { kind: 'client', name: 'limit default' }, sentence: /: 2 of 200 clients are over limit default$/ })
  t.match(then((second) => ({
    routes: { ...OK, 'GET /': { ok: 20, refused: 10 } },
    components: limiter(10 * (second - FROM)),
    journal: ['192.0.2.7', '192.0.2.9'].map((client, index) => ({ sequence: 2 * second + index, at: 0, component: 'rate-limiter', event: 'refused', message: '', severity: 'warning', data: { limit: 'default', client } }))
  })), { cause: { kind: 'client', name: 'limit default' } }, 'two names are nobody\'s')
  t.equal(brief(then((second) => ({ routes: { ...OK, 'GET /': { ok: 20, refused: 40 } }, components: breaker('GET /', 'open', 40 * (second - FROM)) }))), 'refusals warning: route GET /', 'its own breaker')
  t.match(then(() => ({ routes: { ...OK, 'GET /': { ok: 20, refused: 40 } } })), { cause: { kind: 'unknown' }, sentence: /no limit, breaker or load-shedder says that it was it/ })
  t.equal(then(() => ({ routes: { ...OK, 'GET /': { refused: 40 } }, health: { live: true, ready: false, degraded: true, reasons: [{ component: 'life-cycle', status: 'failing', reason: 'draining' }] } })).level, 'ok', 'whoever goes refuses')
  t.equal(brief(then((second) => ({ routes: { ...OK, 'GET /': { ok: 20, refused: 40, ms: 300 } }, health: ill('store/cache', 'degraded'), components: shedder({ low: 60 * second }, { low: 40 * (second - FROM) }) }))), 'refusals warning: component store/cache')
})

function ill (component: string, status: 'degraded' | 'failing'): NonNullable<Moment['health']> {
  return { live: true, ready: status === 'degraded', degraded: true, reasons: [{ component, status, reason: 'it is away' }] }
}

t.test('memory', async t => {
  const full = { heapUsed: 1.9e9, heapLimit: 2e9, utilization: 0.95 }
  t.equal(brief(then(() => ({ memory: full }))), 'memory warning: component heap')
  t.equal(brief(then(() => ({ memory: { utilization: 0.97, rss: 3.8e9, arrayBuffers: 3e9 } }))), 'memory critical: component buffers')
  t.match(then(() => ({ memory: { utilization: 0.95, cgroup: { usage: 3.8e9, limit: 4e9 } } })), { cause: { kind: 'unknown' }, sentence: /the process has 76 MB of the 3\.5 GB that its container uses/ })
  t.match(then(() => ({ memory: { utilization: 0.95, rss: 3.8e9 } })), { cause: { kind: 'unknown' }, sentence: /^memory is at 95 % of its limit since/ })
  t.match(then((second) => [{ routes: OK }, { instance: 'app-2', routes: OK, ...(second >= FROM + 10 && { memory: full }) }]), { cause: { kind: 'component', name: 'heap', instance: 'app-2' }, sentence: /^memory of app-2 is at 95 %/ })
  for (const [perSecond, level] of [[0.5e6, 'notice'], [3e6, 'critical']] as const) {
    const said = watch(700, (second) => [{ routes: OK, memory: { heapLimit: perSecond === 3e6 ? 2e9 : 4e9, limit: 8e9, oldSpaceFloor: (perSecond === 3e6 ? 60e6 : 3.2e9) / (perSecond === 3e6 ? 1 : 80) + perSecond * second }, gc: { major: second % 3 === 0 ? 1 : 0 } }])
    t.ok(perSecond === 3e6 ? said.some((one) => one.level === level) : said.every((one) => one.level === 'ok'), `${perSecond} bytes a second`)
  }
})

t.test('stalls', async t => {
  const hot = { loop: 0.99, delay: 900 }
  t.match(then(() => [{ routes: OK }, { instance: 'app-2', routes: OK, ...hot }, { instance: 'app-3', routes: OK }]), { symptom: 'stall', cause: { kind: 'instance', name: 'app-2', instance: 'app-2' }, sentence: /the others' loops are at most 10 % busy/ })
  t.match(then(() => [{ routes: OK, ...hot }, { instance: 'app-2', routes: OK, ...hot }]), { symptom: 'stall', cause: { kind: 'unknown' } }, 'all of them')
  t.match(then(() => ({ loop: 0.99, delay: 1500 })), { symptom: 'stall', level: 'critical' })
  t.match(then(() => ({ loop: 0.97, cpu: { throttled: 0.6, available: 0.5 } })), { symptom: 'stall', cause: { kind: 'component', name: 'cpu quota' }, sentence: /^the event loop is 97 % busy since .*0\.5 cores is used up in 60 % of its periods$/ })
  t.match(then(() => ({ loop: 0.97, gc: { share: 0.6 } })), { cause: { kind: 'component', name: 'garbage collection' } })
  t.match(then((second) => second < 93 ? { delay: 700, loop: 0.5 } : {}, 105), { level: 'warning', symptom: 'stall' }, 'for ten seconds more')
  t.equal(then((second) => second < 93 ? { delay: 700, loop: 0.5 } : {}, 125).level, 'ok')
})

t.test('health', async t => {
  t.equal(brief(then(() => ({ health: ill('check/database', 'failing') }))), 'health critical: component check/database')
  t.match(then(() => [{ routes: OK }, { instance: 'app-2', routes: OK, health: ill('check/database', 'failing') }]), { level: 'warning', sentence: /^1 of 2 instances are not ready since/ })
  t.match(then(() => ({ health: { ...ill('mail', 'degraded'), reasons: [...ill('mail', 'degraded').reasons, ...ill('fax', 'degraded').reasons] } })), { level: 'notice', sentence: /^mail is degraded since .*: it is away$/, evidence: [{ label: 'mail' }, { label: 'also', value: 'fax' }] })
  t.match(then(() => ({ components: breaker('http://db', 'isolated') })), { level: 'notice', cause: { kind: 'upstream', name: 'http://db' }, sentence: /isolated by hand$/ })
  t.equal(brief(then(() => [{ routes: OK }, { instance: 'app-2', stale: true }])), 'health warning: instance app-2')
  t.equal(brief(then(() => [{ instance: 'app-2', stale: true }])), 'health critical: instance app-2', 'nobody else is left')
  t.equal(brief(then(() => [{ routes: OK }, { instance: 'app-2', stale: true }, { instance: 'app-3', stale: true }])), 'health warning: instance app-2')
  const gone = { component: 'life-cycle', status: 'failing', reason: 'draining' } as const
  t.equal(then(() => [{ routes: OK }, { instance: 'app-2', stale: true, health: { live: true, ready: false, degraded: true, reasons: [gone] } }]).level, 'ok', 'it had said that it would go')
})

t.test('latency behind an upstream that never answers, and errors behind one that nobody guards', async t => {
  const both = { routes: { ...OK, 'POST /pay': { ok: 10, ms: 20 } }, upstreams: { 'http://pay': { ok: 10, ms: 15 } } }
  const said = (during: Partial<Moment>): Diagnosis => watch(130, (second) => [{ ...both, ...(second >= FROM && during) }]).at(-1)!
  t.match(said({ routes: { ...OK, 'POST /pay': { inFlight: 300 } }, upstreams: { 'http://pay': { inFlight: 300 } } }), { symptom: 'latency', cause: { kind: 'upstream', name: 'http://pay' }, sentence: /^POST \/pay does not answer, 300 requests wait since .*: upstream http:\/\/pay does not answer, 300 calls wait$/ })
  t.match(said({ routes: { ...OK, 'POST /pay': { failed: 10, ms: 20 } }, upstreams: { 'http://pay': { failed: 10, ms: 15 } } }), { symptom: 'errors', cause: { kind: 'upstream', name: 'http://pay' } })
  t.match(said({ routes: { ...OK, 'POST /pay': { ok: 10, ms: 600 } }, upstreams: { 'http://pay': { ok: 10, ms: 595 } }, components: breaker('http://pay', 'closed') }), { symptom: 'latency', cause: { kind: 'upstream', name: 'http://pay' }, sentence: /takes 6\d\d ms, usually \d\d ms since .*: upstream http:\/\/pay takes 595 ms, usually 15 ms$/ })
})

t.test('what one instance has alone', async t => {
  const two = (change: Partial<Moment>): Diagnosis => then(() => [{ routes: OK }, { instance: 'app-2', routes: OK, ...change }])
  t.match(two({ routes: { ...OK, 'GET /report': { failed: 20 } } }), { cause: { kind: 'route', name: 'GET /report' } }, 'a route that only it is asked for says nothing of it')
  t.match(two({ routes: { 'GET /': { failed: 40 }, 'GET /a': { ok: 20 }, 'GET /b': { ok: 20 } } }), { symptom: 'errors', cause: { kind: 'instance', name: 'app-2' }, sentence: /50 % of the requests of app-2 fail, of the others 0 %$/ })
  t.match(two({ components: breaker('http://db', 'open') }), { symptom: 'health', cause: { kind: 'upstream', instance: 'app-2' } })
  t.match(two({ components: [{ kind: 'coordinator', snapshot: { backend: 'redis' }, health: { status: 'degraded' } }] }), { symptom: 'coordination', cause: { kind: 'instance', name: 'app-2' } })
  t.match(two({ routes: { 'GET /': { ok: 40, ms: 900 }, 'GET /a': { ok: 20, ms: 900 }, 'GET /b': { ok: 20, ms: 900, refused: 20 } }, components: shedder({}, {}) }), { cause: { kind: 'instance', name: 'app-2' } })
  const shed = then((second) => [{ routes: OK }, { instance: 'app-2', routes: { 'GET /': { ok: 40, ms: 900, refused: 60 } }, components: shedder({ low: 60 * second }, { low: 40 * (second - FROM) }) }])
  t.match(shed, { symptom: 'refusals', cause: { kind: 'instance', name: 'app-2' } })
  const pool = { kind: 'pool', name: 'database', snapshot: { inUse: 10, max: 10, waiting: 5 } }
  t.match(then(() => ({ routes: { ...OK, 'GET /a': { ok: 20, ms: 500 }, 'GET /b': { ok: 20, ms: 500 } }, components: [pool] })), { symptom: 'latency', cause: { kind: 'component', name: 'database', instance: null } })
})

t.test('where both fail alike, neither is sick, however the traffic is divided', async t => {
  t.match(then(() => [{ routes: { 'GET /': { ok: 200, failed: 200 }, 'GET /a': { ok: 20 }, 'GET /b': { ok: 20 } } }, { instance: 'app-2', routes: { 'GET /': { ok: 20, failed: 20 } } }]), { symptom: 'errors', cause: { kind: 'route', name: 'GET /' } })
})

t.test('the only route there is computes', async t => {
  const hot = (second: number): Moment => ({ routes: { 'GET /': { ok: 1 + second % 3, ms: 310 }, ...(second === FROM && { 'GET /once': { ok: 1 } }) }, loop: 0.3 * (1 + second % 3), delay: 300 })
  const said = watch(150, (second) => [second < FROM ? { routes: { 'GET /': { ok: 4, ms: 3 } } } : hot(second)])
  t.match(said.at(-1), { cause: { kind: 'route', name: 'GET /' }, sentence: /most time in GET \/$/ })
  t.match(watch(40, (second) => [hot(second)]).at(-1), { symptom: 'stall', cause: { kind: 'route', name: 'GET /' } }, 'also when it is not known what is usual')
})

t.test('an open breaker before an upstream that fails', async t => {
  const said = then(() => ({ routes: { ...OK, 'GET /a': { ok: 10, failed: 10 } }, upstreams: { 'http://db': { ok: 10, failed: 10 } }, components: breaker('http://db', 'open') }))
  t.match(said, { symptom: 'errors', cause: { kind: 'upstream', name: 'http://db' }, sentence: /breaker http:\/\/db is open$/ })
  t.notOk(said.evidence.some(({ label }) => label === 'also'), 'and that it is open is not said twice')
})

t.test('an open breaker with a name of its own is that of the upstream which it stands before; of several, the one that fails', async t => {
  const named = (origins: readonly string[]): Moment['components'] => [{ kind: 'circuit-breaker', snapshot: { breakers: [{ name: 'payment', state: 'open', refused: 0, origins }] } }]
  const said = then(() => ({ routes: { ...OK, 'GET /a': { ok: 10, failed: 10 } }, upstreams: { 'http://db': { ok: 10, failed: 10 }, 'http://other': { ok: 10 } }, components: named(['http://other', 'http://never-called', 'http://db'])! }))
  t.match(said, { symptom: 'errors', cause: { kind: 'upstream', name: 'http://db' }, sentence: /breaker payment is open$/ })
  t.match(then(() => ({ components: named(['http://db'])! })), { symptom: 'health', cause: { kind: 'upstream', name: 'http://db' } }, 'also when it is not called')
})

t.test('a client is named where its key is an address', async t => {
  const refused = (component: string, data: { readonly [key: string]: string }): NonNullable<Moment['journal']>[number] => ({ sequence: 1, at: 0, component, event: 'refused', message: '', severity: 'warning', data })
  const said = then((second) => ({ routes: { ...OK, 'GET /': { ok: 20, refused: 40 } }, components: limiter(40 * (second - FROM)), journal: [refused('load-shedder', {}), refused('rate-limiter', { limit: 'default', client: '192.0.2.7' })] }))
  const stalled = (limitedKeys: number): Diagnosis => then((second) => ({ routes: { ...OK, 'GET /': { ok: 20, refused: 60 } }, loop: 0.99, delay: 400, components: limiter(60 * (second - FROM), { limitedKeys }) }))
  t.match(stalled(1), { symptom: 'stall', cause: { kind: 'client', name: 'limit default' }, sentence: /: 50 % of all requests are refused, 1 of 200 clients is over limit default$/ })
  t.match(stalled(150), { symptom: 'refusals', cause: { kind: 'component', name: 'rate-limiter/default' } }, 'where it is everybody, nobody is named')
  t.match(said, { level: 'notice', cause: { kind: 'client', name: '192.0.2.7' }, sentence: /^refusing 40 % of all requests since .*: client 192\.0\.2\.7 is over limit default$/ })
})

t.test('errors on a loop that has no time left are the loop\'s', async t => {
  const hot = { routes: { ...OK, 'GET /a': { ok: 10, failed: 10 } }, loop: 0.99, delay: 700 }
  t.match(then(() => [hot, { instance: 'app-2', ...hot, delay: 1200 }]), { symptom: 'errors', cause: { kind: 'unknown' }, sentence: /event loop 99 %, stood still for up to 1\.2 s/ })
})

t.test('a few errors of each route, none of which stands out', async t => {
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`GET /${index}`, { ok: 1 }]))
  const said = watch(140, (second) => [{ routes: second < FROM ? many : { ...many, [`GET /${second % 40}`]: { failed: 1 }, [`GET /${(second + 7) % 40}`]: { failed: 1 } } }])
  t.match(said.at(-1), { symptom: 'errors', cause: { kind: 'unknown' }, sentence: /^5 % of all requests fail/ })
})

t.test('a route that was slow and that nobody asks any more', async t => {
  const said = watch(112, (second) => [{ routes: second < FROM ? OK : second < 98 ? { ...OK, 'GET /': { ok: 40, ms: 700 } } : {} }])
  t.match(said.at(-1), { symptom: 'latency', cause: { kind: 'route', name: 'GET /' } })
  const tail = watch(125, (second) => [{ routes: second < FROM ? OK : { ...OK, 'GET /': { ok: 40, ms: second % 4 === 0 ? 700 : 10 } } }])
  t.match(tail.at(-1)?.sentence, /^GET \/ has a P95 of 6\d\d ms, usually 9\.7 ms since/)
})

t.test('calls that a breaker refuses because they were slow', async t => {
  const said = then((second) => ({
    routes: { ...OK, 'GET /': { ok: 40, ms: 300 } },
    components: breaker('http://db', 'open', 30 * (second - FROM)),
    journal: [{ sequence: second, at: 0, component: 'circuit-breaker', event: 'circuit-opened', message: '', severity: 'warning', data: { circuit: 'http://db', failureRate: 0, slowRate: 0.9 } }]
  }))
  t.match(said, { symptom: 'latency', cause: { kind: 'upstream', name: 'http://db' }, sentence: /breaker http:\/\/db is open, 90 % of the calls were slow$/ })
})

t.test('what lasts for a second is not told, and a slow leak is a notice', async t => {
  t.ok(watch(120, (second) => [{ routes: OK, ...(second === 100 && { health: ill('mail', 'degraded') }) }]).every(({ level }) => level === 'ok'))
  const quick = watch(420, (second) => [{ routes: OK, memory: { heapLimit: 2e9, oldSpaceFloor: 400e6 + 1e6 * second }, gc: { major: second % 3 === 0 ? 1 : 0 } }])
  t.match(quick.find(({ level }) => level !== 'ok'), { level: 'warning', cause: { kind: 'component', name: 'heap' } })
  const leak = watch(1200, (second) => [{ routes: OK, memory: { heapLimit: 2e9, oldSpaceFloor: 400e6 + 0.3e6 * second }, gc: { major: second % 3 === 0 ? 1 : 0 } }])
  t.match(leak.find(({ level }) => level !== 'ok'), { level: 'notice', sentence: /^the heap grows by 17 MB a minute since .* survive collections, full in about 7\d min$/ })
})

t.test('without the monitor there are no figures by route, and the rest is seen', async t => {
  const said = watch(60, () => [{ completed: 300 }])
  t.equal(said.at(-1)?.sentence, 'all is well: 300 requests/s')
  t.equal(then(() => ({ completed: 300, loop: 0.99, delay: 700 })).symptom, 'stall')
})

t.test('refusals before it is known what is usual', async t => {
  const said = watch(20, (second) => [{ routes: { 'GET /': { ok: 20, refused: 40 } }, components: shedder({ low: 60 * second }, { low: 40 * second }) }])
  t.match(said.at(-1), { symptom: 'refusals', cause: { kind: 'unknown' } })
})

t.test('two that are silent at once: the coordinator will know', async t => {
  const said = watch(15, () => [{ routes: OK }, { instance: 'app-2', stale: true }, { instance: 'app-3', stale: true }])
  t.ok(said.every(({ level }) => level === 'ok'))
})

t.test('a breaker says for what it opened', async t => {
  const opened = (data: { readonly failureRate: number, readonly slowRate: number }): Diagnosis => then((second) => ({
    components: breaker('http://db', 'open'),
    journal: ['http://db', 'http://other'].map((circuit, index) => ({ sequence: 2 * second + index, at: 0, component: 'circuit-breaker', event: 'circuit-opened', message: '', severity: 'warning', data: { circuit, ...data } }))
  }))
  t.match(opened({ failureRate: 0.7, slowRate: 0.1 }).sentence, /open, 70 % of the calls failed$/)
  t.match(opened({ failureRate: 0, slowRate: 0.9 }).sentence, /open, 90 % of the calls were slow$/)
})

t.test('what other instances say is bounded, and may be nonsense', async t => {
  const long = 'x'.repeat(5000)
  const nonsense = then((second) => ({
    window: -1e300,
    routes: Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`GET /${long}${index}/${second % 3}`, { ok: 3, failed: 3 }])),
    components: [
      ...breaker(long, 'open'),
      { kind: 'circuit-breaker', snapshot: { breakers: [{ name: 7, state: 'open' }, null, ...Array.from({ length: 80 }, (_, index) => ({ name: `b${index}`, state: 'open', refused: 'many' }))] } },
      { kind: 'rate-limiter', snapshot: { limits: 'none' } },
      { kind: 'rate-limiter', name: 'other', snapshot: { limits: [{ name: 'odd', keys: -1, refused: 90 * second }] } },
      { kind: 'load-shedder', snapshot: { arrived: [1], refused: null } },
      { kind: 'pool', snapshot: { inUse: 'all', max: null, pools: [{ name: 'p', inUse: 1, max: 1, waiting: 0 }] } },
      { kind: 'coordinator', snapshot: { backend: 7 }, health: { status: 'degraded' } }
    ],
    memory: { oldSpaceFloor: undefined },
    gc: { major: 1 }
  }))
  t.ok(nonsense.sentence.length < 1000, nonsense.sentence)
  t.ok(nonsense.evidence.length <= 8)
  const crowd = watch(30, () => Array.from({ length: 80 }, (_, index) => ({ instance: `app-${index}`, routes: Object.fromEntries(Array.from({ length: 120 }, (_, route) => [`GET /${route}`, { ok: 1 }])) })))
  t.match(crowd.at(-1)?.sentence, /^all is well: 50 instances, 6000 requests\/s/)
})
