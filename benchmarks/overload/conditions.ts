import { quantileMs, startGenerator, tallyOf } from '../../tools/load/index.ts'
import { cores, ServerProcess } from './server-process.ts'
import { median } from './statistics.ts'
import { traffic } from './trial.ts'
import { longestAwaitMs, meanWork, type WorkName } from './work.ts'

export type Mode = 'warm' | 'fresh'

/** What the bare server can do with a kind of work here and now; all targets are relative to it. */
export interface Conditions {
  readonly work: WorkName
  readonly mode: Mode
  readonly roundsPerMs: number
  /** Requests a second of the saturated bare server. */
  readonly capacity: number
  /** P99 of the bare server under a Poisson load of half its capacity. */
  readonly unloadedP99Ms: number
  /** P99 of the bare server with one request at a time: the lower end of what "unloaded" can mean. */
  readonly idleP99Ms: number
  readonly deadlineMs: number
  readonly timeoutMs: number
  /** 2.5 times the unloaded P99: admitted requests have to stay below. */
  readonly slowMs: number
  /** The shortest time in which a request can be served. */
  readonly serviceMs: number
}

export interface Capacity {
  /** Requests a second. */
  readonly rate: number
  /** CPU of a request, in ms. */
  readonly cpuMs: number
}

/** Load at which the bare server's P99 counts as unloaded: queues are short, and yet requests meet each other. */
const UNLOADED = 0.5

export async function measureConditions (work: WorkName, mode: Mode, roundsPerMs: number, quick: boolean): Promise<Conditions> {
  const capacity = (await measureCapacity(work, mode, roundsPerMs, quick)).rate
  const idleP99Ms = await measureIdleP99(work, roundsPerMs, quick)
  const unloadedP99Ms = await measureUnloadedP99(work, mode, roundsPerMs, capacity, quick)
  const { cpuMs, awaitMs } = meanWork(work)
  const deadlineMs = 10 * unloadedP99Ms
  return {
    work,
    mode,
    roundsPerMs,
    capacity,
    unloadedP99Ms,
    idleP99Ms,
    deadlineMs,
    // A client that gives up before the deadline would turn late answers into timeouts.
    timeoutMs: Math.max(3000, 1.2 * deadlineMs),
    slowMs: 2.5 * unloadedP99Ms,
    serviceMs: cpuMs + awaitMs
  }
}

/** The bare server, saturated: as many requests in flight as keep its core busy during their awaits, twice over. */
export async function measureCapacity (work: WorkName, mode: Mode, roundsPerMs: number, quick: boolean, variant: 'none' | 'refuse-all' = 'none'): Promise<Capacity> {
  const { cpuMs, awaitMs } = meanWork(work)
  const server = await ServerProcess.start({ variant: { name: variant }, work, roundsPerMs })
  try {
    const before = await server.usage()
    const generator = startGenerator({
      loop: 'closed',
      port: server.port,
      mode,
      connections: variant === 'none' ? Math.ceil(2 * (cpuMs + awaitMs) / cpuMs) + 8 : 32,
      // As long as it takes V8 to compile what runs.
      warmupSeconds: (quick ? 2 : 4) + 2 * longestAwaitMs(work) / 1000,
      seconds: Math.max(quick ? 1.5 : 3, cpuMs / 10),
      classes: traffic,
      timeoutMs: 60_000,
      deadlineMs: 60_000
    }, cores.generator)
    const report = await generator.done
    const after = await server.usage()
    const measured = tallyOf(report, { phase: 'measured' })
    const all = tallyOf(report)
    const seconds = report.phases.find(phase => phase.name === 'measured')?.seconds ?? NaN
    return { rate: measured.offered / seconds, cpuMs: (after.cpuMs - before.cpuMs) / all.offered }
  } finally {
    await server.stop()
  }
}

async function measureUnloadedP99 (work: WorkName, mode: Mode, roundsPerMs: number, capacity: number, quick: boolean): Promise<number> {
  const server = await ServerProcess.start({ variant: { name: 'none' }, work, roundsPerMs })
  const rate = UNLOADED * capacity
  // Enough requests for a P99, within reason, in several stretches: one stall of the machine must not set every deadline.
  const seconds = Math.min(4, Math.max(quick ? 1.2 : 2, 200 / rate))
  const stretches = Array.from({ length: quick ? 3 : 5 }, (_, index) => ({ name: `stretch ${index}`, seconds, rate }))
  try {
    const report = await startGenerator({
      loop: 'open',
      port: server.port,
      mode,
      phases: [{ name: 'warm-up', seconds: quick ? 2 : 4, rate }, ...stretches],
      classes: traffic,
      timeoutMs: 60_000,
      deadlineMs: 60_000
    }, cores.generator).done
    return median(stretches.map(({ name }) => quantileMs(tallyOf(report, { phase: name }).admittedLatency, 0.99)))
  } finally {
    await server.stop()
  }
}

async function measureIdleP99 (work: WorkName, roundsPerMs: number, quick: boolean): Promise<number> {
  const server = await ServerProcess.start({ variant: { name: 'none' }, work, roundsPerMs })
  try {
    const report = await startGenerator({
      loop: 'closed',
      port: server.port,
      connections: 1,
      warmupSeconds: quick ? 1 : 2,
      seconds: quick ? 2 : 4,
      classes: traffic,
      timeoutMs: 60_000,
      deadlineMs: 60_000
    }, cores.generator).done
    return quantileMs(tallyOf(report, { phase: 'measured' }).admittedLatency, 0.99)
  } finally {
    await server.stop()
  }
}
