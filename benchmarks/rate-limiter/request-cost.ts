import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { ADMISSION_ORDER, ensureCore } from '@plimsoll/core'
import rateLimiter from '@plimsoll/rate-limiter'
import { medianInterval } from '../cost/interval.ts'
import type { Interval } from '../cost/interval.ts'
import { progress } from '../overload/progress.ts'
import type { Row, Verdict } from '../overload/row.ts'
import { median } from '../overload/statistics.ts'
import { MemoryConnection } from './memory-connection.ts'

// What a limit adds to the CPU time of a request that it lets through, beside the peers: one client on a kept-alive connection,
// nothing is refused. The connection is one in memory: the few microseconds in question are less than what a system call varies by.

const TARGET = 1 / 3
const LIMIT = 1_000_000
const REQUESTS = 2_000

type Protect = (app: FastifyInstance) => Promise<void>

const variants: Readonly<Record<string, Protect>> = {
  bare: async () => {},
  'bare again': async () => {},
  'core alone, with a check that admits': async app => { ensureCore(app).admission.add({ name: 'admits', order: ADMISSION_ORDER.rateLimit, check: () => undefined }) },
  plimsoll: async app => { await app.register(rateLimiter, { limit: LIMIT }) },
  'plimsoll, no headers': async app => { await app.register(rateLimiter, { limit: LIMIT, headers: 'none' }) },
  '@fastify/rate-limit': async app => {
    const { default: plugin } = await import('@fastify/rate-limit')
    await app.register(plugin, { max: LIMIT, timeWindow: 60_000 })
  },
  'rate-limiter-flexible': async app => {
    const { RateLimiterMemory } = await import('rate-limiter-flexible')
    const limiter = new RateLimiterMemory({ points: LIMIT, duration: 60 })
    app.addHook('onRequest', async (request, reply) => {
      const { remainingPoints, msBeforeNext } = await limiter.consume(request.ip)
      reply.header('x-ratelimit-limit', LIMIT).header('x-ratelimit-remaining', remainingPoints).header('x-ratelimit-reset', Math.ceil(msBeforeNext / 1000))
    })
  },
  'express-rate-limit': async app => {
    const { rateLimit } = await import('express-rate-limit')
    const limit = rateLimit({ windowMs: 60_000, limit: LIMIT, legacyHeaders: true, standardHeaders: false, validate: false, keyGenerator: req => req.socket.remoteAddress ?? '' })
    app.addHook('onRequest', (request, reply, done) => { limit(request.raw, reply.raw, done) })
  }
}

/**
 * Once for a client of IPv4 and once for one of IPv6, whose network has to be found.
 *
 * @param rounds each of all variants forth and back
 */
export async function requestCostRows (rounds: number): Promise<Row[]> {
  return [await requestCostRow('127.0.0.1', rounds), await requestCostRow('2001:db8::7', rounds)]
}

async function requestCostRow (address: string, rounds: number): Promise<Row> {
  const apps = new Map<string, { readonly app: FastifyInstance, readonly connection: MemoryConnection }>()
  for (const [name, protect] of Object.entries(variants)) {
    const app = Fastify()
    await protect(app)
    app.get('/', async () => ({ served: true }))
    await app.ready()
    const connection = new MemoryConnection(address)
    app.server.emit('connection', connection)
    apps.set(name, { app, connection })
  }
  const micros = new Map<string, number[]>([...apps.keys()].map(name => [name, []]))
  for (let round = -1; round < rounds; round++) {
    const sums = new Map<string, number>()
    for (const name of [...apps.keys(), ...[...apps.keys()].reverse()]) {
      progress(`cost of a limited request, ${address}: round ${round + 1} of ${rounds}, ${name}`)
      sums.set(name, (sums.get(name) ?? 0) + await cpuOfARequest(apps.get(name)!.connection) / 2)
    }
    // The first round compiles.
    if (round >= 0) for (const [name, sum] of sums) micros.get(name)?.push(sum)
  }
  for (const { app, connection } of apps.values()) {
    connection.destroy()
    await app.close()
  }
  return rowOf(address, micros)
}

function rowOf (address: string, micros: ReadonlyMap<string, readonly number[]>): Row {
  const of = (name: string): readonly number[] => micros.get(name) ?? []
  const added = (name: string): number[] => of(name).map((cost, i) => cost - of('bare')[i]!)
  const peer = median(added('@fastify/rate-limit'))
  const share = (name: string): Interval => medianInterval(added(name).map(cost => cost / peer))
  const ours = share('plimsoll')
  const noise = share('bare again')
  const shown = (name: string): string => `+${median(added(name)).toFixed(2)} µs`
  return {
    section: 'request',
    what: `CPU that a limit adds to a request of ${address}, of what @fastify/rate-limit adds`,
    figure: `${ours.median.toFixed(2)} (95 %: ${ours.low.toFixed(2)} … ${ours.high.toFixed(2)}), ${shown('plimsoll')} on ${median(of('bare')).toFixed(1)} µs`,
    peers: Object.fromEntries(['core alone, with a check that admits', 'plimsoll, no headers', '@fastify/rate-limit', 'rate-limiter-flexible', 'express-rate-limit', 'bare again'].map(name => [name, shown(name)])),
    target: `<= ${TARGET.toFixed(2)}`,
    noise: `${noise.low.toFixed(2)} … ${noise.high.toFixed(2)}`,
    verdict: verdictOf(ours, noise),
    values: Object.fromEntries(micros)
  }
}

/** A null that is as wide as the target says nothing. */
function verdictOf (ours: Interval, noise: Interval): Verdict {
  if (noise.high - noise.low > TARGET) return 'inconclusive'
  if (ours.high <= TARGET) return 'pass'
  return ours.low > TARGET ? 'miss' : 'inconclusive'
}

async function cpuOfARequest (connection: MemoryConnection): Promise<number> {
  const before = process.cpuUsage()
  for (let i = 0; i < REQUESTS; i++) await connection.request()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / REQUESTS
}
