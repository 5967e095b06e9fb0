import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { buildAssets } from '../plugins/dashboard/build.ts'
import { clusterRows } from './dashboard/cluster.ts'
import { firstViewRows } from './dashboard/first-view.ts'
import { keptHistoryRows } from './dashboard/kept-history.ts'
import { stalledViewerRows } from './dashboard/stalled-viewer.ts'
import { unwatchedRows } from './dashboard/unwatched.ts'
import { updateRows } from './dashboard/update.ts'
import { viewerCostRows } from './dashboard/viewer-cost.ts'
import { progress } from './overload/progress.ts'
import type { Row } from './overload/row.ts'
import { printRows, summaryLine } from './overload/table.ts'

// npm run bench -- dashboard: what the page costs the service it watches, and the browser it is watched in.

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false }, only: { type: 'string' }, json: { type: 'string' } } })
const { quick } = options
const sections: Readonly<Record<string, () => Promise<Row[]>>> = {
  unwatched: () => unwatchedRows(),
  history: () => keptHistoryRows(quick ? 5 : 21),
  viewers: () => viewerCostRows(quick ? 4 : 16, quick ? 4 : 10),
  stalled: () => stalledViewerRows(),
  cluster: () => clusterRows(quick ? 50 : 300),
  page: () => firstViewRows(quick ? 5 : 25),
  update: () => updateRows(quick ? 10 : 30)
}
const names = options.only?.split(',') ?? Object.keys(sections)
const unknown = names.find((name) => !Object.hasOwn(sections, name))
if (unknown !== undefined) throw new Error(`--only is some of ${Object.keys(sections).join(', ')}, not ${unknown}`)

const started = performance.now()
// The page as it is now, not as it was when somebody last built it.
await buildAssets()
console.log(`dashboard: Node ${process.version}${quick ? ', quick' : ''}`)
const rows: Row[] = []
for (const [name, measure] of Object.entries(sections)) {
  if (!names.includes(name)) continue
  const measured = await measure()
  progress('')
  printRows(name, measured)
  rows.push(...measured)
}
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(rows, undefined, 1))
console.log(`\n${summaryLine('dashboard', rows, (performance.now() - started) / 1000)}`)
