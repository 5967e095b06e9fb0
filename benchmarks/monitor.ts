import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { percentileRows } from './monitor/percentiles.ts'
import { recordingRows } from './monitor/recording.ts'
import { scrapeRows } from './monitor/scrape.ts'
import { serviceCpuRows } from './monitor/service-cpu.ts'
import { unwatchedRows } from './monitor/unwatched.ts'
import { progress } from './overload/progress.ts'
import type { Row } from './overload/row.ts'
import { printRows, summaryLine } from './overload/table.ts'

// npm run bench -- monitor: what recording a request costs, how right its percentiles are, and what a scrape holds up.

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false }, only: { type: 'string' }, blocks: { type: 'string' }, json: { type: 'string' } } })
const { quick } = options
const sections: Readonly<Record<string, () => Row[] | Promise<Row[]>>> = {
  recording: () => recordingRows(quick ? 2 : 7),
  percentiles: () => percentileRows(),
  scrape: () => scrapeRows(quick ? 8 : 30),
  unwatched: () => unwatchedRows(),
  cpu: () => serviceCpuRows(Number(options.blocks ?? (quick ? 3 : 24)))
}
const names = options.only?.split(',') ?? Object.keys(sections)
const unknown = names.find((name) => !Object.hasOwn(sections, name))
if (unknown !== undefined) throw new Error(`--only is some of ${Object.keys(sections).join(', ')}, not ${unknown}`)

const started = performance.now()
console.log(`monitor: Node ${process.version}${quick ? ', quick' : ''}`)
const rows: Row[] = []
for (const [name, measure] of Object.entries(sections)) {
  if (!names.includes(name)) continue
  const measured = await measure()
  progress('')
  printRows(name, measured)
  rows.push(...measured)
}
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(rows, undefined, 1))
console.log(`\n${summaryLine('monitor', rows, (performance.now() - started) / 1000)}`)
