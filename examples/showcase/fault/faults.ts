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

/** How bad it is; each fault reads what it has. @default as in the demonstration */
export interface FaultSize {
  /** Milliseconds for which a request waits, or the loop is held. */
  readonly ms?: number
  /** Of the requests that it befalls, 0 to 1. */
  readonly share?: number
  /** Pattern of the one route. */
  readonly route?: string
  readonly everyMs?: number
  /** Kept, ten times a second. */
  readonly bytes?: number
}

/** Faults that can be switched on and off in a running shop. */
export function makeFault (name: FaultName, app: FastifyInstance, size: FaultSize = {}): Fault {
  switch (name) {
    case 'latency': return slowRequests(app, size)
    case 'errors': return failingRequests(app, size)
    case 'leak': return leak(size)
    case 'stall': return stall(size)
    case 'slow-route': return slowRoute(app, size)
    case 'hot-loop': return hotLoop(app, size)
  }
}

function slowRequests (app: FastifyInstance, { ms = 400, share = 1 }: FaultSize): Fault {
  let on = false
  const befalls = evenly(share)
  app.addHook('preHandler', async () => { if (on && befalls()) await delay(ms) })
  return { rule: 'latency-threshold', says: `${share === 1 ? 'every request takes' : `${100 * share} % of the requests take`} ${ms} ms longer`, calmMs: 10_000, begin () { on = true }, end () { on = false } }
}

function failingRequests (app: FastifyInstance, { share = 0.4, route }: FaultSize): Fault {
  let on = false
  const befalls = evenly(share)
  app.addHook('preHandler', async ({ routeOptions }) => { if (on && (route === undefined || routeOptions.url === route) && befalls()) throw new Error('the fault demonstration') })
  return { rule: 'error-rate-spike', says: `${100 * share} % of the requests ${route === undefined ? '' : `of ${route} `}fail`, calmMs: 10_000, begin () { on = true }, end () { on = false } }
}

/** Collects often, so that the rule has a point every other second rather than every minute. */
function leak ({ bytes = 256 * 1024 }: FaultSize): Fault {
  const kept: unknown[] = []
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  let leaking: NodeJS.Timeout | undefined
  const collecting = setInterval(collect, 1000).unref()
  return {
    rule: 'memory-leak',
    says: `${bytes / 1024} kB are kept, ten times a second`,
    calmMs: 15_000,
    begin () { leaking = setInterval(() => kept.push(Array.from({ length: bytes / 8 }, (_, index) => index + 0.5)), 100).unref() },
    end () {
      clearInterval(leaking)
      kept.length = 0
      setTimeout(() => clearInterval(collecting), 10_000).unref()
    }
  }
}

function stall ({ ms = 400, everyMs = 2500 }: FaultSize): Fault {
  let blocking: NodeJS.Timeout | undefined
  return {
    rule: 'event-loop-stall',
    says: `something computes for ${ms} ms, every ${everyMs} ms`,
    // The first minute after a start does not count: it compiles and loads.
    calmMs: 62_000,
    begin () { blocking = setInterval(() => { block(ms) }, everyMs).unref() },
    end () { clearInterval(blocking) }
  }
}

/** As if one of its queries had lost its index. */
function slowRoute (app: FastifyInstance, { ms = 600, route = '/search' }: FaultSize): Fault {
  let on = false
  app.addHook('preHandler', async ({ routeOptions }) => { if (on && routeOptions.url === route) await delay(ms) })
  return { rule: 'latency-threshold', says: `GET ${route} waits for ${ms} ms`, calmMs: 10_000, begin () { on = true }, end () { on = false } }
}

/** As if one of its loops went over everything twice. */
function hotLoop (app: FastifyInstance, { ms = 280, route = '/recommendations/:id' }: FaultSize): Fault {
  let on = false
  app.addHook('preHandler', async ({ routeOptions }) => { if (on && routeOptions.url === route) block(ms) })
  return { rule: 'event-loop-stall', says: `GET ${route} computes for ${ms} ms`, calmMs: 62_000, begin () { on = true }, end () { on = false } }
}

/** True for this share of its calls, and never many of one kind in a row. */
function evenly (share: number): () => boolean {
  let calls = 0
  return () => Math.floor(++calls * share) !== Math.floor((calls - 1) * share)
}

function block (ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}
