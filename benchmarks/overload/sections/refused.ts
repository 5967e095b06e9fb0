import type { Bench } from '../bench.ts'
import { ladder, type Ladder } from '../ladder.ts'
import { judge, ms, percent, spread, type Row } from '../row.ts'
import { disturbedNote, mostlyDisturbed, peersOf, rungsOf, summaryOf, total } from '../rungs.ts'

/** How those fare at 10x who are not served, and the probe that decides whether the process lives. */
export async function refused (bench: Bench): Promise<Row[]> {
  const rows: Row[] = []
  for (const mode of bench.options.modes) {
    const steps = await ladder(bench, mode)
    rows.push(
      p99Row(mode, steps, 'P99 of refused requests', 50, figures => figures.refusedP99Ms),
      p99Row(mode, steps, 'P99 of /readyz', 100, figures => figures.readyP99Ms),
      readyRow(mode, steps),
      brokenRow(mode, steps)
    )
  }
  return rows
}

function p99Row (mode: string, steps: Ladder, what: string, targetMs: number, pick: Parameters<typeof summaryOf>[1]): Row {
  const rungs = rungsOf(steps, 'plimsoll', [10])
  const summary = summaryOf(rungs, pick)
  return {
    section: 'refused',
    what: `${mode} 10x: ${what}`,
    figure: spread(summary, ms),
    peers: peersOf(steps, 10, pick, ms),
    target: `<= ${ms(targetMs)}`,
    noise: percent(steps.noise),
    verdict: judge(summary.median, { atMost: targetMs }, steps.noise * targetMs, mostlyDisturbed(rungs)),
    ...disturbedNote(rungs)
  }
}

function readyRow (mode: string, steps: Ladder): Row {
  const rungs = rungsOf(steps, 'plimsoll', [10])
  const summary = summaryOf(rungs, figures => figures.readyOk)
  return {
    section: 'refused',
    what: `${mode} 10x: /readyz answered`,
    figure: spread(summary, percent),
    peers: peersOf(steps, 10, figures => figures.readyOk, percent),
    target: '100.0 %',
    noise: '',
    verdict: judge(summary.min, { atLeast: 1 }, 0)
  }
}

/** Nobody is left without an answer. */
function brokenRow (mode: string, steps: Ladder): Row {
  const broken = (variant: string): string => {
    const rungs = rungsOf(steps, variant, [10])
    const crashes = rungs.filter(rung => rung.crashed).length
    return `${total(rungs, figures => figures.timeouts)} / ${total(rungs, figures => figures.resets + figures.errors)} / ${crashes}`
  }
  const peers = new Set(steps.rungs.map(rung => rung.variant).filter(name => name !== 'plimsoll'))
  const rungs = rungsOf(steps, 'plimsoll', [10])
  const sum = total(rungs, figures => figures.timeouts + figures.resets + figures.errors) + rungs.filter(rung => rung.crashed).length
  return {
    section: 'refused',
    what: `${mode} 10x: timeouts / resets and errors / crashes`,
    figure: broken('plimsoll'),
    peers: Object.fromEntries([...peers].map(name => [name, broken(name)])),
    target: '0 / 0 / 0',
    noise: '',
    verdict: judge(rungs.length === 0 ? NaN : sum, { atMost: 0 }, 0)
  }
}
