import type { Bench } from '../bench.ts'
import { progress } from '../progress.ts'
import { ms, percent, ratio, spread, type Row } from '../row.ts'
import { summarize } from '../statistics.ts'
import { runTrial, stepFigures, stepPhases, type StepFigures } from '../trial.ts'
import type { Ablation } from '../variants.ts'

/** What each ingredient of the gate is worth: the whole, and the whole without one. */
export async function ablation (bench: Bench): Promise<Row[]> {
  const without: ReadonlyArray<Ablation | undefined> = [undefined, ...bench.options.ablate]
  const rows: Row[] = []
  for (const mode of bench.options.modes) {
    const conditions = await bench.conditions(mode)
    const seconds = Math.max(bench.options.seconds, 8 * conditions.unloadedP99Ms / 1000)
    for (const multiple of [4, 10]) {
      const measured = new Map<Ablation | undefined, StepFigures[]>(without.map(ablate => [ablate, []]))
      for (let run = 0; run < bench.options.runs; run++) {
        for (const [ablate, figures] of measured) {
          progress(`${mode} ${multiple}x: run ${run + 1}, ${ablate === undefined ? 'whole' : `without ${ablate}`}`)
          const variant = ablate === undefined ? { name: 'plimsoll' as const } : { name: 'plimsoll' as const, ablate }
          const phases = stepPhases(multiple, seconds, conditions)
          figures.push(stepFigures(await runTrial({ variant, mode, phases, seed: bench.nextSeed() }, conditions), conditions.capacity, conditions))
        }
      }
      for (const [ablate, figures] of measured) rows.push(row(`${mode} ${multiple}x: ${ablate === undefined ? 'whole' : `without ${ablate}`}`, figures))
    }
  }
  progress('')
  return rows
}

function row (what: string, figures: readonly StepFigures[]): Row {
  const of = (pick: (figures: StepFigures) => number, format: (value: number) => string): string => spread(summarize(figures.map(pick)), format)
  return {
    section: 'ablation',
    what,
    figure: [
      `goodput ${of(each => each.goodput, ratio)}`,
      `P99 ${of(each => each.admittedP99Ms, ms)}`,
      `critical ${of(each => each.critical.ok / each.critical.offered, percent)}`,
      `503 P99 ${of(each => each.refusedP99Ms, ms)}`,
      `timeouts ${of(each => each.timeouts, String)}`
    ].join('; '),
    peers: {},
    target: '',
    noise: '',
    verdict: 'shown',
    values: figures
  }
}
