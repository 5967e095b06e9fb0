import type { PriorityRank } from '@plimsoll/core'
import t from 'tap'
import { MAX_DEGRADED } from '../src/gate.ts'
import { FixedLimit } from './fixed-limit.ts'
import { GateBench } from './gate-bench.ts'

t.test('what a loop has waited for is started inside the request event, for half a millisecond; the rest in the next turn', async t => {
  const bench = new GateBench(new FixedLimit({ limit: 4 }))
  bench.startMs = 0.4
  bench.wait(1)
  bench.arrive('a')
  bench.arrive('b')
  t.strictSame(bench.started, ['a', 'b'])
  t.equal(bench.turnAsked, false)
  bench.arrive('c')
  t.strictSame(bench.started, ['a', 'b'], 'the loop has not waited since')
  bench.wait(1)
  bench.arrive('d', 1)
  t.strictSame(bench.started, ['a', 'b'], 'another one waits already')
  bench.turn()
  t.strictSame(bench.started, ['a', 'b', 'd', 'c'], 'the more important of the two is started first')
  bench.wait(1)
  bench.arrive('e')
  t.strictSame(bench.started, ['a', 'b', 'd', 'c'], 'the limit still holds')
  t.equal(bench.gate.queued, 1)
})

t.test('what is started inside the request event counts as a turn: after a long start the loop is behind', async t => {
  const bench = new GateBench(new FixedLimit({ limit: 10 }))
  bench.startMs = 5
  bench.wait(1)
  bench.arrive('a')
  bench.startMs = 0
  bench.arrive('b')
  bench.turn(0)
  t.strictSame(bench.started, ['a'], 'more may wait in the kernel')
  bench.turn(0)
  t.strictSame(bench.started, ['a', 'b'])
})

t.test('nothing is started inside the request event of a busy loop, and all of it in the next turn', async t => {
  const bench = new GateBench(new FixedLimit())
  bench.arrive('a')
  bench.arrive('b')
  t.strictSame(bench.started, [])
  bench.turn()
  t.strictSame(bench.started, ['a', 'b'])
  t.equal(bench.turnAsked, false, 'a gate with nothing to do leaves the loop alone')
  t.equal(bench.gate.inFlight, 2)
})

t.test('with defer ablated, work is started inside the request event', async t => {
  const bench = new GateBench(new FixedLimit({ limit: 1 }), { ingredients: { defer: false } })
  bench.arrive('a')
  t.strictSame(bench.started, ['a'])
  bench.arrive('b')
  t.strictSame(bench.started, ['a'], 'the limit still holds')
})

t.test('the limit holds, a permit that comes back starts the next, and the reserve is for critical alone', async t => {
  const strategy = new FixedLimit({ limit: 2, reserve: 1 })
  const bench = new GateBench(strategy)
  const [a] = [bench.arrive('a'), bench.arrive('b'), bench.arrive('c'), bench.arrive('d')]
  bench.turn()
  t.strictSame(bench.started, ['a', 'b'])
  bench.arrive('critical', 1)
  bench.arrive('critical2', 1)
  bench.turn()
  t.strictSame(bench.started, ['a', 'b', 'critical'])
  bench.arrive('system', 0)
  bench.turn()
  t.strictSame(bench.started, ['a', 'b', 'critical', 'system'], 'system needs no permit')
  a?.finish()
  for (const label of ['critical', 'system']) bench.requests.get(label)?.finish()
  bench.turn()
  t.strictSame(bench.started.slice(4), ['critical2'], 'one of two permits is back, and critical comes first')
  bench.requests.get('critical2')?.finish()
  bench.turn()
  t.strictSame(bench.started.slice(5), ['c'])
})

t.test('a bounded amount of work is started a turn', async t => {
  const bench = new GateBench(new FixedLimit())
  bench.startMs = 0.9
  for (const label of ['a', 'b', 'c', 'd']) bench.arrive(label)
  bench.turn()
  t.strictSame(bench.started, ['a', 'b', 'c'], 'until 2 ms are over')
  bench.turn()
  t.strictSame(bench.started, ['a', 'b', 'c', 'd'])

  const unbounded = new GateBench(new FixedLimit(), { ingredients: { bounded: false } })
  unbounded.startMs = 0.9
  for (const label of ['a', 'b', 'c', 'd']) unbounded.arrive(label)
  unbounded.turn()
  t.equal(unbounded.started.length, 4)
})

t.test('a busy loop is turned again until no more arrive, for 4 ms at most', async t => {
  const bench = new GateBench(new FixedLimit({ limit: 100 }))
  bench.arrive('first')
  bench.clock.advance(50)
  bench.turn(0)
  t.strictSame(bench.started, [], 'the loop was busy: more may wait in the kernel')
  bench.arrive('second', 1)
  bench.turn(0)
  t.strictSame(bench.started, [])
  bench.turn(0)
  t.strictSame(bench.started, ['second', 'first'], 'nothing came any more')

  for (let i = 0; bench.started.length === 2 && i < 100; i++) {
    bench.clock.advance(1)
    bench.arrive(`more${i}`)
    bench.turn(0)
  }
  t.ok(bench.started.length > 2, 'arrivals that never end do not hold the work up')
  t.ok(bench.clock.now() < 1080)
})

t.test('with drain ablated, a busy loop starts at once', async t => {
  const bench = new GateBench(new FixedLimit(), { ingredients: { drain: false } })
  bench.arrive('first')
  bench.clock.advance(50)
  bench.turn(0)
  bench.turn(0)
  t.strictSame(bench.started, ['first'])
})

t.test('the newest goes first when the strategy says so, unless that is ablated', async t => {
  for (const [lifo, order] of [[true, ['c', 'b', 'a']], [false, ['a', 'b', 'c']]] as const) {
    const bench = new GateBench(new FixedLimit({ order: 'lifo' }), { ingredients: { lifo } })
    for (const label of ['a', 'b', 'c']) bench.arrive(label)
    bench.turn()
    t.strictSame(bench.started, order)
  }
})

t.test('what has waited too long is refused, without a turn of the loop to wake the gate', async t => {
  const bench = new GateBench(new FixedLimit({ limit: 1, maxWait: 20 }))
  bench.arrive('running')
  bench.turn()
  bench.arrive('waiting')
  bench.turn()
  t.equal(bench.turnAsked, false, 'no spinning while nothing may be started')
  for (let i = 0; i < 6; i++) {
    bench.clock.advance(5)
    bench.turn()
  }
  t.strictSame(bench.refused, ['waiting: waited-too-long'])
  t.equal(bench.gate.queued, 0)
})

t.test('a full queue gives up the oldest of the least important class, or the arrival', async t => {
  const bench = new GateBench(new FixedLimit({ limit: 1 }), { maxQueue: 2 })
  bench.arrive('low1', 4)
  bench.arrive('low2', 4)
  bench.arrive('normal', 3)
  t.strictSame(bench.refused, ['low1: displaced'])
  bench.arrive('low3', 4)
  t.strictSame(bench.refused.slice(1), ['low3: queue-full'])
  t.equal(bench.gate.queued, 2)
})

t.test('a strategy may ask for a shorter queue, and for the longest wait to go', async t => {
  const bench = new GateBench(new FixedLimit({ limit: 1, maxQueued: 2, eviction: 'oldest' }))
  bench.arrive('critical', 1)
  bench.arrive('low', 4)
  bench.arrive('normal', 3)
  t.strictSame(bench.refused, ['critical: displaced'])
})

t.test('the queue stays inside its bound, whatever comes', async t => {
  const bench = new GateBench(new FixedLimit({ limit: 1 }), { maxQueue: 50 })
  for (let i = 0; i < 1000; i++) {
    bench.arrive(String(i), (i * 7 % 6) as PriorityRank)
    t.ok(bench.gate.queued <= 50)
  }
})

t.test('a client that goes away while its request is queued is never served, and its work is over', async t => {
  const bench = new GateBench(new FixedLimit({ limit: 1 }))
  const request = bench.arrive('a')
  request.abort()
  bench.turn()
  t.strictSame(bench.started, [])
  t.equal(request.over, true)
  t.equal(bench.gate.stats.abandoned[3], 1)
  t.equal(bench.gate.queued, 0)
})

t.test('a client that is found gone when its turn comes, before any event has told, is not served', async t => {
  const bench = new GateBench(new FixedLimit({ limit: 1, maxWait: 20 }))
  const request = bench.arrive('a')
  request.gone = true
  bench.turn()
  const late = bench.arrive('late')
  late.gone = true
  bench.clock.advance(50)
  bench.turn()
  bench.turn()
  t.strictSame([bench.started, bench.refused], [[], []])
  t.equal(bench.gate.stats.abandoned[3], 2)
})

t.test('a request that is over when it arrives is left alone', async t => {
  const bench = new GateBench(new FixedLimit())
  bench.gate.arrive(...overBefore(bench))
  bench.turn()
  t.equal(bench.gate.queued + bench.gate.inFlight, 0)
  t.equal(bench.gate.stats.abandoned[3], 1)
})

function overBefore (bench: GateBench): Parameters<GateBench['gate']['arrive']> {
  const probe = new GateBench(new FixedLimit()).arrive('over')
  const { scope } = probe
  if (scope === undefined) throw new Error('the probe has no scope')
  probe.scope = { ...scope, startedAt: bench.clock.now(), clientGone: () => true, watch: (listener, value) => { listener.settled?.(scope, 'client-abort', value) } }
  return [probe.scope.req, probe.scope.res, { dispatch () { throw new Error('served') }, bodyWithheld: false }]
}

t.test('the permit of an aborted request comes back when its handler is over, not before', async t => {
  const strategy = new FixedLimit({ limit: 1 })
  const bench = new GateBench(strategy)
  const request = bench.arrive('a')
  bench.turn()
  bench.arrive('b')
  request.abort()
  bench.turn()
  t.strictSame(bench.started, ['a'])
  request.endWork()
  bench.turn()
  t.strictSame(bench.started, ['a', 'b'])
  t.strictSame(strategy.log.at(1), ['finished', 3, 'aborted'])
})

t.test('the strategy is told how the work ended', async t => {
  const strategy = new FixedLimit()
  const bench = new GateBench(strategy)
  for (const reason of ['completed', 'timeout', 'reset', 'refused'] as const) {
    const request = bench.arrive(reason)
    bench.turn()
    request.finish(reason)
  }
  const failing = bench.arrive('failing')
  failing.res.statusCode = 500
  bench.turn()
  failing.finish()
  t.strictSame(strategy.log.filter(([what]) => what === 'finished').map(([, , outcome]) => outcome), ['ok', 'timeout', 'error', 'refused', 'error'])
  t.equal(bench.gate.stats.finishedPerSecond(bench.clock.now()), 4, 'what another check refused was not served')
})

t.test('a stream gives its permit back at its first byte and is counted until it closes', async t => {
  const bench = new GateBench(new FixedLimit({ limit: 1 }), { maxStreams: 1 })
  const first = bench.arrive('first')
  bench.turn()
  first.finish('stream')
  t.equal(bench.gate.inFlight, 0)
  t.equal(bench.gate.streams, 1)
  const second = bench.arrive('second')
  bench.turn()
  second.finish('stream')
  t.equal(bench.gate.inFlight, 1, 'one stream too many keeps its permit')
  second.res.emit('close')
  t.equal(bench.gate.inFlight, 0)
  const declared = bench.arrive('declared', 3, { config: { stream: true } })
  t.strictSame(bench.refused, ['declared: streams-full'], 'declared streams are refused at the bound')
  t.equal(declared.settledAs, 'refused')
  first.res.emit('close')
  t.equal(bench.gate.streams, 0)
  t.equal(bench.gate.openUpgrade(first.res), true)
  t.equal(bench.gate.openUpgrade(second.res), false)
  first.res.emit('close')
  t.equal(bench.gate.streams, 0)
})

t.test('refuses for pressure, for the strategy and for another check, and says when the body was withheld', async t => {
  const strategy = new FixedLimit()
  const bench = new GateBench(strategy)
  bench.pressure = 'forced-on'
  bench.arrive('a')
  bench.pressure = undefined
  strategy.reason = 'threshold'
  bench.arrive('b', 4, { bodyWithheld: true })
  bench.checkRefusal = { by: 'rate-limiter', reason: 'client-limit', status: 429, retryAfter: () => 1 }
  bench.arrive('c')
  t.strictSame(bench.refused, ['a: forced-on', 'b: threshold', 'c: client-limit'])
  t.strictSame(bench.bodyWithheld, ['b'])
  t.strictSame([...bench.gate.stats.byReason], [['forced-on', 1], ['threshold', 1], ['client-limit', 1]])
})

t.test('a dry run serves what it would have refused, and counts it; other checks still refuse', async t => {
  const strategy = new FixedLimit({ limit: 1, maxWait: 20 })
  const bench = new GateBench(strategy, { dryRun: true })
  strategy.reason = 'threshold'
  bench.arrive('spared')
  t.strictSame(bench.started, [], 'not inside the request event either')
  bench.turn()
  strategy.reason = undefined
  bench.arrive('late')
  bench.clock.advance(50)
  bench.turn()
  bench.turn()
  const gone = bench.arrive('gone')
  strategy.reason = 'threshold'
  const goneToo = bench.arrive('gone too')
  gone.abort()
  goneToo.abort()
  bench.turn()
  t.strictSame(bench.started, ['spared', 'late'])
  t.strictSame(bench.refused, [])
  t.equal(bench.gate.stats.spared[3], 3)
  t.equal(bench.gate.stats.abandoned[3], 2)
  bench.checkRefusal = { by: 'rate-limiter', reason: 'client-limit', status: 429, retryAfter: () => 1 }
  bench.arrive('limited')
  t.strictSame(bench.refused, ['limited: client-limit'])
})

t.test('a refused request with a handler of its own is passed on, in a later turn and under a bound', async t => {
  const strategy = new FixedLimit({ reason: 'threshold' })
  const bench = new GateBench(strategy)
  bench.passesOn = true
  for (let i = 0; i < MAX_DEGRADED; i++) bench.arrive(`passed${i}`)
  bench.arrive('too many')
  t.strictSame(bench.passedOn, [])
  t.strictSame(bench.refused, ['too many: threshold'])
  bench.requests.get('passed0')?.abort()
  bench.requests.get('passed1')?.settle('client-abort')
  bench.turn()
  t.equal(bench.passedOn.length, MAX_DEGRADED - 2)
  t.equal(bench.gate.degradedNow, MAX_DEGRADED - 2)
  for (const request of bench.requests.values()) request.finish()
  t.equal(bench.gate.degradedNow, 0)
})

t.test('passing on is bounded a turn, and a client that is gone by then is dropped', async t => {
  const bench = new GateBench(new FixedLimit({ reason: 'threshold' }))
  bench.passesOn = true
  bench.startMs = 0.6
  for (const label of ['a', 'b', 'c', 'd']) bench.arrive(label)
  const gone = bench.requests.get('d')
  if (gone !== undefined) gone.gone = true
  bench.turn()
  t.strictSame(bench.passedOn, ['a', 'b'])
  bench.turn()
  t.strictSame(bench.passedOn, ['a', 'b', 'c'])
  t.equal(bench.gate.stats.abandoned[3], 1)
})

t.test('off, everything passes at once, but other checks still refuse', async t => {
  const bench = new GateBench(new FixedLimit({ limit: 1, reason: 'threshold' }))
  bench.gate.mode = 'off'
  bench.arrive('a')
  bench.arrive('b')
  bench.hasChecks = true
  bench.arrive('admitted by the checks')
  t.strictSame(bench.started, ['a', 'b', 'admitted by the checks'])
  bench.checkRefusal = { by: 'rate-limiter', reason: 'client-limit', status: 429, retryAfter: () => 1 }
  bench.arrive('c')
  t.strictSame(bench.refused, ['c: client-limit'])
  t.equal(bench.turnAsked, false)
})

t.test('closing refuses what is queued, lets the rest pass, and leaves no timer', async t => {
  const bench = new GateBench(new FixedLimit({ limit: 1, tickMs: 100 }))
  bench.arrive('running')
  bench.turn()
  bench.arrive('queued')
  bench.turn()
  bench.gate.close('closing')
  t.strictSame(bench.refused, ['queued: closing'])
  bench.arrive('later')
  t.strictSame(bench.started, ['running', 'later'])
  t.equal(bench.clock.pending, 0)
})

t.test('the strategy ticks while it asks for it, and sees what is stalled', async t => {
  const strategy = new FixedLimit({ stalledAfterMs: 500 })
  const bench = new GateBench(strategy)
  bench.arrive('a')
  bench.turn()
  t.equal(bench.clock.pending, 0, 'no timer while the strategy wants none')
  strategy.tickMs = 100
  const second = bench.arrive('b')
  bench.turn()
  bench.clock.advance(450)
  t.equal(strategy.ticks, 4)
  t.equal(strategy.stalledSeen, 0)
  bench.clock.advance(200)
  t.equal(strategy.stalledSeen, 2)
  second.finish()
  bench.clock.advance(100)
  t.equal(strategy.stalledSeen, 1)
  strategy.tickMs = 0
  bench.clock.advance(100)
  t.equal(bench.clock.pending, 0)
  strategy.tickMs = 100
  bench.arrive('c')
  strategy.tickMs = 0
  bench.arrive('d')
  t.equal(bench.clock.pending, 0, 'a strategy at rest again is left alone at once')
})

t.test('a tick of a strategy with another interval takes effect, and so does another strategy', async t => {
  const strategy = new FixedLimit({ limit: 1, tickMs: 100 })
  const bench = new GateBench(strategy)
  bench.arrive('a')
  bench.arrive('b')
  bench.turn()
  strategy.tickMs = 25
  bench.clock.advance(100)
  bench.clock.advance(50)
  t.equal(strategy.ticks, 3)
  bench.gate.mode = 'off'
  bench.clock.advance(1000)
  t.equal(strategy.ticks, 4, 'a gate that is off stops ticking')
  bench.gate.mode = 'on'
  bench.gate.use(new FixedLimit({ limit: 2 }))
  bench.turn()
  t.strictSame(bench.started, ['a', 'b'])
  bench.clock.advance(1000)
  t.equal(strategy.ticks, 4)
})

t.test('a handler that throws does not stop the gate', async t => {
  const bench = new GateBench(new FixedLimit())
  bench.arrive('failing')
  Reflect.set(bench.started, 'push', () => { throw new Error('handler') })
  bench.arrive('next')
  t.throws(() => bench.turn(), { message: 'handler' })
  Reflect.deleteProperty(bench.started, 'push')
  bench.turn()
  t.ok(bench.started.includes('next'))
})
