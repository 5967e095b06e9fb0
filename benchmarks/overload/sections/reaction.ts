import type { BinColumn, Phase, Report } from '../../../tools/load/index.ts'
import type { Bench } from '../bench.ts'
import type { Conditions, Mode } from '../conditions.ts'
import type { VariantName } from '../options.ts'
import { progress } from '../progress.ts'
import { judge, type Row } from '../row.ts'
import { phaseStartMs, runTrial } from '../trial.ts'

const TARGET_MS = 250
const STORM_SECONDS = 0.75
const CALM_SECONDS = 2
/** Share of the capacity that a service in order serves at 10x: its target, 0.91, less what a bin of 50 ms wavers. */
const IN_ORDER = 0.8
/** A bin is good by chance now and then: only the first of several in a row counts. */
const GOOD_IN_A_ROW = 3

/** How long after a step to 10x the service is in order again, and how long after its end. */
export async function reaction (bench: Bench): Promise<Row[]> {
  const steps = bench.options.quick ? 3 : 20
  const rows: Row[] = []
  for (const mode of bench.options.modes) {
    const conditions = await bench.conditions(mode)
    const times: Record<string, Times> = {}
    // The peers in one mode only, their times are far from any limit; without protection there is no recovery to time.
    const leftOut: VariantName[] = bench.options.quick ? ['none', 'overload-protection'] : ['none']
    const variants = await bench.variants(mode === bench.options.modes[0] ? leftOut : ['none', 'under-pressure', 'overload-protection'])
    for (const variant of variants) {
      progress(`${mode}: ${steps} steps to 10x and back, ${variant.name}`)
      const { report } = await runTrial({ variant, mode, phases: stormsAndCalms(steps, conditions), seed: bench.nextSeed() }, conditions)
      times[variant.name] = timesOf(report, steps, conditions)
    }
    progress('')
    rows.push(row(mode, steps, 'reaction to 10x', times, each => each.reactionMs), row(mode, steps, 'recovery from 10x', times, each => each.recoveryMs))
  }
  return rows
}

interface Times {
  /** Infinity when the service was not in order before the next change of the load. */
  readonly reactionMs: number
  readonly recoveryMs: number
}

function stormsAndCalms (steps: number, { capacity }: Conditions): Phase[] {
  const calm: Phase = { name: 'calm', seconds: CALM_SECONDS, rate: 0.5 * capacity }
  const storm: Phase = { name: 'storm', seconds: STORM_SECONDS, rate: 10 * capacity }
  return [calm, ...Array.from({ length: steps }, () => [storm, calm]).flat()]
}

/** Bins at the same distance from their step are summed over all steps. */
function timesOf (report: Report, steps: number, { capacity }: Conditions): Times {
  const period = (CALM_SECONDS + STORM_SECONDS) * 1000 / report.binMs
  const stormBins = STORM_SECONDS * 1000 / report.binMs
  const calmBins = CALM_SECONDS * 1000 / report.binMs
  const firstStorm = Math.round(phaseStartMs(report, 'storm') / report.binMs)
  const pooled = (column: BinColumn, offset: number): number => {
    let sum = 0
    for (let step = 0; step < steps; step++) {
      for (const name of report.classes) {
        if (name !== 'probe') sum += report.bins[name]?.[column][firstStorm + step * period + offset] ?? 0
      }
    }
    return sum
  }
  const served = steps * report.binMs / 1000 * capacity

  const tooSlow = (offset: number): number => {
    const admitted = pooled('ok', offset) + pooled('late', offset) + pooled('timeout', offset)
    return (pooled('slow', offset) + pooled('timeout', offset)) / Math.max(1, admitted)
  }
  const failed = (offset: number): number =>
    1 - pooled('ok', offset) / Math.max(1, pooled('offered', offset))
  return {
    reactionMs: firstGood(0, stormBins, offset => pooled('okAt', offset) >= IN_ORDER * served && tooSlow(offset) <= 0.05) * report.binMs,
    recoveryMs: firstGood(stormBins, stormBins + calmBins, offset => failed(offset) <= 0.02 && tooSlow(offset) <= 0.05) * report.binMs
  }
}

/** Bins from `from` to the first of a row of good ones. */
function firstGood (from: number, to: number, good: (offset: number) => boolean): number {
  let inARow = 0
  for (let offset = from; offset < to; offset++) {
    inARow = good(offset) ? inARow + 1 : 0
    if (inARow === GOOD_IN_A_ROW) return offset - from - GOOD_IN_A_ROW + 1
  }
  return Infinity
}

function row (mode: Mode, steps: number, what: string, times: Record<string, Times>, pick: (times: Times) => number): Row {
  const limit = what.startsWith('reaction') ? STORM_SECONDS : CALM_SECONDS
  const format = (value: number): string => value === Infinity ? `> ${limit * 1000} ms` : `${value} ms`
  const { plimsoll, ...peers } = times
  const figure = plimsoll === undefined ? NaN : pick(plimsoll)
  return {
    section: 'reaction',
    what: `${mode}: ${what}, ${steps} steps pooled`,
    figure: plimsoll === undefined ? '-' : format(figure),
    peers: Object.fromEntries(Object.entries(peers).map(([name, theirs]) => [name, format(pick(theirs))])),
    target: `<= ${TARGET_MS} ms`,
    noise: 'one bin, 50 ms',
    verdict: judge(figure, { atMost: TARGET_MS }, 0),
    values: times
  }
}
