import type { Bench } from '../bench.ts'
import { goodputBound, goodputTarget, ladder, multiplesOf, type Ladder } from '../ladder.ts'
import { judge, ms, percent, ratio, spread, type Row } from '../row.ts'
import { disturbedNote, mostlyDisturbed, peersOf, rungsOf, summaryOf } from '../rungs.ts'
import { summarize } from '../statistics.ts'

const targets: Readonly<Record<number, number>> = { 1: 0.95, 2: 0.95, 4: 0.95, 10: 0.91 }

/** Goodput over capacity at multiples of the capacity. */
export async function goodput (bench: Bench): Promise<Row[]> {
  const rows: Row[] = []
  for (const mode of bench.options.modes) {
    const steps = await ladder(bench, mode)
    rows.push(calibrationRow(mode, steps))
    for (const multiple of multiplesOf(bench)) rows.push(row(mode, multiple, steps))
    rows.push(firstOverloadRow(mode, steps))
  }
  return rows
}

function row (mode: string, multiple: number, steps: Ladder): Row {
  const rungs = rungsOf(steps, 'plimsoll', [multiple])
  const summary = summaryOf(rungs, figures => figures.goodput)
  const ofTheTable = targets[multiple] ?? 1
  const target = goodputTarget(ofTheTable, multiple, steps.conditions.work, steps.costs)
  return {
    section: 'goodput',
    what: `${mode} ${multiple}x: goodput / capacity`,
    figure: spread(summary, ratio),
    peers: peersOf(steps, multiple, figures => figures.goodput, ratio),
    target: `>= ${ratio(target)}${target < ofTheTable ? ' (bound)' : ''}`,
    noise: percent(steps.noise),
    verdict: judge(summary.median, { atLeast: target }, steps.noise, mostlyDisturbed(rungs)),
    ...disturbedNote(rungs),
    values: steps.rungs.filter(rung => rung.multiple === multiple)
  }
}

/** Nothing has been compiled yet: what a process that is started into an overload makes of it. */
function firstOverloadRow (mode: string, steps: Ladder): Row {
  const goodputs = (name: string): string => spread(summarize(rungsOf(steps, name).map(rung => rung.first.goodput)), ratio)
  const peers = new Set(steps.rungs.map(rung => rung.variant).filter(name => name !== 'plimsoll' && name !== 'none'))
  return {
    section: 'goodput',
    what: `${mode} 10x: the first four seconds of a process's first overload`,
    figure: goodputs('plimsoll'),
    peers: Object.fromEntries([...peers].map(name => [name, goodputs(name)])),
    target: '',
    noise: percent(steps.noise),
    verdict: 'shown'
  }
}

function calibrationRow (mode: string, { conditions, capacities, costs, noise }: Ladder): Row {
  return {
    section: 'goodput',
    what: `${mode}: capacity of the bare server`,
    figure: `${spread(summarize(capacities), value => value.toFixed(0))} req/s`,
    peers: {},
    target: '',
    noise: percent(noise),
    verdict: 'shown',
    note: `P99 ${ms(conditions.unloadedP99Ms)} at 0.5x, ${ms(conditions.idleP99Ms)} with one request at a time; deadline ${ms(conditions.deadlineMs)}; CPU of a request ${costs.requestMs.toFixed(2)} ms, of an empty node:http 503 ${(costs.refusalMs * 1000).toFixed(0)} µs, bound at 10x ${ratio(goodputBound(10, costs))}`,
    values: { conditions, capacities, costs }
  }
}
