import type { Bench } from '../bench.ts'
import { measureCapacity } from '../conditions.ts'
import { goodputTarget } from '../ladder.ts'
import { progress } from '../progress.ts'
import { judge, ms, percent, ratio, type Row, type Verdict } from '../row.ts'
import { mean, median, relativeSpread } from '../statistics.ts'
import { runTrial, stepFigures, stepPhases, type StepFigures, type Trial } from '../trial.ts'
import { grid, type WorkName } from '../work.ts'

/** Short, and mixed. */
const quickWorks: readonly WorkName[] = ['0.5/20', 'mix']
const steps = [{ multiple: 2, goodput: 0.95, critical: 1 }, { multiple: 10, goodput: 0.91, critical: 0.999 }] as const

/** The same defaults for every kind of work. */
export async function defaults (bench: Bench): Promise<Row[]> {
  const { quick, runs } = bench.options
  const refusal = await measureCapacity('0.5/0', 'warm', bench.roundsPerMs, quick, 'refuse-all')
  const rows: Row[] = []
  for (const work of quick ? quickWorks : [...grid, 'mix']) {
    rows.push(...await rowsOf(bench, work, refusal.cpuMs, Math.max(1, Math.floor(runs * 0.4))))
  }
  return rows
}

async function rowsOf (bench: Bench, work: WorkName, refusalMs: number, runs: number): Promise<Row[]> {
  const conditions = await bench.conditions('warm', work)
  const measure = () => measureCapacity(work, 'warm', bench.roundsPerMs, bench.options.quick)
  const capacities = [conditions.capacity]
  const trials: Array<{ multiple: number, trial: Trial }> = []
  const seconds = Math.max(bench.options.seconds, 8 * conditions.unloadedP99Ms / 1000)
  for (let run = 0; run < runs && bench.measuresPlimsoll; run++) {
    for (const { multiple } of steps) {
      progress(`work ${work}: run ${run + 1} of ${runs} at ${multiple}x`)
      const phases = stepPhases(multiple, seconds, conditions)
      trials.push({ multiple, trial: await runTrial({ variant: { name: 'plimsoll' }, mode: 'warm', phases, seed: bench.nextSeed() }, conditions) })
    }
  }
  const after = await measure()
  capacities.push(after.rate)
  progress('')

  const noise = relativeSpread(capacities)
  return steps.map(step => {
    const own = trials.filter(({ multiple }) => multiple === step.multiple).map(({ trial }) => trial)
    const figures = own.map(trial => stepFigures(trial, mean(capacities), conditions))
    const target = goodputTarget(step.goodput, step.multiple, work, { requestMs: after.cpuMs, refusalMs })
    const of = (pick: (figures: StepFigures) => number): number => median(figures.map(pick))
    const served = sum(figures, each => each.critical.ok) / sum(figures, each => each.critical.offered)
    const disturbed = own.filter(trial => trial.disturbed).length
    const goodput = of(each => each.goodput)
    const p99 = of(each => each.admittedP99Ms)
    return {
      section: 'defaults',
      what: `${work} ms, ${step.multiple}x: goodput; P99; critical`,
      figure: `${ratio(goodput)}; ${ms(p99)}; ${percent(served, 2)}`,
      peers: {},
      target: `>= ${ratio(target)}; <= ${ms(conditions.slowMs)}; >= ${percent(step.critical)}`,
      noise: percent(noise),
      verdict: worst([
        judge(goodput, { atLeast: target }, noise, disturbed * 2 > own.length),
        judge(p99, { atMost: conditions.slowMs }, noise * conditions.slowMs, disturbed * 2 > own.length),
        judge(served, { atLeast: step.critical }, 0)
      ]),
      ...(disturbed > 0 ? { note: `${disturbed} of ${own.length} runs disturbed by the generator's lag` } : {}),
      values: { conditions, capacities, figures }
    }
  })
}

function worst (verdicts: readonly Verdict[]): Verdict {
  return verdicts.find(verdict => verdict === 'miss') ?? verdicts.find(verdict => verdict === 'inconclusive') ?? 'pass'
}

function sum (figures: readonly StepFigures[], pick: (figures: StepFigures) => number): number {
  return figures.reduce((total, each) => total + pick(each), 0)
}
