import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { nodeOnCpu, quantileMs, startGenerator, tallyOf } from '../../tools/load/index.ts'
import type { Phase, Report } from '../../tools/load/index.ts'
import { progress } from '../overload/progress.ts'
import { ms, ratio, spread } from '../overload/row.ts'
import type { Row, Verdict } from '../overload/row.ts'
import { cores } from '../overload/server-process.ts'
import { median, summarize } from '../overload/statistics.ts'
import type { GuardName } from './checkout-process.ts'
import { HangingUpstream } from './hanging-upstream.ts'

const GUARDS: readonly GuardName[] = ['plimsoll', 'none', 'fastify-circuit-breaker']
/** Requests a second, one in ten of which asks the upstream. */
const RATE = 800
/** Between the phases that are compared: circuits open and close, the last hung calls end. */
const TURN_SECONDS = 8
/** Ratio between two healthy phases from which on the null tells nothing. */
const WIDEST_NULL = 2

interface Trial {
  /** Of the routes that don't ask the upstream, hung over healthy, and healthy again over healthy: the null. */
  readonly goodput: number
  readonly goodputNull: number
  readonly p99: number
  readonly p99Null: number
  /** While it hung. */
  readonly upstreamCalls: number
  /** Of the callers of the upstream; NaN where none is refused. */
  readonly refusedP99Ms: number
  readonly timeouts: number
}

/** What the routes of a service that do not need an upstream feel of it while it hangs. */
export async function httpRows (quick = false): Promise<Row[]> {
  const rounds = quick ? 2 : 5
  const hungSeconds = quick ? 10 : 30
  const trials: Record<GuardName, Trial[]> = { plimsoll: [], none: [], 'fastify-circuit-breaker': [] }
  for (let round = 0; round < rounds; round++) {
    // Every other round the other way round, so that nothing that drifts favours one of them.
    for (const guard of round % 2 === 0 ? GUARDS : GUARDS.toReversed()) {
      progress(`http: round ${round + 1} of ${rounds}, ${guard}`)
      trials[guard].push(await trial(guard, hungSeconds, round))
    }
  }
  const nulls = Object.values(trials).flat()
  const what = `while the upstream hangs for ${hungSeconds} s, over before`
  const compared = (name: string, of: (trial: Trial) => number, nullOf: (trial: Trial) => number, target: string, fits: (figure: number, low: number, high: number) => boolean): Row => {
    const noise = summarize(nulls.map(nullOf))
    const own = trials.plimsoll.map(of)
    // Healthy over healthy that varies by more than this leaves nothing to be told.
    const wide = noise.max > WIDEST_NULL || noise.min < 1 / WIDEST_NULL
    const verdict: Verdict = rounds < 5 || wide ? 'inconclusive' : fits(median(own), noise.min, noise.max) ? 'pass' : 'miss'
    return {
      section: 'http',
      what: `${name} of the other routes ${what}`,
      figure: spread(summarize(own), ratio),
      peers: peersOf(trials, all => spread(summarize(all.map(of)), ratio)),
      target,
      noise: `null ${ratio(noise.min)} … ${ratio(noise.max)}`,
      verdict,
      ...(wide && { note: 'healthy phases differ as much among themselves' }),
      ...(rounds < 5 && { note: 'with fewer than five rounds the null says too little' }),
      values: trials
    }
  }
  return [
    compared('goodput', one => one.goodput, one => one.goodputNull, 'within the null', (figure, low) => figure >= low),
    compared('P99', one => one.p99, one => one.p99Null, 'within the null', (figure, _low, high) => figure <= high),
    {
      section: 'http',
      what: `calls that the upstream gets while it hangs for ${hungSeconds} s`,
      figure: spread(summarize(trials.plimsoll.map(one => one.upstreamCalls)), String),
      peers: peersOf(trials, all => spread(summarize(all.map(one => one.upstreamCalls)), String)),
      target: '',
      noise: '',
      verdict: 'shown',
      note: `${RATE / 10} a second are asked for`
    },
    {
      section: 'http',
      what: 'P99 of the refusals that callers of the upstream get meanwhile',
      figure: spread(summarize(trials.plimsoll.map(one => one.refusedP99Ms)), ms),
      peers: peersOf(trials, all => spread(summarize(all.map(one => one.refusedP99Ms)), ms)),
      target: '',
      noise: '',
      verdict: 'shown'
    }
  ]
}

function peersOf (trials: Readonly<Record<GuardName, readonly Trial[]>>, show: (all: readonly Trial[]) => string): Record<string, string> {
  return { 'no breaker': show(trials.none), '@fastify/circuit-breaker': show(trials['fastify-circuit-breaker']) }
}

async function trial (guard: GuardName, hungSeconds: number, seed: number): Promise<Trial> {
  const upstream = await HangingUpstream.start()
  const child = fork(fileURLToPath(new URL('./checkout-process.ts', import.meta.url)), [guard, String(upstream.port)], {
    ...nodeOnCpu(cores.server, ['--conditions=plimsoll:source']),
    env: { ...process.env, NODE_ENV: 'production' }
  })
  try {
    const [port] = await once(child, 'message', { signal: AbortSignal.timeout(20_000) }) as [number]
    const phases = phasesOf(hungSeconds)
    const generator = startGenerator({
      loop: 'open',
      mode: 'warm',
      port,
      connections: 2000,
      seed,
      timeoutMs: 5_000,
      classes: [{ name: 'products', weight: 9, path: '/products' }, { name: 'pay', weight: 1, path: '/pay' }],
      phases
    }, cores.generator)
    await generator.ready
    const healthy = (phases[0]?.seconds ?? 0) + (phases[1]?.seconds ?? 0)
    await sleep(healthy * 1000)
    upstream.hang()
    await sleep((TURN_SECONDS + hungSeconds) * 1000)
    upstream.heal()
    return figuresOf(await generator.done, upstream.callsWhileHung)
  } finally {
    child.kill('SIGKILL')
    upstream.stop()
  }
}

function phasesOf (hungSeconds: number): Phase[] {
  const phase = (name: string, seconds: number): Phase => ({ name, seconds, rate: RATE })
  return [phase('warm-up', 4), phase('before', 10), phase('falling', TURN_SECONDS), phase('hung', hungSeconds), phase('rising', TURN_SECONDS), phase('after', 10)]
}

function figuresOf (report: Report, upstreamCalls: number): Trial {
  const of = (phase: string, name = 'products'): { readonly goodput: number, readonly p99: number } => {
    const tally = tallyOf(report, { phase, classes: [name] })
    return { goodput: tally.ok / tally.offered, p99: quantileMs(tally.admittedLatency, 0.99) }
  }
  const [before, hung, after] = [of('before'), of('hung'), of('after')]
  const pay = tallyOf(report, { phase: 'hung', classes: ['pay'] })
  return {
    goodput: hung.goodput / before.goodput,
    goodputNull: after.goodput / before.goodput,
    p99: hung.p99 / before.p99,
    p99Null: after.p99 / before.p99,
    upstreamCalls,
    refusedP99Ms: quantileMs(pay.refusedLatency, 0.99),
    timeouts: pay.timeout
  }
}
