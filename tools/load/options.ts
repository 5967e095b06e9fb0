import type { Phase } from './arrivals.ts'

/** A kind of request, and its share of the traffic. */
export interface TrafficClass {
  readonly name: string
  /** Share of the arrivals, relative to the other classes' weights. */
  readonly weight: number
  readonly path: string
  /** @default 'GET' */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A request that is sent beside the load at a rate of its own, each on a fresh connection, as an orchestrator's probe is. */
export interface Probe {
  readonly path: string
  /** Mean probes a second. */
  readonly rate: number
}

interface CommonOptions {
  /** @default '127.0.0.1' */
  readonly host?: string
  readonly port: number
  readonly classes: readonly TrafficClass[]
  /** An answer later than this, from the scheduled arrival, is no success. @default 500 ms */
  readonly deadlineMs?: number
  /** The client gives up this long after the scheduled arrival and closes the connection. @default 3000 ms */
  readonly timeoutMs?: number
  /** Answers slower than this are counted per bin. @default the deadline */
  readonly slowMs?: number
  /** @default 1 */
  readonly seed?: number
  /** Width of the time bins of the report. @default 50 ms */
  readonly binMs?: number
  /** Distance of the live figures. @default 500 ms */
  readonly statsEveryMs?: number
}

/** Arrivals come when the schedule says, whether or not the server keeps up. */
export interface OpenLoopOptions extends CommonOptions {
  readonly loop: 'open'
  readonly phases: readonly Phase[]
  /**
   * `warm`: kept-alive connections, opened before the start, one request in flight on each; an arrival that finds none free waits.
   * `fresh`: a connection for every request.
   */
  readonly mode: 'warm' | 'fresh'
  /** Number of warm connections. @default 2000 */
  readonly connections?: number
  readonly probe?: Probe
}

/** Every client sends its next request when it has the answer to its last one: what calibrates a server's capacity. */
export interface ClosedLoopOptions extends CommonOptions {
  readonly loop: 'closed'
  /** @default 'warm' */
  readonly mode?: 'warm' | 'fresh'
  /** Requests in flight, each on a connection of its own. */
  readonly connections: number
  readonly seconds: number
  /** Seconds at the start that are left out of the report. @default 0 */
  readonly warmupSeconds?: number
}

export type GeneratorOptions = OpenLoopOptions | ClosedLoopOptions

export const defaults = { host: '127.0.0.1', deadlineMs: 500, timeoutMs: 3000, seed: 1, binMs: 50, statsEveryMs: 500, connections: 2000 } as const
