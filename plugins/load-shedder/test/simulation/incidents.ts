import type { PriorityRank } from '@plimsoll/core'
import { between, ok, refused, share } from './measures.ts'
import type { Attempt } from './overload-run.ts'
import { adaptive, broken, percent } from './scenario.ts'
import type { Row, Scenario } from './scenario.ts'
import { cpuAwaitCpu, pooled, trafficOf } from './services.ts'
import type { TrafficShare, WorkKind } from './work.ts'

const NORMAL: PriorityRank = 3
const usual = cpuAwaitCpu(4.4, 20)

function row (scenario: string, load: string, attempts: readonly Attempt[], figures: Row['figures'], conditions: Readonly<Record<string, boolean>>): Row {
  return { scenario, load, operations: attempts.length, figures, violations: broken(conditions) }
}

/** One sort of requests whose behaviour depends on the time. */
function only (name: string, stages: WorkKind['stages'], clients = 500): (random: { next: () => number }) => readonly TrafficShare[] {
  return random => [{ weight: 1, rank: NORMAL, client: () => Math.floor(random.next() * clients), kind: { name, routeId: 0, stages } }]
}

function * latencyShift (seed: number): Iterable<Row> {
  let slow = false
  const stages = (): ReturnType<WorkKind['stages']> => [
    { cpuMs: () => 0.5, then: { kind: 'time', ms: () => slow ? 1000 : 10 } }, { cpuMs: () => 0.5 }
  ]
  const { attempts, changes } = adaptive({
    seed,
    traffic: only('shifting', stages),
    durationMs: 60_000,
    rate: now => {
      slow = now > 20_000 && now < 40_000
      return 300
    }
  })
  const success = share(attempts, ok)
  yield row('another service slows down, 10 ms to 1 s and back', '0.3x', attempts, {
    'ok %': percent(success), 'limit changes': String(changes.filter(change => change.what === 'limit').length)
  }, { 'does not collapse': success >= 0.99 })
}

function * gradualSlowdown (seed: number): Iterable<Row> {
  let now = 0
  const stages = (): ReturnType<WorkKind['stages']> => [
    { cpuMs: () => 0.5, then: { kind: 'time', ms: () => 10 + Math.max(0, Math.min(1, (now - 10_000) / 20_000)) * 990 } }, { cpuMs: () => 0.5 }
  ]
  const { attempts, changes } = adaptive({ seed, traffic: only('slowing', stages), durationMs: 60_000, rate: at => { now = at; return 200 } })
  const success = share(attempts, ok)
  const late = share(between(attempts, 40_000, 60_000), ok)
  yield row('another service slows down over 20 s, to 1 s', '0.2x', attempts, {
    'ok %': percent(success), 'afterwards %': percent(late), 'limit changes': String(changes.filter(change => change.what === 'limit').length)
  }, { 'does not collapse': success >= 0.9, 'finds out that the latency is intrinsic': late >= 0.99 })
}

function * mixShift (seed: number): Iterable<Row> {
  const kind = (name: string, routeId: number, cpuMs: number, awaitMs: number): WorkKind => ({
    name, routeId, stages: () => [{ cpuMs: () => cpuMs / 2, then: { kind: 'time', ms: () => awaitMs } }, { cpuMs: () => cpuMs / 2 }]
  })
  const client = (): number => 1
  let shifted = false
  const { attempts, changes } = adaptive({
    seed,
    traffic: () => [
      { get weight () { return shifted ? 1 : 9 }, rank: NORMAL, client, kind: kind('fast', 0, 1, 5) },
      { get weight () { return shifted ? 9 : 1 }, rank: NORMAL, client, kind: kind('slow', 1, 6, 300) }
    ],
    durationMs: 40_000,
    rate: now => {
      shifted = now > 20_000
      return shifted ? 100 : 350
    }
  })
  yield row('the mix shifts from 9:1 fast to 9:1 slow', '0.55x', attempts, {
    'refused %': percent(share(attempts, refused)), 'limit changes': String(changes.length)
  }, { 'no false refusal': share(attempts, refused) === 0 })
}

/** Two kinds of work behind one route: nothing tells them apart. */
function * bimodalRoute (seed: number): Iterable<Row> {
  const { attempts, changes } = adaptive({
    seed,
    traffic: random => only('bimodal', () => {
      const slow = random.next() < 0.1
      return [{ cpuMs: () => 0.5, then: { kind: 'time', ms: () => slow ? 300 : 5 } }, { cpuMs: () => slow ? 5 : 0.5 }]
    })(random),
    durationMs: 40_000,
    rate: () => 400
  })
  yield row('one route, fast nine times of ten, slow the tenth', '0.6x', attempts, {
    'refused %': percent(share(attempts, refused)), 'limit changes': String(changes.length)
  }, { 'no false refusal': share(attempts, refused) === 0 })
}

function * standstill (seed: number): Iterable<Row> {
  const blocks = Array.from({ length: 10 }, (_, index) => ({ at: 3000 + index * 3000, ms: 200 }))
  for (const multiple of [0.5, 0.8]) {
    const { attempts } = adaptive({ seed, traffic: trafficOf(usual), durationMs: 33_000, rate: () => multiple * usual.capacity, blocks })
    yield row('ten blocks of 200 ms', `${multiple}x`, attempts, { 'refused %': percent(share(attempts, refused)) }, {
      'no refusal because of a block': share(attempts, refused) === 0
    })
  }
}

function * abusiveClient (seed: number): Iterable<Row> {
  // Others must fit: 5 at 1 and one at 10 make 15, of which 7.5 can be served at 2x.
  const { attempts } = adaptive({
    seed,
    traffic: random => usual.kinds(random).map(({ kind }) => ({
      weight: 1, rank: NORMAL, kind, client: () => random.next() < 10 / 15 ? 0 : 1 + Math.floor(random.next() * 5)
    })),
    durationMs: 30_000,
    rate: now => usual.capacity * (now < 2000 ? 0.5 : 2)
  })
  const loaded = between(attempts, 2000, 30_000)
  const others = share(loaded.filter(attempt => attempt.client !== 0), ok)
  yield row('one client sends ten times what each other sends', '2x', attempts, {
    'others %': percent(others), 'that client %': percent(share(loaded.filter(attempt => attempt.client === 0), ok))
  }, { 'others keep 0.94 (target 0.95)': others >= 0.94 })
}

function * criticalAlone (seed: number): Iterable<Row> {
  for (const [load, mix] of [['0.9x', [[1, 1]]], ['0.9x critical of 2x', [[1, 45], [NORMAL, 55]]]] as const) {
    const multiple = load === '0.9x' ? 0.9 : 2
    const { attempts } = adaptive({ seed, traffic: trafficOf(usual, mix), durationMs: 62_000, rate: now => usual.capacity * (now < 2000 ? 0.5 : multiple) })
    const critical = share(between(attempts, 2000, 62_000).filter(attempt => attempt.rank === 1), ok)
    yield row('critical near capacity', load, attempts, { 'critical %': percent(critical) }, { 'critical keeps 0.95': critical >= 0.95 })
  }
}

function * timeouts (seed: number): Iterable<Row> {
  let dead = false
  const stages = (): ReturnType<WorkKind['stages']> => [
    { cpuMs: () => 0.5, then: dead ? { kind: 'timeout', ms: () => 1000 } : { kind: 'time', ms: () => 10 } }, { cpuMs: () => 0.5 }
  ]
  const { attempts, changes } = adaptive({
    seed, traffic: only('dying', stages), durationMs: 50_000, rate: now => { dead = now > 10_000 && now < 30_000; return 300 }
  })
  const after = between(attempts, 32_000, 50_000)
  yield row('a backend that answers with nothing but timeouts for 20 s', '0.3x', attempts, {
    'refused meanwhile %': percent(share(between(attempts, 12_000, 30_000), refused)),
    'ok from 2 s after %': percent(share(after, ok)),
    'limit changes': String(changes.filter(change => change.what === 'limit').length)
  }, { recovers: share(after, ok) >= 0.999, 'counts timeouts as drops': changes.some(change => change.reason === 'timeouts') })
}

function * burstAfterIdle (seed: number): Iterable<Row> {
  const hour = 3_600_000
  for (const [burst, least] of [[15, 1], [100, 0.2]] as const) {
    let sent = 0
    const { attempts, changes } = adaptive({
      seed,
      traffic: trafficOf(usual),
      durationMs: hour + 10_000,
      rate: now => {
        if (now < 20_000) return usual.capacity / 2
        if (now < hour) return 0
        return sent++ < burst ? 100_000 : usual.capacity / 2
      }
    })
    const bursting = between(attempts, hour, hour + 20)
    const after = between(attempts, hour + 500, hour + 10_000)
    const calm = changes.findLast(change => change.what === 'state' && change.to === 'calm')?.at ?? hour
    yield row(`a burst of ${burst} at once after an idle hour`, '0.5x', attempts, {
      'burst ok %': percent(share(bursting, ok)), 'refused after %': percent(share(after, refused)), 'calm after ms': (calm - hour).toFixed(0)
    }, { 'serves what it can': share(bursting, ok) >= least, 'calm soon': share(after, refused) === 0 })
  }
}

function * diurnal (seed: number): Iterable<Row> {
  const { attempts, changes } = adaptive({
    seed, traffic: trafficOf(usual), durationMs: 180_000, rate: now => usual.capacity * (0.2 + 0.65 * Math.sin(Math.PI * now / 180_000))
  })
  yield row('a day in three minutes', '0.2x to 0.85x', attempts, { 'refused %': percent(share(attempts, refused)), changes: String(changes.length) }, {
    'no false refusal': share(attempts, refused) <= 0.001
  })
}

function * hungHandlers (seed: number): Iterable<Row> {
  for (const [name, service, multiple] of [['hung handlers, 5 %', usual, 0.5], ['hung handlers, 5 %, behind a pool', pooled(10, 0.5, 20), 2]] as const) {
    const { attempts } = adaptive({
      seed,
      traffic: random => [
        ...trafficOf(service)(random),
        { weight: 5, rank: NORMAL, client: () => 7, kind: { name: 'hung', routeId: 9, stages: () => [{ cpuMs: () => 0.2, then: { kind: 'time', ms: () => 60_000 } }] } }
      ],
      durationMs: 60_000,
      clientTimeoutMs: 120_000,
      rate: now => service.capacity * (now < 5000 ? Math.min(multiple, 0.5) : multiple)
    })
    const healthy = between(attempts, 30_000, 60_000).filter(attempt => attempt.kind !== 'hung')
    const served = healthy.filter(ok).length / 30 / (service.capacity * Math.min(1, multiple))
    yield row(name, `${multiple}x`, attempts, { 'goodput of the others': served.toFixed(2) }, { 'not wedged': served >= 0.8 })
  }
}

/** Ten steps to 10x and back; 50 ms bins pooled over them. */
function * reactionAndRecovery (seed: number): Iterable<Row> {
  const period = 4000
  const { attempts } = adaptive({
    seed, traffic: trafficOf(usual), durationMs: 20 * period, rate: now => usual.capacity * (now % period >= 1000 && now % period < 2500 ? 10 : 0.5)
  })
  const bin = (phase: number): Attempt[] => attempts.filter(attempt => Math.floor((attempt.at % period) / 50) === phase / 50)
  let reaction = 0
  for (let phase = 1000; phase < 2500; phase += 50) {
    const critical = share(bin(phase).filter(attempt => attempt.rank === 1), ok)
    const late = bin(phase).some(attempt => ok(attempt) && attempt.latencyMs > 265)
    if (critical < 0.999 || late) reaction = phase - 950
  }
  let recovery = 0
  for (let phase = 2500; phase < 4000; phase += 50) if (share(bin(phase), ok) < 0.999) recovery = phase - 2450
  yield row('twenty steps to 10x and back', '0.5x/10x', attempts, { 'reaction ms': String(reaction), 'recovery ms': String(recovery) }, {
    'reacts within 250 ms': reaction <= 250, 'recovers within 250 ms': recovery <= 250
  })
}

function * retries (seed: number): Iterable<Row> {
  for (const multiple of [2, 4]) {
    const { attempts } = adaptive({
      seed, traffic: trafficOf(usual), durationMs: 30_000, rate: now => usual.capacity * (now < 2000 ? 0.5 : multiple), retries: { most: 3, afterMs: 200 }
    })
    const loaded = between(attempts, 2000, 30_000)
    const served = loaded.filter(ok).length / 28 / usual.capacity
    const critical = share(loaded.filter(attempt => attempt.rank === 1), ok)
    yield row('clients try again up to three times', `${multiple}x`, attempts, { goodput: served.toFixed(2), 'critical %': percent(critical) }, {
      'goodput stays': served >= 0.85, 'critical first': critical >= 0.995
    })
  }
}

export const INCIDENTS: readonly Scenario[] = [
  latencyShift, gradualSlowdown, mixShift, bimodalRoute, standstill, abusiveClient, criticalAlone, timeouts, burstAfterIdle, diurnal, hungHandlers, reactionAndRecovery, retries
]
