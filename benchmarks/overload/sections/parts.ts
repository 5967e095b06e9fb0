import type { Bench } from '../bench.ts'
import type { Conditions, Mode } from '../conditions.ts'
import { progress } from '../progress.ts'
import { ms, percent, ratio, spread, type Row } from '../row.ts'
import { summarize } from '../statistics.ts'
import { runTrial, stepFigures, stepPhases, type StepFigures } from '../trial.ts'
import type { PlimsollOptions } from '../variants.ts'
import { meanWork } from '../work.ts'

/** What each ingredient of the gate is worth: the whole, and the whole without one. */
export function ablation (bench: Bench): Promise<Row[]> {
  const candidates: Record<string, PlimsollOptions> = { whole: {} }
  for (const ablate of bench.options.ablate) candidates[`without ${ablate}`] = { ablate: [ablate] }
  return compare(bench, 'ablation', () => candidates)
}

/** The strategies side by side; those that don't learn are given the limit that keeps the core busy. */
export function strategies (bench: Bench): Promise<Row[]> {
  return compare(bench, 'strategies', ({ work }) => {
    const { cpuMs, awaitMs } = meanWork(work)
    const limit = Math.ceil((cpuMs + awaitMs) / cpuMs) + 2
    return {
      adaptive: {},
      [`priority, limit ${limit}`]: { strategy: 'priority', limit },
      [`random, limit ${limit}`]: { strategy: 'random', limit },
      [`oldest, limit ${limit}`]: { strategy: 'oldest', limit }
    }
  })
}

async function compare (bench: Bench, section: string, candidatesFor: (conditions: Conditions) => Record<string, PlimsollOptions>): Promise<Row[]> {
  const rows: Row[] = []
  for (const mode of bench.options.modes) {
    const conditions = await bench.conditions(mode)
    const candidates = Object.entries(candidatesFor(conditions))
    for (const multiple of [4, 10]) {
      const measured = candidates.map(([name]) => ({ name, figures: [] as StepFigures[] }))
      for (let run = 0; run < bench.options.runs; run++) {
        for (const [index, [name, options]] of candidates.entries()) {
          progress(`${mode} ${multiple}x: run ${run + 1} of ${bench.options.runs}, ${name}`)
          measured[index]?.figures.push(await step(bench, mode, multiple, options, conditions))
        }
      }
      rows.push(...measured.map(({ name, figures }) => row(section, `${mode} ${multiple}x: ${name}`, figures)))
    }
  }
  progress('')
  return rows
}

async function step (bench: Bench, mode: Mode, multiple: number, options: PlimsollOptions, conditions: Conditions): Promise<StepFigures> {
  const phases = stepPhases(multiple, Math.max(bench.options.seconds, 8 * conditions.unloadedP99Ms / 1000), conditions)
  const trial = await runTrial({ variant: { name: 'plimsoll', options }, mode, phases, seed: bench.nextSeed() }, conditions)
  return stepFigures(trial, conditions.capacity, conditions)
}

function row (section: string, what: string, figures: readonly StepFigures[]): Row {
  const of = (pick: (figures: StepFigures) => number, format: (value: number) => string): string => spread(summarize(figures.map(pick)), format)
  return {
    section,
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
