import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { FastifyInstance } from 'fastify'

export const FAULTS = ['latency', 'errors', 'leak', 'stall', 'slow-route', 'hot-loop'] as const

export type FaultName = typeof FAULTS[number]

export interface Fault {
  /** The rule that finds it. */
  readonly rule: string
  /** What the shop does wrong, for people. */
  readonly says: string
  /** Milliseconds before it, in which nothing is wrong; what the rule needs to know what is usual. */
  readonly calmMs: number
  begin (): void
  end (): void
}

const SLOW_MS = 400
const FAILING_SHARE = 0.4
const BLOCK_MS = 400
const BLOCK_EVERY_MS = 2500
const SLOW_ROUTE = '/search'
const SLOW_ROUTE_MS = 600
const HOT_ROUTE = '/recommendations/:id'
const HOT_MS = 280
const LEAK_BYTES = 256 * 1024

/** Faults that can be switched on and off in a running shop. */
export function makeFault (name: FaultName, app: FastifyInstance): Fault {
  switch (name) {
    case 'latency': return slowProducts(app)
    case 'errors': return failingRequests(app)
    case 'leak': return leak()
    case 'stall': return stall()
    case 'slow-route': return slowRoute(app)
    case 'hot-loop': return hotLoop(app)
  }
}

function slowProducts (app: FastifyInstance): Fault {
  let on = false
  app.addHook('preHandler', async () => { if (on) await delay(SLOW_MS) })
  return { rule: 'latency-threshold', says: `every request takes ${SLOW_MS} ms longer`, calmMs: 10_000, begin () { on = true }, end () { on = false } }
}

function failingRequests (app: FastifyInstance): Fault {
  let on = false
  let requests = 0
  app.addHook('preHandler', async () => { if (on && requests++ % 10 < 10 * FAILING_SHARE) throw new Error('the fault demonstration') })
  return { rule: 'error-rate-spike', says: `${100 * FAILING_SHARE} % of the requests fail`, calmMs: 10_000, begin () { on = true }, end () { on = false } }
}

/** Collects often, so that the rule has a point every other second rather than every minute. */
function leak (): Fault {
  const kept: unknown[] = []
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  let leaking: NodeJS.Timeout | undefined
  const collecting = setInterval(collect, 1000).unref()
  return {
    rule: 'memory-leak',
    says: 'a quarter of a megabyte is kept, ten times a second',
    calmMs: 15_000,
    begin () { leaking = setInterval(() => kept.push(Array.from({ length: LEAK_BYTES / 8 }, (_, index) => index + 0.5)), 100).unref() },
    end () {
      clearInterval(leaking)
      kept.length = 0
      setTimeout(() => clearInterval(collecting), 10_000).unref()
    }
  }
}

function stall (): Fault {
  let blocking: NodeJS.Timeout | undefined
  return {
    rule: 'event-loop-stall',
    says: `something computes for ${BLOCK_MS} ms, every ${BLOCK_EVERY_MS} ms`,
    // The first minute after a start does not count: it compiles and loads.
    calmMs: 62_000,
    begin () { blocking = setInterval(() => { block() }, BLOCK_EVERY_MS).unref() },
    end () { clearInterval(blocking) }
  }
}

/** As if one of its queries had lost its index. */
function slowRoute (app: FastifyInstance): Fault {
  let on = false
  app.addHook('preHandler', async ({ routeOptions }) => { if (on && routeOptions.url === SLOW_ROUTE) await delay(SLOW_ROUTE_MS) })
  return { rule: 'latency-threshold', says: `GET ${SLOW_ROUTE} waits for ${SLOW_ROUTE_MS} ms`, calmMs: 10_000, begin () { on = true }, end () { on = false } }
}

/** As if one of its loops went over everything twice. */
function hotLoop (app: FastifyInstance): Fault {
  let on = false
  app.addHook('preHandler', async ({ routeOptions }) => { if (on && routeOptions.url === HOT_ROUTE) block(HOT_MS) })
  return { rule: 'event-loop-stall', says: `GET ${HOT_ROUTE} computes for ${HOT_MS} ms`, calmMs: 62_000, begin () { on = true }, end () { on = false } }
}

function block (ms: number = BLOCK_MS): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}
