import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { performance } from 'node:perf_hooks'
import { canPin } from '../tools/load/index.ts'
import { Bench } from './overload/bench.ts'
import { startNeighbour } from './overload/neighbour.ts'
import { parseOptions, usage } from './overload/options.ts'
import type { Row } from './overload/row.ts'
import { connections } from './overload/sections/connections.ts'
import { critical } from './overload/sections/critical.ts'
import { defaults } from './overload/sections/defaults.ts'
import { falseRefusals, singleBlock } from './overload/sections/false-refusals.ts'
import { goodput } from './overload/sections/goodput.ts'
import { latency } from './overload/sections/latency.ts'
import { ablation, strategies } from './overload/sections/parts.ts'
import { reaction } from './overload/sections/reaction.ts'
import { refused } from './overload/sections/refused.ts'
import { printRows, summaryLine } from './overload/table.ts'
import { calibrateBurn } from './overload/work.ts'

// npm run bench -- overload: how a service behaves when more comes than it can serve, with and without protection.

/** In the order of the targets; the healthy cost is `npm run bench -- cost`. */
const sections: Readonly<Record<string, (bench: Bench) => Promise<Row[]>>> = {
  goodput,
  latency,
  critical,
  refused,
  reaction,
  'false-refusals': falseRefusals,
  'single-block': singleBlock,
  defaults,
  connections,
  strategies,
  ablation
}
/** What has no target is shown when it is asked for. */
const usual = Object.keys(sections).filter(name => name !== 'ablation' && name !== 'strategies')

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  console.error(usage(Object.keys(sections)))
  process.exitCode = 2
}

async function main (): Promise<void> {
  const options = parseOptions(process.argv.slice(2), Object.keys(sections))
  const started = performance.now()
  const roundsPerMs = calibrateBurn()
  const machine = `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}, ${canPin() ? 'server and generator on a core each' : 'not pinned'}`
  console.log(`overload: ${options.work} ms of CPU/await, ${options.runs} runs of ${options.seconds} s, ${options.modes.join(' and ')} connections${options.neighbour ? ', a busy neighbour on the server\'s core' : ''}; ${machine}`)
  console.log('pass: the figure meets its target; inconclusive: it misses by less than the noise, or most runs were disturbed')

  const bench = new Bench(options, roundsPerMs)
  const rows: Row[] = []
  const stopNeighbour = options.neighbour ? startNeighbour() : () => {}
  for (const name of options.only.length === 0 ? usual : options.only) {
    const section = await sections[name]?.(bench) ?? []
    printRows(name, section)
    rows.push(...section)
  }
  stopNeighbour()
  if (options.json !== undefined) writeFileSync(options.json, JSON.stringify({ machine, options, rows }, undefined, 1))
  console.log(`\n${summaryLine('overload', rows, (performance.now() - started) / 1000)}`)
}
