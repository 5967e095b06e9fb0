/**
 * `npm run faults -- limits [--seed N] [--long]`: five processes share a limit on a real redis-server, which is stopped
 * (SIGSTOP) and killed meanwhile; what is let through is counted by the client and by the handlers. Then five processes with
 * circuits: OPEN reaches the others, a quorum holds against one liar. Exit code 1 on a violation, or when a positive control
 * is not convicted.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { seededRandom } from '@plimsoll/core/testing'
import { startRedis } from '../../tools/services.ts'
import type { RunningService } from '../../tools/services.ts'
import { circuitFaults } from './limits/circuits.ts'
import { Fleet } from './limits/fleet.ts'
import type { InstanceConfig } from './limits/messages.ts'
import { Traffic } from './limits/traffic.ts'
import type { Answer, Client } from './limits/traffic.ts'
import { failed, overshoot, quantile, refused } from './limits/verdicts.ts'
import type { Limit } from './limits/verdicts.ts'

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, long: { type: 'boolean', default: false } } })
const seed = Number(values.seed)
const rounds = values.long ? 10 : 1
const LIMIT: Limit = { limit: 100, windowMs: 10_000, instances: 5 }
/** Well below the limit, at it, and far above it. */
const CLIENTS: readonly Client[] = [{ name: 'polite', rate: 4 }, { name: 'busy', rate: 9 }, { name: 'abuser', rate: 100 }]
/** A command to the coordinator may take 2 seconds: whoever waits for one shows. */
const SLOW_MS = 500

const started = performance.now()
const violations: string[] = []
let operations = 0
let figures = ''
for (let round = 0; round < rounds; round++) {
  const result = await inService(`round-${round}`, {}, faults)
  const circuits = await circuitFaults(`circuits-${round}`, values.long ? 40 : 8)
  operations += result.answers.length + circuits.operations
  figures = `${result.figures}; ${circuits.figures}`
  const found = [...result.violations, ...circuits.violations]
  for (const violation of found) violations.push(`round ${round + 1}: ${violation}`)
  console.log(`round ${round + 1}: ${result.answers.length} requests, ${circuits.operations} guarded calls, ${found.length} violations; ${figures}`)
}
const controls = [
  await convict('limits counted by each instance alone', { flaw: 'alone' }, /overshoot/),
  await convict('requests that wait for the coordinator', { flaw: 'waits' }, /slow|failed/)
]
for (const violation of violations) console.log(`VIOLATION ${violation}`)
const convicted = controls.filter(Boolean).length
console.log(`limits: seed ${seed}, ${rounds} rounds, ${operations} operations, ${violations.length} violations, ${convicted} of ${controls.length} controls convicted, ${((performance.now() - started) / 1000).toFixed(0)} s`)
process.exit(violations.length === 0 && convicted === controls.length ? 0 : 1)

interface Result {
  readonly answers: readonly Answer[]
  readonly violations: readonly string[]
  readonly figures: string
}

/** Runs five instances and a Redis of their own for as long as `run` takes. */
async function inService (namespace: string, config: Pick<InstanceConfig, 'flaw'>, run: (fleet: Fleet, redis: RunningService) => Promise<Result>): Promise<Result> {
  const redis = await startRedis()
  try {
    const fleet = await Fleet.start(LIMIT.instances, { ...config, redis: `redis://127.0.0.1:${redis.port}`, namespace, limit: LIMIT.limit, windowMs: LIMIT.windowMs })
    try {
      return await run(fleet, redis)
    } finally {
      await fleet.stop()
    }
  } finally {
    await redis.stop()
  }
}

async function faults (fleet: Fleet, redis: RunningService): Promise<Result> {
  const idle = await commandsIn(fleet, 2_000)
  const before = await fleet.look()
  const traffic = new Traffic(fleet.ports, CLIENTS, seededRandom(seed))
  await delay(12_000)
  const calm = [...traffic.answers]
  const after = await fleet.look()
  const roundTrips = sumOf(after.map(({ commands }) => commands)) - sumOf(before.map(({ commands }) => commands)) - idle * 12 / 2
  process.kill(redis.pid, 'SIGSTOP')
  await delay(values.long ? 20_000 : 6_000)
  const stopped = traffic.answers.slice(calm.length)
  process.kill(redis.pid, 'SIGCONT')
  await fleet.until(({ mode, instances }) => mode === 'cluster' && instances === LIMIT.instances)
  await delay(4_000)
  // Killed, and back without what it knew.
  await redis.stop()
  await delay(4_000)
  const again = await startRedis({ port: redis.port })
  try {
    await fleet.until(({ mode, instances }) => mode === 'cluster' && instances === LIMIT.instances)
    await delay(6_000)
    await traffic.stop()
    return judged(traffic.answers, await fleet.look(), { calm, stopped, roundTrips })
  } finally {
    await again.stop()
  }
}

function judged (answers: readonly Answer[], seen: Awaited<ReturnType<Fleet['look']>>, { calm, stopped, roundTrips }: { readonly calm: readonly Answer[], readonly stopped: readonly Answer[], readonly roundTrips: number }): Result {
  const violations: string[] = []
  const bad = failed(answers)
  if (bad.length > 0) violations.push(`${bad.length} calls failed`)
  for (const { name } of CLIENTS) {
    const worst = overshoot(answers, name, LIMIT)
    if (worst > LIMIT.instances) violations.push(`overshoot of ${worst.toFixed(1)} batches for ${name}, at most ${LIMIT.instances}`)
    const admitted = answers.filter(({ client, status }) => client === name && status === 200).length
    const received = sumOf(seen.map(each => each.received[name] ?? 0))
    if (admitted !== received) violations.push(`${name}: ${received} came to the handlers, ${admitted} were answered`)
  }
  const slow = answers.filter(({ ms }) => ms > SLOW_MS)
  if (slow.length > 0) violations.push(`${slow.length} slow requests, up to ${Math.max(...slow.map(({ ms }) => ms)).toFixed(0)} ms`)
  const polite = refused(answers, 'polite')
  if (polite > 0) violations.push(`${polite} requests of a client far below the limit were refused`)
  const share = roundTrips / calm.length
  if (share > 0.1) violations.push(`${share.toFixed(3)} round trips a request`)
  const through = stopped.filter(({ client, status }) => client === 'abuser' && status === 200).length
  if (through === 0) violations.push('nothing of a client above the limit was let through while Redis was stopped')
  const worst = Math.max(...CLIENTS.map(({ name }) => overshoot(answers, name, LIMIT)))
  const figures = `overshoot ${worst.toFixed(2)} batches of at most ${LIMIT.instances}, ${share.toFixed(3)} round trips a request, P99 ${quantile(calm.map(({ ms }) => ms), 0.99).toFixed(1)} ms and with Redis stopped ${quantile(stopped.map(({ ms }) => ms), 0.99).toFixed(1)} ms`
  return { answers, violations, figures }
}

/** Commands that the instances send by themselves. */
async function commandsIn (fleet: Fleet, ms: number): Promise<number> {
  const before = await fleet.look()
  await delay(ms)
  return sumOf((await fleet.look()).map(({ commands }) => commands)) - sumOf(before.map(({ commands }) => commands))
}

/** Whether the checks see what is wrong with these instances: a short run, with Redis stopped for its second half. */
async function convict (what: string, flaw: Pick<InstanceConfig, 'flaw'>, pattern: RegExp): Promise<boolean> {
  const { violations } = await inService(`control-${flaw.flaw ?? ''}`, flaw, async (fleet, redis) => {
    const traffic = new Traffic(fleet.ports, CLIENTS, seededRandom(seed))
    await delay(5_000)
    process.kill(redis.pid, 'SIGSTOP')
    await delay(3_000)
    process.kill(redis.pid, 'SIGCONT')
    await traffic.stop()
    return judged(traffic.answers, await fleet.look(), { calm: traffic.answers, stopped: traffic.answers, roundTrips: 0 })
  })
  const seen = violations.some(violation => pattern.test(violation))
  console.log(`control: ${what}: ${seen ? 'convicted' : 'NOT SEEN'}: ${violations.join('; ')}`)
  return seen
}

function sumOf (numbers: readonly number[]): number { return numbers.reduce((sum, each) => sum + each, 0) }
