import type { Bench } from '../bench.ts'
import { ladder, multiplesOf, type Ladder } from '../ladder.ts'
import { judge, ms, percent, spread, type Row } from '../row.ts'
import { disturbedNote, mostlyDisturbed, peersOf, rungsOf, summaryOf, total } from '../rungs.ts'

/** P99 of the admitted requests, and successes that came too late. */
export async function latency (bench: Bench): Promise<Row[]> {
  const rows: Row[] = []
  for (const mode of bench.options.modes) {
    const steps = await ladder(bench, mode)
    const overloads = multiplesOf(bench).filter(multiple => multiple > 1)
    for (const multiple of overloads) rows.push(p99Row(mode, multiple, steps))
    rows.push(lateRow(mode, overloads, steps))
  }
  return rows
}

function p99Row (mode: string, multiple: number, steps: Ladder): Row {
  const rungs = rungsOf(steps, 'plimsoll', [multiple])
  const summary = summaryOf(rungs, figures => figures.admittedP99Ms)
  const { slowMs } = steps.conditions
  return {
    section: 'latency',
    what: `${mode} ${multiple}x: P99 of admitted requests`,
    figure: spread(summary, ms),
    peers: peersOf(steps, multiple, figures => figures.admittedP99Ms, ms),
    target: `<= ${ms(slowMs)}`,
    noise: percent(steps.noise),
    verdict: judge(summary.median, { atMost: slowMs }, steps.noise * slowMs, mostlyDisturbed(rungs)),
    ...disturbedNote(rungs)
  }
}

function lateRow (mode: string, overloads: readonly number[], steps: Ladder): Row {
  const lateOf = (variant: string): number => total(rungsOf(steps, variant, overloads), figures => figures.late)
  const peers = new Set(steps.rungs.map(rung => rung.variant).filter(name => name !== 'plimsoll'))
  const rungs = rungsOf(steps, 'plimsoll', overloads)
  const late = lateOf('plimsoll')
  return {
    section: 'latency',
    what: `${mode} ${overloads[0] ?? ''}x to 10x: successes behind the deadline`,
    figure: String(late),
    peers: Object.fromEntries([...peers].map(name => [name, String(lateOf(name))])),
    target: '0',
    noise: '',
    verdict: judge(rungs.length === 0 ? NaN : late, { atMost: 0 }, 0)
  }
}
