import { tallyOf, type TrafficClass } from '../../../tools/load/index.ts'
import type { Bench } from '../bench.ts'
import type { Mode } from '../conditions.ts'
import { ladder, multiplesOf, type Ladder } from '../ladder.ts'
import { progress } from '../progress.ts'
import { judge, percent, spread, type Row } from '../row.ts'
import { rungsOf } from '../rungs.ts'
import { summarize } from '../statistics.ts'
import { runTrial, share, stepFigures, stepPhases, type StepFigures } from '../trial.ts'

const targets: Readonly<Record<number, number>> = { 2: 1, 4: 1, 10: 0.999 }
/** A share of 99.9 % can't be told from fewer. */
const FEWEST_CRITICAL = 3000
const LONGEST_EXTRA_SECONDS = 30
/** Classes may change places by chance where both are served almost always. */
const INVERSION_ABOVE = 0.01

/** The traffic that matters most, the first second of every step included. */
export async function critical (bench: Bench): Promise<Row[]> {
  const rows: Row[] = []
  for (const mode of bench.options.modes) {
    const steps = await ladder(bench, mode)
    const extra: StepFigures[] = []
    for (const multiple of multiplesOf(bench).filter(multiple => multiple > 1)) {
      const more = await topUp(bench, mode, multiple, steps)
      extra.push(...more)
      rows.push(servedRow(bench, mode, multiple, steps, more))
    }
    rows.push(inversionRow(mode, steps, extra), await nearCapacity(bench, mode))
  }
  return rows
}

/** Further steps of Plimsoll alone, until enough critical requests have been seen. */
async function topUp (bench: Bench, mode: Mode, multiple: number, steps: Ladder): Promise<StepFigures[]> {
  const { conditions } = steps
  const perSecond = 0.05 * multiple * conditions.capacity
  let missing = fewestCritical(bench) - offered(figuresAt(steps, multiple))
  const more: StepFigures[] = []
  while (missing > 0 && bench.measuresPlimsoll && !bench.options.quick) {
    progress(`${mode}: ${Math.ceil(missing)} more critical requests at ${multiple}x`)
    const seconds = Math.min(LONGEST_EXTRA_SECONDS, 1.1 * missing / perSecond + 1)
    const phases = stepPhases(multiple, seconds, conditions)
    const trial = await runTrial({ variant: { name: 'plimsoll' }, mode, phases, seed: bench.nextSeed() }, conditions)
    const figures = stepFigures(trial, conditions.capacity, conditions)
    more.push(figures)
    missing -= figures.critical.offered
  }
  progress('')
  return more
}

/** All modes together see enough. */
function fewestCritical (bench: Bench): number {
  return FEWEST_CRITICAL / bench.options.modes.length
}

function servedRow (bench: Bench, mode: Mode, multiple: number, steps: Ladder, extra: readonly StepFigures[]): Row {
  const figures = [...figuresAt(steps, multiple), ...extra]
  const served = sumOk(figures) / offered(figures)
  const target = targets[multiple] ?? 1
  const few = offered(figures) < fewestCritical(bench)
  const names = new Set(steps.rungs.map(rung => rung.variant).filter(name => name !== 'plimsoll'))
  const peers = [...names].map((name): [string, string] => {
    const theirs = figuresAt(steps, multiple, name)
    return [name, percent(sumOk(theirs) / offered(theirs))]
  })
  return {
    section: 'critical',
    what: `${mode} ${multiple}x: critical served in time`,
    figure: `${percent(served, 2)} of ${offered(figures)}`,
    peers: Object.fromEntries(peers),
    target: `>= ${percent(target)}`,
    noise: '',
    verdict: few ? 'inconclusive' : judge(served, { atLeast: target }, 0),
    ...(few ? { note: `fewer than ${fewestCritical(bench)} critical requests` } : {}),
    values: figures.map(each => each.critical)
  }
}

function inversionRow (mode: Mode, steps: Ladder, extra: readonly StepFigures[]): Row {
  const inversions = (figures: readonly StepFigures[]): number => figures.filter(({ critical, normalOk, lowOk }) =>
    critical.ok / critical.offered < normalOk - INVERSION_ABOVE || normalOk < lowOk - INVERSION_ABOVE).length
  const all = [...rungsOf(steps, 'plimsoll').map(rung => rung.figures), ...extra]
  return {
    section: 'critical',
    what: `${mode}: steps in which a lower class fared better`,
    figure: `${inversions(all)} of ${all.length}`,
    peers: {},
    target: '0',
    noise: percent(INVERSION_ABOVE),
    verdict: judge(all.length === 0 ? NaN : inversions(all), { atMost: 0 }, 0)
  }
}

/** Critical requests alone are 0.9 of the capacity, and as many others come on top. */
async function nearCapacity (bench: Bench, mode: Mode): Promise<Row> {
  const conditions = await bench.conditions(mode)
  const classes: TrafficClass[] = [
    { name: 'critical', weight: 0.9, path: '/critical' },
    { name: 'normal', weight: 0.75, path: '/normal' },
    { name: 'low', weight: 0.35, path: '/low' }
  ]
  const { quick } = bench.options
  const seconds = quick ? 4 : 8
  const served: Record<string, number[]> = {}
  for (const variant of await bench.variants(quick || mode !== bench.options.modes[0] ? ['none', 'under-pressure', 'overload-protection'] : [])) {
    const runs = variant.name === 'plimsoll' ? Math.max(1, Math.ceil(bench.options.runs * 0.6)) : 1
    for (let run = 0; run < runs; run++) {
      progress(`${mode}: critical alone at 0.9x, ${variant.name}`)
      const trial = await runTrial({ variant, mode, classes, phases: stepPhases(2, seconds, conditions), seed: bench.nextSeed() }, conditions)
      ;(served[variant.name] ??= []).push(share(tallyOf(trial.report, { phase: 'load', classes: ['critical'] })))
    }
  }
  progress('')
  const { plimsoll, ...peers } = served
  const summary = summarize(plimsoll ?? [])
  return {
    section: 'critical',
    what: `${mode} 2x, critical alone 0.9x: critical served in time`,
    figure: spread(summary, percent),
    peers: Object.fromEntries(Object.entries(peers).map(([name, values]) => [name, spread(summarize(values), percent)])),
    target: '>= 95.0 %',
    noise: '',
    verdict: judge(summary.median, { atLeast: 0.95 }, 0),
    values: served
  }
}

function figuresAt (steps: Ladder, multiple: number, variant = 'plimsoll'): StepFigures[] {
  return rungsOf(steps, variant, [multiple]).map(rung => rung.figures)
}

function offered (figures: readonly StepFigures[]): number {
  return figures.reduce((total, each) => total + each.critical.offered, 0)
}

function sumOk (figures: readonly StepFigures[]): number {
  return figures.reduce((total, each) => total + each.critical.ok, 0)
}
