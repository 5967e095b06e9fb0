import { setTimeout as delay } from 'node:timers/promises'
import { startRedis } from '../../../tools/services.ts'
import type { BreakerConfig, Called, Circuits, FromBreaker, ToBreaker } from './messages.ts'
import { Instance, until } from './processes.ts'
import { quantile } from './verdicts.ts'

const SIZE = 5
/** Beyond a publish round trip. */
const WITHIN_MS = 50
/** How long a circuit that must stay closed is looked at. */
const HOLD_MS = 2_500

export interface CircuitsResult {
  readonly operations: number
  readonly violations: readonly string[]
  readonly figures: string
}

/** Five processes with circuits: OPEN reaches the others, and a quorum holds against one liar, with Redis there, hanging and back. */
export async function circuitFaults (namespace: string, openings: number): Promise<CircuitsResult> {
  const redis = await startRedis()
  const config = { redis: `redis://127.0.0.1:${redis.port}`, namespace }
  try {
    const told = await withInstances({ ...config, policy: 'any' }, async breakers => await openReachesOthers(breakers, openings, redis.pid))
    const quorum = await withInstances({ ...config, namespace: `${namespace}-quorum`, policy: 'quorum' }, quorumHolds)
    return { operations: told.operations + quorum.operations, violations: [...told.violations, ...quorum.violations], figures: told.figures }
  } finally {
    await redis.stop()
  }
}

type Breaker = Instance<ToBreaker, FromBreaker>

async function withInstances (config: BreakerConfig, run: (breakers: readonly Breaker[]) => Promise<CircuitsResult>): Promise<CircuitsResult> {
  const breakers = Array.from({ length: SIZE }, (): Breaker => new Instance(new URL('breaker-process.ts', import.meta.url), config))
  try {
    await Promise.all(breakers.map(({ first }) => first))
    await until(() => lookAt(breakers), ({ mode, instances }) => mode === 'cluster' && instances === SIZE)
    return await run(breakers)
  } finally {
    await Promise.all(breakers.map(breaker => breaker.stop({ type: 'close' })))
  }
}

async function openReachesOthers (breakers: readonly Breaker[], openings: number, redisPid: number): Promise<CircuitsResult> {
  const violations: string[] = []
  const late: number[] = []
  const roundTrips: number[] = []
  let operations = 0
  for (let i = 0; i < openings; i++) {
    const circuit = `upstream-${i}`
    const opener = breakers[i % SIZE]!
    // They have the circuit, and too few calls of their own to say otherwise.
    await Promise.all(breakers.map(breaker => call(breaker, circuit, 1, false)))
    opener.send({ type: 'ping', id: circuit })
    await call(opener, circuit, 10, true)
    operations += SIZE + 10
    await until(() => lookAt(breakers), ({ opened }) => opened[circuit] !== undefined)
    const seen = await lookAt(breakers)
    const { opened, roundTripMs } = seen[i % SIZE]!
    roundTrips.push(roundTripMs)
    for (const each of seen) late.push(each.opened[circuit]! - opened[circuit]! - roundTripMs)
  }
  const worst = Math.max(...late)
  if (worst > WITHIN_MS) violations.push(`OPEN reached another instance ${worst.toFixed(1)} ms after a round trip, at most ${WITHIN_MS}`)

  process.kill(redisPid, 'SIGSTOP')
  const calls = await Promise.all(breakers.map(breaker => call(breaker, 'while-stopped', 200, false)))
  process.kill(redisPid, 'SIGCONT')
  operations += 200 * SIZE
  const failed = calls.reduce((sum, each) => sum + each.failed, 0)
  const slowest = Math.max(...calls.map(({ ms }) => ms))
  if (failed > 0) violations.push(`${failed} calls failed while Redis was stopped`)
  if (slowest > 1_000) violations.push(`200 calls took ${slowest.toFixed(0)} ms while Redis was stopped`)
  return { operations, violations, figures: `OPEN reached the others ${quantile(late, 0.5).toFixed(1)} ms (at most ${worst.toFixed(1)} ms) beyond a round trip of ${quantile(roundTrips, 0.5).toFixed(1)} ms` }
}

async function quorumHolds (breakers: readonly Breaker[]): Promise<CircuitsResult> {
  const violations: string[] = []
  const [liar, second, third] = breakers
  await Promise.all(breakers.map(breaker => call(breaker, 'shared', 1, false)))
  await call(liar!, 'shared', 10, true)
  await delay(HOLD_MS)
  const poisoned = (await lookAt(breakers)).filter(({ opened }) => opened['shared'] !== undefined).length - 1
  if (poisoned !== 0) violations.push(`${poisoned} instances opened because of one liar`)
  // The positive control: three of five are no liar.
  await call(second!, 'shared', 10, true)
  await call(third!, 'shared', 10, true)
  await until(() => lookAt(breakers), ({ opened }) => opened['shared'] !== undefined)
  return { operations: SIZE + 30, violations, figures: '' }
}

async function call (breaker: Breaker, circuit: string, calls: number, fails: boolean): Promise<Called> {
  const answer = await breaker.ask({ type: 'call', circuit, calls, fails })
  if (answer.type !== 'called') throw new Error('an instance did not say what became of its calls')
  return answer
}

async function lookAt (breakers: readonly Breaker[]): Promise<readonly Circuits[]> {
  return await Promise.all(breakers.map(async breaker => {
    const seen = await breaker.ask({ type: 'look' })
    if (seen.type !== 'circuits') throw new Error('an instance did not say what it sees')
    return seen
  }))
}
