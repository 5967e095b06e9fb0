import type { Bench } from './bench.ts'
import { measureCapacity, type Conditions, type Mode } from './conditions.ts'
import { progress } from './progress.ts'
import { mean, relativeSpread } from './statistics.ts'
import { FIRST_OVERLOAD, runTrial, stepFigures, stepPhases, type StepFigures } from './trial.ts'
import type { Variant } from './variants.ts'
import { meanWork, type WorkName } from './work.ts'

export function multiplesOf (bench: Bench): readonly number[] {
  return bench.options.quick ? [1, 4, 10] : [1, 2, 4, 10]
}

/** One step of one variant in one round. */
export interface Rung {
  readonly variant: Variant['name']
  readonly mode: Mode
  readonly multiple: number
  readonly figures: StepFigures
  /** Those of the overload before the step, the first in the life of its process. */
  readonly first: StepFigures
  readonly disturbed: boolean
  readonly crashed: boolean
}

export interface Ladder {
  readonly conditions: Conditions
  readonly rungs: readonly Rung[]
  /** Capacities of the bare server, taken before the first and after every round. */
  readonly capacities: readonly number[]
  /** How much the capacity moved by itself: the null of every ratio to it. */
  readonly noise: number
  /** CPU of a request and of a refusal, in ms, and with them what can be served at a multiple of the capacity. */
  readonly costs: { readonly requestMs: number, readonly refusalMs: number }
}

const known = new WeakMap<Bench, Map<Mode, Promise<Ladder>>>()

/** The steps that most sections read; run once, when the first of them asks. */
export function ladder (bench: Bench, mode: Mode): Promise<Ladder> {
  const ladders = known.get(bench) ?? new Map<Mode, Promise<Ladder>>()
  known.set(bench, ladders)
  const existing = ladders.get(mode)
  if (existing !== undefined) return existing
  const climbing = climb(bench, mode)
  ladders.set(mode, climbing)
  return climbing
}

/** The share of the capacity that is left when what is too much has to be refused, at the cost of a refusal. */
export function goodputBound (multiple: number, costs: Ladder['costs']): number {
  return Math.max(0, 1 - (multiple - 1) * costs.refusalMs / costs.requestMs)
}

/** Mean CPU below which refusing the rest costs a good part of the machine. */
const SHORT_WORK_MS = 1

/** The table's target; for short work 0.97 of what the machine allows, where that is less. */
export function goodputTarget (ofTheTable: number, multiple: number, work: WorkName, costs: Ladder['costs']): number {
  return meanWork(work).cpuMs > SHORT_WORK_MS ? ofTheTable : Math.min(ofTheTable, 0.97 * goodputBound(multiple, costs))
}

async function climb (bench: Bench, mode: Mode): Promise<Ladder> {
  const { options } = bench
  const conditions = await bench.conditions(mode)
  const variants = await bench.variants()
  const measure = (variant?: 'refuse-all') => measureCapacity(options.work, mode, bench.roundsPerMs, options.quick, variant)
  const seconds = Math.max(options.seconds, 8 * conditions.unloadedP99Ms / 1000)

  const refusal = await measure('refuse-all')
  const calibrations = [await measure()]
  const rungs: Rung[] = []
  for (let run = 0; run < options.runs; run++) {
    const round: Array<(capacity: number) => Rung> = []
    for (const multiple of multiplesOf(bench)) {
      for (const variant of rotated(variants, run)) {
        progress(`${mode}: run ${run + 1} of ${options.runs}, ${variant.name} at ${multiple}x`)
        const phases = stepPhases(multiple, seconds, conditions)
        const trial = await runTrial({ variant, mode, phases, seed: bench.nextSeed() }, conditions)
        round.push(capacity => ({
          variant: variant.name,
          mode,
          multiple,
          figures: stepFigures(trial, capacity, conditions),
          first: stepFigures(trial, capacity, conditions, FIRST_OVERLOAD),
          disturbed: trial.disturbed,
          crashed: trial.crashed
        }))
      }
    }
    calibrations.push(await measure())
    const around = mean(calibrations.slice(-2).map(calibration => calibration.rate))
    rungs.push(...round.map(rung => rung(around)))
  }
  progress('')
  const capacities = calibrations.map(calibration => calibration.rate)
  return {
    conditions,
    rungs,
    capacities,
    noise: relativeSpread(capacities),
    costs: { requestMs: mean(calibrations.map(calibration => calibration.cpuMs)), refusalMs: refusal.cpuMs }
  }
}

/** No variant is always the first after the calibration. */
function rotated<T> (items: readonly T[], by: number): T[] {
  const start = by % Math.max(1, items.length)
  return [...items.slice(start), ...items.slice(0, start)]
}
