import { setTimeout as sleep } from 'node:timers/promises'
import {
  quantileMs, startGenerator, tallyOf, type OpenLoopOptions, type Phase, type Report, type Tally, type TrafficClass
} from '../../tools/load/index.ts'
import type { Conditions, Mode } from './conditions.ts'
import { cores, ServerProcess } from './server-process.ts'
import type { Variant } from './variants.ts'

/** Runs that the generator itself delayed are repeated this often, and marked when a quiet one can't be had. */
const MOST_REPEATS = 2

/** The usual traffic: few requests matter most, many can be done without. */
export const traffic: readonly TrafficClass[] = [
  { name: 'critical', weight: 5, path: '/critical' },
  { name: 'normal', weight: 65, path: '/normal' },
  { name: 'low', weight: 30, path: '/low' }
]

export interface TrialPlan {
  readonly variant: Variant
  readonly mode: Mode
  readonly phases: readonly Phase[]
  readonly seed: number
  /** @default traffic */
  readonly classes?: readonly TrafficClass[]
  /** @default 2000 */
  readonly connections?: number
  /** Whether the process has been in service before, see {@link breakIn}. @default true */
  readonly brokenIn?: boolean
  /** Something to do to the server while the load of `phases` runs. */
  readonly meanwhile?: (server: ServerProcess) => Promise<void>
}

export interface Trial {
  readonly report: Report
  /** The generator's lag passed half the unloaded P99: its own delay is in the figures. */
  readonly disturbed: boolean
  readonly crashed: boolean
}

/** One server process, one generator process, one load. */
export async function runTrial (plan: TrialPlan, conditions: Conditions): Promise<Trial> {
  for (let repeat = 0; ; repeat++) {
    const trial = await runOnce(plan, conditions)
    if (!trial.disturbed || repeat === MOST_REPEATS) return trial
  }
}

async function runOnce (plan: TrialPlan, conditions: Conditions): Promise<Trial> {
  const before = plan.brokenIn === false ? [] : breakIn(plan.variant, conditions)
  const server = await ServerProcess.start({ variant: plan.variant, work: conditions.work, roundsPerMs: conditions.roundsPerMs })
  try {
    const options: OpenLoopOptions = {
      loop: 'open',
      port: server.port,
      mode: plan.mode,
      phases: [...before, ...plan.phases],
      classes: plan.classes ?? traffic,
      probe: { path: '/readyz', rate: 20 },
      connections: plan.connections ?? 2000,
      deadlineMs: conditions.deadlineMs,
      timeoutMs: conditions.timeoutMs,
      slowMs: conditions.slowMs,
      seed: plan.seed
    }
    const generator = startGenerator(options, cores.generator)
    await generator.ready
    const meanwhile = async (): Promise<void> => {
      await sleep(1000 * before.reduce((seconds, phase) => seconds + phase.seconds, 0))
      await plan.meanwhile?.(server)
    }
    const [report] = await Promise.all([generator.done, plan.meanwhile && meanwhile()])
    return { report, disturbed: report.lagP99Ms > conditions.unloadedP99Ms / 2, crashed: server.crashed }
  } finally {
    await server.stop()
  }
}

/** Requests to ten times the capacity, in a process that has never been overloaded before. */
export const FIRST_OVERLOAD = 'first overload'

/**
 * What a process has behind it before it is measured: some calm, an overload, and calm again. V8 takes thousands of
 * calls until it has compiled what runs, that which refuses included: at 10x the first seconds in a process's life serve
 * a tenth less than all that follow. Those seconds have a row of their own.
 */
function breakIn (variant: Variant, { capacity, serviceMs }: Conditions): Phase[] {
  const calm = { seconds: 1.5 + serviceMs / 1000, rate: 0.5 * capacity }
  // Without protection there is no code that refuses, and what an overload leaves undone would be done in the step.
  const rate = (variant.name === 'none' ? 0.5 : 10) * capacity
  return [{ name: 'first calm', ...calm }, { name: FIRST_OVERLOAD, seconds: 4, rate }, { name: 'second calm', ...calm }]
}

/**
 * A step to `multiple` times the capacity, out of a half-loaded warm-up. Goodput is counted by the time of the answers, in a window
 * that begins when the first request of the step can have been served; the load lasts to the window's end.
 */
export function stepPhases (multiple: number, seconds: number, conditions: Conditions): Phase[] {
  const rate = multiple * conditions.capacity
  return [
    { name: 'warm-up', seconds: 1 + conditions.serviceMs / 1000, rate: 0.5 * conditions.capacity },
    { name: 'load', seconds, rate },
    { name: 'tail', seconds: conditions.serviceMs / 1000 + 0.1, rate }
  ]
}

/** What one step trial says about its variant. Shares are 0 to 1. */
export interface StepFigures {
  /** Successes a second over what could have been served: the capacity, or the arrivals where they were fewer. */
  readonly goodput: number
  readonly admittedP99Ms: number
  /** Successes behind the deadline. */
  readonly late: number
  readonly critical: { readonly ok: number, readonly offered: number }
  readonly normalOk: number
  readonly lowOk: number
  readonly refusedP99Ms: number
  readonly refused: number
  readonly timeouts: number
  readonly resets: number
  readonly errors: number
  readonly readyP99Ms: number
  readonly readyOk: number
}

/** @param capacity as measured around the trial, requests a second */
export function stepFigures ({ report }: Trial, capacity: number, conditions: Conditions, phase = 'load'): StepFigures {
  const all = tallyOf(report, { phase })
  const ofClass = (name: string): Tally => tallyOf(report, { phase, classes: [name] })
  const seconds = phaseSeconds(report, phase)
  const attainable = Math.min(capacity, all.offered / seconds)
  const critical = ofClass('critical')
  const probe = ofClass('probe')
  return {
    goodput: successesInWindow(report, phase, conditions.serviceMs) / seconds / attainable,
    admittedP99Ms: quantileMs(all.admittedLatency, 0.99),
    late: all.late,
    critical: { ok: critical.ok, offered: critical.offered },
    normalOk: share(ofClass('normal')),
    lowOk: share(ofClass('low')),
    refusedP99Ms: quantileMs(all.refusedLatency, 0.99),
    refused: all.refused,
    timeouts: all.timeout,
    resets: all.reset,
    errors: all.error,
    readyP99Ms: quantileMs(probe.admittedLatency, 0.99),
    readyOk: (probe.ok + probe.late) / probe.offered
  }
}

export function share (tally: Tally): number {
  return tally.offered === 0 ? NaN : tally.ok / tally.offered
}

function phaseSeconds (report: Report, name: string): number {
  return report.phases.find(phase => phase.name === name)?.seconds ?? NaN
}

export function phaseStartMs (report: Report, name: string): number {
  const index = report.phases.findIndex(phase => phase.name === name)
  return report.phases.slice(0, index).reduce((total, phase) => total + phase.seconds * 1000, 0)
}

function successesInWindow (report: Report, phase: string, serviceMs: number): number {
  const from = Math.round((phaseStartMs(report, phase) + serviceMs) / report.binMs)
  const to = from + Math.round(phaseSeconds(report, phase) * 1000 / report.binMs)
  let successes = 0
  for (const name of report.classes) {
    if (name === 'probe') continue
    for (const count of report.bins[name]?.okAt.slice(from, to) ?? []) successes += count
  }
  return successes
}
